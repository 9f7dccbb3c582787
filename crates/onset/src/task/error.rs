//! Why a task's data cannot be used.

use super::corpus::CorpusError;
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
    /// The checkpoint that training starts from.
    #[error(transparent)]
    Pretrained(#[from] PretrainedError),
}
