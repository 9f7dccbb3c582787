//! What can be wrong with sentence pairs.

use std::path::PathBuf;

use crate::task::text::TextError;

/// Why sentence pairs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file cannot be read, or a line of it is not what its form asks for.
    #[error(transparent)]
    File(#[from] TextError),
    /// Two files do not stand line by line.
    #[error(
        "{source_path} has {source_lines} lines, {target_path} has {target_lines}; a line of one is the \
         translation of the same line of the other. The first pair that looks shifted is line {suspicious}"
    )]
    LineCounts {
        /// Sentences to translate.
        source_path: PathBuf,
        /// Its lines.
        source_lines: usize,
        /// Translations.
        target_path: PathBuf,
        /// Its lines.
        target_lines: usize,
        /// A line, counted from 1, at which one side is empty or much longer than the other; else the first
        /// that only one file has.
        suspicious: usize,
    },
    /// Nothing is left to train on, or to validate on.
    #[error("{path}: {found}; give more pairs, or change data.validation_fraction or data.max_subwords")]
    TooFew {
        /// The file.
        path: PathBuf,
        /// What is lacking.
        found: String,
    },
    /// The text does not hold that many subwords, or more characters than that.
    #[error("data.vocabulary = {wanted}: {found}")]
    Vocabulary {
        /// Subwords that were asked for.
        wanted: usize,
        /// What the text allows, and what to do.
        found: String,
    },
    /// The file of a vocabulary cannot be used.
    #[error("{path}: {reason}; it is written when a run begins, so copy it from a run on the same data")]
    Subwords {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
