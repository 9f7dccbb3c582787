//! What training did, measured: where attention goes, on which words, and when a run learned.

mod diagonal;
mod emergence;
mod pairs;
mod salience;
mod survival;
mod text;
mod word_table;

pub use diagonal::{Diagonal, DiagonalAttention};
pub use emergence::{Emergence, LEARNED, emergence_step, median_emergence};
pub use pairs::{PairProbe, PairProbes, PairReader, RecordedPair, recorded_pairs};
pub use salience::{Salience, SalientWord};
pub use survival::kaplan_meier;
pub use text::{Part, TextProbe, TextProbes, TextReader};
pub use word_table::word_table;
