//! Why there is no prediction.

use std::path::PathBuf;

use crate::store::StoreError;
use crate::train::TrainError;

/// Why there is no prediction, or none that counts.
#[derive(Debug, thiserror::Error)]
pub enum ForecastError {
    /// The theory says nothing of this task.
    #[error("the theory does not cover this: {missing}")]
    Beyond {
        /// What is missing.
        missing: String,
    },
    /// The run has begun.
    #[error(
        "{path} has a run already: a forecast is written before training begins; give another --out, or look at what \
         the theory would have said with `onset predict`"
    )]
    Begun {
        /// The run directory.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data cannot be loaded.
    #[error(transparent)]
    Train(#[from] TrainError),
}
