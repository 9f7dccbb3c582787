//! Why a task's data cannot be used.

use super::corpus::CorpusError;
use super::descriptions::CollectionError;
use super::pairs::PairError;
use super::text::TextError;
use crate::pretrained::PretrainedError;

/// Why a task's data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Texts.
    #[error(transparent)]
    Texts(#[from] TextError),
    /// Sentence pairs.
    #[error(transparent)]
    Pairs(#[from] PairError),
    /// A text for language modelling.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// Described data sets.
    #[error(transparent)]
    Collection(#[from] CollectionError),
    /// The checkpoint that training starts from.
    #[error(transparent)]
    Pretrained(#[from] PretrainedError),
    /// What a model outside Onset learns.
    #[error(
        "the run `{name}` was recorded outside Onset, and only the program that trained it can train or continue it"
    )]
    Elsewhere {
        /// The name of the run.
        name: String,
    },
}
