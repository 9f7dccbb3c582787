//! How an induction head appears: Markov chains and item–label pairs in context, with attention learned freely and clamped.
//!
//! A model of two attention layers first predicts by what each sequence holds (for Markov chains: how often each symbol occurred),
//! and stays there. Then the head of the second layer finds what followed earlier occurrences of the present symbol, over a head of the
//! first layer that looks at the token before, and the loss drops (Edelman et al. 2024; Singh et al. 2024).

mod findings;
mod plan;
mod sentences;

pub use findings::{InductionFindings, InductionRun, SettingFindings, induction_findings};
pub use plan::{InductionPlan, InductionSetting};
pub use sentences::induction_sentences;
