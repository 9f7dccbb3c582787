//! How far two probes rank the positions of a text alike (paper, "Agreement").
//!
//! A probe gives a row of numbers for each text. [`Measure`] says how alike two rows are; [`Scored`] holds
//! that for every text, and from it come the agreement A and its interval. [`shuffled`] is what chance
//! gives, and `progress` turns agreements over training into ξ.

mod interval;
mod measure;
mod progress;
mod rank;
mod shuffled;

pub use interval::{Interval, bootstrap, bootstrap_clusters};
pub use measure::{Measure, Scored, is_at_top, score_rows, top_match};
pub use progress::{CurvePoint, Reached, first_above};
pub use rank::{Ranked, Ranker};
pub use shuffled::{Baseline, shuffled};
