//! Said in advance: when the loss on Markov chains in context leaves the level of unigram counts.
//!
//! A law ([`DropLaw`](crate::theory::DropLaw)) is fitted on the runs of some settings and predicts those of others, whose forecasts
//! are sealed before they are trained.

mod findings;
mod plan;
mod sentences;

pub use findings::{DropFindings, DropRun, drop_findings};
pub use plan::{DropPlan, DropRuns, DropSetting, Part};
pub use sentences::drop_sentences;
