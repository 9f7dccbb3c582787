//! What can be wrong with sentence pairs, as data: a shell may add advice in its own words.

use std::fmt;
use std::path::PathBuf;

use crate::task::rows::{FileError, Origin};
use crate::task::subwords::SubwordsError;

/// Why sentence pairs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file cannot be read, or a line of it is not what its form asks for.
    #[error(transparent)]
    File(#[from] FileError),
    /// Two files are not aligned line by line.
    #[error(
        "{source_path} has {source_lines} lines, but {target_path} has {target_lines}; each line must be \
         the translation of the same line in the other file. The first pair that looks shifted is line \
         {suspicious}"
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
    #[error("{origin}: {fault}; give more pairs, or change task.validation_fraction or task.max_subwords")]
    TooFew {
        /// Where the pairs come from.
        origin: Origin,
        /// What is missing.
        fault: TooFewPairs,
    },
    /// All pairs to train on are too long.
    #[error(
        "{origin}: each of the {pairs} training pairs has a side of more than task.max_subwords = {most} \
         subwords: the longer sides have {shortest} to {longest}; set task.max_subwords = {longest} to \
         train on all of them, or give sentence pairs instead of paragraphs"
    )]
    TooLong {
        /// Where the pairs come from.
        origin: Origin,
        /// How many there are.
        pairs: usize,
        /// Subwords that a side may have.
        most: usize,
        /// Subwords of the longer side of the shortest pair.
        shortest: usize,
        /// Of the longest one.
        longest: usize,
    },
    /// The subwords cannot be learned or read.
    #[error(transparent)]
    Subwords(#[from] SubwordsError),
}

/// What is missing where too few pairs are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooFewPairs {
    /// The file holds no sentence.
    EmptyFile,
    /// No pair has words on both sides.
    OneSided,
    /// No pair to train on.
    Training,
    /// No pair to validate on.
    Validation,
}

impl fmt::Display for TooFewPairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyFile => "is empty; expected one sentence per line",
            Self::OneSided => "no pair has words on both sides",
            Self::Training => "there is no pair to train on",
            Self::Validation => "there is no pair to validate on",
        })
    }
}
