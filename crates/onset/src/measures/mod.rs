//! Measures of a training run: where attention goes, to which words, between which words, and when a run learned;
//! and of its data: which words go with which labels.

mod alignment;
mod association;
mod auc;
mod confusion;
mod emergence;
mod heads;
mod salience;
mod survival;

pub use alignment::{WordAttention, Words};
pub use association::{Association, Counts, FALSE_DISCOVERIES, Presence, TESTED_FROM};
pub use auc::auc;
pub use confusion::{Confusion, LabelScore};
pub use emergence::{Emergence, LEARNED, emergence_quantile, median_emergence, ranked_steps};
pub use heads::{beta_gap, copying, entropy, prefix_matching, previous_token};
pub use salience::{Salience, SalientWord};
pub use survival::kaplan_meier;
