//! Measures of a training run: where attention goes, to which words, and when a run learned.

mod confusion;
mod emergence;
mod salience;
mod survival;

pub use confusion::{Confusion, LabelScore};
pub use emergence::{Emergence, LEARNED, emergence_quantile, median_emergence, ranked_steps};
pub use salience::{Salience, SalientWord};
pub use survival::kaplan_meier;
