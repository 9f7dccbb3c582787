//! Long work that can be watched and cancelled.
//!
//! What takes more than a second is done in parts, and calls a [`Watch`] after each. A break ends the work: its function
//! returns [`ControlFlow::Break`] and has written nothing.

use std::fmt;
use std::ops::ControlFlow;

/// How far a piece of work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub work: Work,
    /// How much of it is done.
    pub done: usize,
    /// How much there is.
    pub all: usize,
}

/// What can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Examples are read for scores.
    Scores,
    /// Sentences are translated, for BLEU.
    Translations,
    /// Examples are read for α and β.
    Attention,
    /// Predictions whose Δ is computed.
    Influence,
    /// Batches of the bag of embeddings, for β^px, in its largest number of passes.
    Embeddings,
    /// Strengths of the logistic regression, for β^lr.
    Regression,
    /// Checkpoints whose attribution records are compared.
    Agreement,
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Scores => "scores",
            Self::Translations => "BLEU",
            Self::Attention => "α and β",
            Self::Influence => "Δ",
            Self::Embeddings => "β^px",
            Self::Regression => "β^lr",
            Self::Agreement => "agreement",
        })
    }
}

/// Is notified of progress, and can cancel the work.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + Send + 'a;

/// Watches nothing and never cancels.
pub fn unwatched(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The result of work that was watched by [`unwatched`].
pub(crate) fn uncancelled<T>(work: ControlFlow<(), T>) -> T {
    match work {
        ControlFlow::Continue(result) => result,
        ControlFlow::Break(()) => unreachable!("nothing cancels work that is not watched"),
    }
}
