//! The proving ground of theories: distributions that none was fitted on, predictions sealed before training, one table of scores.
//!
//! A [`Theory`] is registered in [`THEORIES`], or is a program that reads and writes JSON ([`ask_program`]). [`Distributions`] are what is trained,
//! [`RoundPlan`] has the runs, and [`round_findings`] the scores.

mod distributions;
mod findings;
mod plan;
mod program;
mod sentences;
mod theories;

pub use distributions::{Distribution, DistributionError, Distributions};
pub use findings::{HeadScore, Heads, KindScores, RoundFindings, RoundRun, measured_of, round_findings};
pub use plan::{RoundPlan, RoundRuns};
pub use program::{ProgramError, ask_program};
pub use sentences::round_sentences;
pub use theories::{THEORIES, Theory, TheoryQuestion};
