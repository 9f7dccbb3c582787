//! The proving ground of theories: what none was fitted on, predictions sealed before training, one table of scores.
//!
//! A [`Theory`] of when copying is learned is registered in [`THEORIES`], a [`TextTheory`] of where attention goes in texts in
//! [`TEXT_THEORIES`]; or it is a program that reads and writes JSON. [`Distributions`] are what is trained, [`RoundPlan`] has the runs, and
//! [`round_findings`] the scores.

mod attention;
mod distributions;
mod findings;
mod plan;
mod program;
mod sentences;
mod text_theories;
mod theories;

pub use attention::{AttentionFindings, AttentionScore, SetScores};
pub use distributions::{Distribution, DistributionError, Distributions};
pub use findings::{
    Agreement, HeadScore, Heads, KindScores, RoundFindings, RoundRun, measured_of, round_findings,
};
pub use plan::{RoundPlan, RoundRuns};
pub use program::ProgramError;
use program::ask_program;
pub use sentences::round_sentences;
pub use text_theories::{TEXT_THEORIES, TextQuestion, TextTheory};
pub use theories::{THEORIES, Theory, TheoryQuestion};
