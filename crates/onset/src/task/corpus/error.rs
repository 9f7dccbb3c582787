//! Why a text cannot be used for language modelling, as data: a shell may add advice in its own words.

use std::fmt;
use std::path::PathBuf;

use crate::task::rows::FileError;
use crate::task::subwords::SubwordsError;

/// Why a text cannot be used for language modelling.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file cannot be read or decoded.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder stands where a file is expected.
    #[error("{path} is a folder; expected one text file: name the file, or join several into one")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// There is no text.
    #[error("{path} is empty; expected running text: name a file that has some")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A split is shorter than a window.
    #[error(
        "{path}: the {part} has {tokens} tokens, fewer than the {needed} of a window (task.length = {} and the token behind it); {}",
        needed - 1, part.remedy()
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// Which split.
        part: CorpusPart,
        /// Its tokens.
        tokens: usize,
        /// Tokens of a window.
        needed: usize,
    },
    /// The text to train on repeats one token.
    #[error(
        "{path}: the text to train on only repeats {token}, so there is nothing to learn; give another text{unknown}"
    )]
    Constant {
        /// The file.
        path: PathBuf,
        /// The token as it is written.
        token: String,
        /// ", or raise task.vocabulary" where the token stands for all that are unknown; else nothing.
        unknown: &'static str,
    },
    /// The subwords cannot be learned.
    #[error(transparent)]
    Subwords(#[from] SubwordsError),
}

/// A split, as messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorpusPart {
    /// What is trained on.
    Training,
    /// The last part of the file, which is held out.
    HeldOut,
    /// The file of `task.validation_file`.
    ValidationFile,
}

impl CorpusPart {
    fn remedy(self) -> &'static str {
        match self {
            Self::Training => {
                "give a longer text, or lower task.length or, if a part is held out, task.validation_fraction"
            }
            Self::HeldOut => {
                "give a longer text, lower task.length, raise task.validation_fraction, or set task.validation_file"
            }
            Self::ValidationFile => "give a longer text, or lower task.length",
        }
    }
}

impl fmt::Display for CorpusPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Training => "text to train on",
            Self::HeldOut => "held-out part",
            Self::ValidationFile => "text to validate on",
        })
    }
}
