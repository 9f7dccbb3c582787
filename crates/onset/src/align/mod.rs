//! Word alignments of sentence pairs: from a table of weights to links, in both directions, and against links made by hand.
//!
//! [`Links`] are those of one pair, read and written in Pharaoh form. [`aligned`] finds them with nothing trained ([`Way`]), [`TrainedAligner`] with
//! the model of a run, [`join`] makes one alignment of two directions, and [`AlignmentScore`] compares them with gold.

mod by_step;
mod links;
mod score;
mod symmetry;
mod trained;
mod untrained;

pub use by_step::{ScoredWay, scores_by_step};
pub use links::{AlignmentError, Link, Links, linked, read_links};
pub use score::AlignmentScore;
pub use symmetry::{Joining, join};
pub use trained::{Attributed, TrainedAligner};
pub use untrained::{SplitPair, Way, aligned, split_pairs};
