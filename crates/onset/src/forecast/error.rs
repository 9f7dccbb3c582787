//! Errors of predictions and forecasts.

use std::path::PathBuf;

use crate::store::StoreError;
use crate::train::TrainError;

/// Why a prediction or a forecast cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ForecastError {
    /// The theory does not cover this spec.
    #[error("the theory does not cover this: {missing}")]
    NotCovered {
        /// The reason.
        missing: String,
    },
    /// Training has begun.
    #[error("{path} already has a run; a forecast must be written before training begins")]
    AlreadyBegun {
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
