//! Why runs cannot be planned.

use std::path::PathBuf;

use crate::store::StoreError;
use crate::target::TargetError;
use crate::task::TaskError;
use crate::train::TrainError;

/// Why runs cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// The target or one of its options cannot be used.
    #[error(transparent)]
    Target(Box<TargetError>),
    /// The data cannot be loaded.
    #[error(transparent)]
    Data(Box<TrainError>),
    /// A folder of data sets, where the target is none.
    #[error(
        "{folder} would be ignored: it names the folder of data sets, and {targets} is not a data set (see \
         `onset data list`); leave it out"
    )]
    UnusedFolder {
        /// The folder.
        folder: PathBuf,
        /// The names of the targets.
        targets: String,
    },
    /// Seeds are given as such, and as a key.
    #[error("{given} and the list of seeds contradict each other; keep one of them")]
    TwoSeeds {
        /// The key with its value, as typed.
        given: String,
    },
    /// A run that is continued with its own spec under another name.
    #[error("the run {run} keeps its name when it is continued, so {name} is not possible")]
    KeepsName {
        /// The run.
        run: PathBuf,
        /// The name that was given.
        name: String,
    },
    /// A run that is continued with its own spec in another folder.
    #[error("the run {run} keeps its folder when it is continued, so {out} is not possible")]
    KeepsFolder {
        /// The run.
        run: PathBuf,
        /// The folder that was given.
        out: PathBuf,
    },
    /// Two folders have different runs under one path.
    #[error(
        "{one} and {other} are different runs under one path: {what} differs; give one of them another name, or merge them into another \
         folder"
    )]
    Differs {
        /// A run.
        one: PathBuf,
        /// The other run.
        other: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// A run directory cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The present folder is unknown, so that no path can be made absolute.
    #[error("cannot tell the absolute path of {path}: {source}")]
    Path {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl RunsError {
    /// Whether what was typed is wrong, rather than what is on this machine.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Target(error) => error.is_usage(),
            Self::Data(error) => matches!(**error, TrainError::Spec(_)),
            Self::Path { .. } | Self::Differs { .. } | Self::Store(_) => false,
            _ => true,
        }
    }
}

impl From<TaskError> for RunsError {
    fn from(error: TaskError) -> Self {
        Self::Data(Box::new(error.into()))
    }
}

impl From<TargetError> for RunsError {
    fn from(error: TargetError) -> Self {
        Self::Target(Box::new(error))
    }
}
