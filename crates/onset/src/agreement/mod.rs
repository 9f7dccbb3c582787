//! Agreement: how similarly two attribution records rank the positions of a text (paper, "Agreement").
//!
//! An attribution record (the paper's *probe*) has a row of numbers for each text. [`Measure`] compares two rows.
//! [`Scored`] has the result for every text, from which the agreement A and its confidence interval follow.
//! [`shuffled`] gives the agreement by chance, and `progress` computes ξ from agreements over training.

mod interval;
mod measure;
mod progress;
mod rank;
mod shuffled;

pub use interval::{BOOTSTRAP_FROM, Interval, clustered_mean_interval, mean_interval};
pub use measure::{Measure, Scored, is_at_top, score_rows, top_match};
pub use progress::{CurvePoint, Reached, first_above};
pub use rank::{Ranked, Ranker, kendall, spearman};
pub use shuffled::{Baseline, shuffled};
