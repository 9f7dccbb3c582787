//! What can go wrong with files.

use std::io;
use std::path::{Path, PathBuf};

use super::RunDirectory;

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or a quota reached.
    #[error("no space left while writing {path}; earlier records are kept")]
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
        /// The system's error.
        source: io::Error,
    },
    /// A file is damaged, or not of the kind that its name implies.
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
    #[error("the table has no column `{name}` of {expected} (it has {found}); was it written by Onset?")]
    Column {
        /// The column.
        name: String,
        /// Its type.
        expected: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// There is a run already.
    #[error("{path} already contains a run")]
    RunExists {
        /// The run directory.
        path: PathBuf,
    },
    /// There is something else.
    #[error("{path} is not empty and contains no run")]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
    /// There is no run.
    #[error("there is no run in {path} (no manifest.json)")]
    NoRun {
        /// The directory.
        path: PathBuf,
    },
    /// Another process writes the run.
    #[error("the run in {path} is in use by another process; wait until it has finished")]
    InUse {
        /// The run directory.
        path: PathBuf,
    },
    /// There are no parameters after the step that was asked for.
    #[error("{path} has no parameters for step {step}; steps with parameters: {found}")]
    NoCheckpoint {
        /// The run directory.
        path: PathBuf,
        /// The step that was asked for, or "any".
        step: String,
        /// The steps with parameters, or "none".
        found: String,
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
    /// The step of a checkpoint of the run in `directory`: `step`, or the last one. Errors if there is none.
    pub fn checkpoint(directory: &RunDirectory, step: Option<u64>) -> Result<u64, Self> {
        let steps = directory.checkpoint_steps();
        let best = directory.manifest().best.map(|best| best.step).filter(|step| steps.contains(step));
        step.or(best).or(steps.last().copied()).filter(|step| steps.contains(step)).ok_or_else(|| {
            let list = steps.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            Self::NoCheckpoint {
                path: directory.path().into(),
                step: step.map_or("any".into(), |step| step.to_string()),
                found: if list.is_empty() { "none".into() } else { list },
            }
        })
    }

    /// The file or folder that it is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::NoSpace { path }
            | Self::Io { path, .. }
            | Self::Damaged { path, .. }
            | Self::RunExists { path }
            | Self::NotARun { path }
            | Self::NoRun { path }
            | Self::InUse { path }
            | Self::NoCheckpoint { path, .. }
            | Self::LaterFormat { path, .. } => Some(path),
            Self::Column { .. } => None,
        }
    }

    /// What an I/O error during `action` at `path` means.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace { path: path.into() },
            _ => Self::Io { action, path: path.into(), source },
        }
    }
}
