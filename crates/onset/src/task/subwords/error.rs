//! Why there is no vocabulary of subwords, as data.

use std::fmt;
use std::path::PathBuf;

/// Why a vocabulary of subwords cannot be learned or read.
#[derive(Debug, thiserror::Error)]
pub enum SubwordsError {
    /// The text allows no vocabulary of that size.
    #[error("task.vocabulary = {requested}: {fault}")]
    Vocabulary {
        /// Subwords that were asked for.
        requested: usize,
        /// What the text allows instead.
        fault: VocabularyFault,
    },
    /// A tokenizer that was made elsewhere cannot be used.
    #[error("{path}: {reason}; expected the tokenizer.json of the pretrained model")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file of a vocabulary cannot be used.
    #[error("{path}: {reason}; the file is written when a run begins: copy it from a run on the same data")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Why the text allows no vocabulary of the size that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VocabularyFault {
    /// Each character is a subword, and there are more of them.
    TooSmall {
        /// Different characters in the text.
        characters: usize,
        /// The smallest vocabulary that holds them.
        least: usize,
    },
    /// The trainer's own message.
    Trainer(String),
}

impl fmt::Display for VocabularyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { characters, least } => write!(
                f,
                "the text has {characters} different characters, each of which needs a subword; set it to at least {least}"
            ),
            Self::Trainer(message) => f.write_str(message),
        }
    }
}
