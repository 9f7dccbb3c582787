//! Why a run cannot be exported.

use std::path::PathBuf;

use crate::inference::RunModelError;
use crate::store::StoreError;

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run's model cannot be used.
    #[error(transparent)]
    Run(#[from] RunModelError),
    /// The model family has no twin.
    #[error("{path} has a model of the family {family}, which has no model in PyTorch to export it to")]
    NoTwin {
        /// The run directory.
        path: PathBuf,
        /// The model family.
        family: String,
    },
    /// There is a file where the export should go.
    #[error("{file} is a file, and an export is a folder; nothing was written")]
    File {
        /// The file.
        file: PathBuf,
    },
    /// There are other files where the export should go.
    #[error("{folder} is not empty and holds no export of Onset (no export.json); nothing was written")]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
}
