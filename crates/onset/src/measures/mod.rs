//! Measures of a training run: where attention goes, to which words, between which words, and when a run learned.

mod alignment;
mod confusion;
mod emergence;
mod salience;
mod survival;

pub use alignment::{WordAttention, Words};
pub use confusion::{Confusion, LabelScore};
pub use emergence::{Emergence, LEARNED, emergence_quantile, median_emergence, ranked_steps};
pub use salience::{Salience, SalientWord};
pub use survival::kaplan_meier;
