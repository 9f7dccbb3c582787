//! What can go wrong with files.

use std::io;
use std::path::{Path, PathBuf};

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or a quota reached.
    #[error(
        "no space left while writing {path}; what was recorded before is kept: free some space and continue \
         with --resume"
    )]
    NoSpace {
        /// What was being written.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {path}: {source}; check the path and its permissions")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is damaged, or not what its name says.
    #[error("{path} is not a readable {expected}: {found}; {remedy}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What is wrong with it.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A table lacks a column, or has it in another type.
    #[error("a table has no column `{name}` of {expected} (it has {found}); was it written by Onset?")]
    Column {
        /// The column.
        name: String,
        /// Its type.
        expected: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// There is a run already.
    #[error(
        "{path} holds a run already; continue it with --resume, choose another folder with --out, or delete it"
    )]
    RunExists {
        /// The run directory.
        path: PathBuf,
    },
    /// There is something else.
    #[error("{path} is not empty and holds no run; choose another folder with --out")]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
    /// There is no run.
    #[error("there is no run in {path} (no manifest.json); `onset runs` lists what is there")]
    NoRun {
        /// The directory.
        path: PathBuf,
    },
    /// Another process writes the run.
    #[error(
        "the run in {path} is in use by another process; wait for it, or choose another folder with --out"
    )]
    InUse {
        /// The run directory.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error(
        "{path} was written by a later version of Onset (format {found}, this one reads {known}); update Onset"
    )]
    LaterFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The latest known.
        known: u32,
    },
}

impl StoreError {
    /// What an I/O error during `action` at `path` means.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace { path: path.into() },
            _ => Self::Io { action, path: path.into(), source },
        }
    }
}
