//! The multi-head experiment (paper, "Multi-head"): is one head with a good initial condition enough for all of them?
//!
//! [`MultiheadPlan`] lists the runs. [`Selection`] tries single heads on one body until there are enough good and bad
//! ones. [`draw_combinations`] combines heads and gives each combination a data seed that selection has not used.
//! [`BodyOutcome`] summarises the combinations of one body. The original experiment tested combinations on a data seed
//! that had also selected their heads, and on one body only.

mod combination;
mod fisher;
mod outcome;
mod permutation;
mod plan;
mod selection;
mod verdict;

pub use combination::{Combination, Kind, draw_combinations};
pub use outcome::{BodyOutcome, Comparison, EmergenceQuartiles, KindOutcome, Quartiles};
pub use plan::{MultiheadPlan, MultiheadSettings};
pub use selection::{BAD_BELOW, Pools, Selection, Trial};
pub use verdict::multihead_sentences;
