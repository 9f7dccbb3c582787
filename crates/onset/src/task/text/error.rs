//! What can be wrong with a text file.

use std::path::PathBuf;

/// Why texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}; check the path")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It should be gzip, and is not, or not whole.
    #[error("cannot unpack {path}: {source}; it is not gzip, or was cut off: fetch it again")]
    Unpackable {
        /// The file.
        path: PathBuf,
        /// What the unpacking said.
        source: std::io::Error,
    },
    /// Its name does not say what it holds.
    #[error(
        "{path} has no known ending; expected .tsv, .csv, .jsonl or .ndjson, each also with .gz behind it"
    )]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("{path} {found}; expected a header with a text and a label column, and a row for each text")]
    Empty {
        /// The file.
        path: PathBuf,
        /// "is empty", "has a header but no rows" or "has no row that can be used".
        found: &'static str,
    },
    /// A line is not what the form asks for.
    #[error("{path}:{line}: {found}; {remedy}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, counted from 1.
        line: usize,
        /// What is wrong.
        found: String,
        /// What was expected, and what to do.
        remedy: String,
    },
    /// A column is missing.
    #[error("{path} has no column `{wanted}`{nearest} (it has {found}); name the columns with {options}")]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        wanted: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// The columns that are there.
        found: String,
        /// How the columns can be named.
        options: &'static str,
    },
    /// The labels do not make two classes.
    #[error("{path} has {found}; {remedy}")]
    Labels {
        /// The file.
        path: PathBuf,
        /// The labels that are there, with their counts.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// Nothing is left to train on, or to validate on.
    #[error("{path}: {found}; {remedy}")]
    TooFew {
        /// The file.
        path: PathBuf,
        /// What is lacking.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
}
