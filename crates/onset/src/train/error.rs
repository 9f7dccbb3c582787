//! Why a run cannot start, or had to stop.

use std::path::PathBuf;

use super::InterventionError;
use crate::spec::SpecError;
use crate::store::StoreError;
use crate::task::TaskError;
use crate::task::pairs::PairError;
use crate::task::text::TextError;

/// Why a run cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The spec cannot be.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] TextError),
    /// The sentence pairs cannot be used.
    #[error(transparent)]
    Pairs(#[from] PairError),
    /// Reading or writing the run directory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The loss is no longer a number.
    #[error(
        "the loss became {loss} at step {step} with learning rate {learning_rate}; what was recorded before \
         is kept. Train again with a lower train.learning_rate (such as {})",
        learning_rate / 10.0
    )]
    Diverged {
        /// The step that could not be taken, counted from 1.
        step: u64,
        /// NaN or infinite.
        loss: f32,
        /// The spec's learning rate.
        learning_rate: f32,
    },
    /// What was to be changed on the way cannot be.
    #[error(transparent)]
    Intervention(#[from] InterventionError),
    /// The run on disk is of another spec.
    #[error(
        "{path} holds a run of another spec ({difference}); resume it with its own spec ({path}/spec.toml), \
         or choose another directory"
    )]
    OtherSpec {
        /// The run directory.
        path: PathBuf,
        /// The first line that differs.
        difference: String,
    },
    /// The data has changed since the run began.
    #[error(
        "the data of {path} has changed since the run began (SHA-256 {found} instead of {expected}); restore \
         the file, or start a new run"
    )]
    OtherData {
        /// The run directory.
        path: PathBuf,
        /// Digest now.
        found: String,
        /// Digest when the run began.
        expected: String,
    },
    /// The vocabulary is no longer that of the run.
    #[error(
        "{path}/{file} differs from the vocabulary that the run's spec and data give now ({entries} entries); the file \
         was changed, or the run was made by another version: train again"
    )]
    OtherVocabulary {
        /// The run directory.
        path: PathBuf,
        /// The file in it.
        file: &'static str,
        /// Entries of the vocabulary now.
        entries: usize,
    },
    /// Threads could not be started.
    #[error("cannot start {threads} threads: {source}; ask for fewer")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system said.
        source: rayon::ThreadPoolBuildError,
    },
}

impl From<TaskError> for TrainError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Texts(error) => Self::Data(error),
            TaskError::Pairs(error) => Self::Pairs(error),
        }
    }
}
