//! Why a run cannot be exported.

use std::path::PathBuf;

use onset_engine::AttentionMode;

use crate::spec::SpecError;
use crate::store::StoreError;

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run cannot be read, or the folder cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its spec cannot be read.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The model takes attention weights from its task.
    #[error(
        "{path} was trained with {mode} attention, whose weights come from the task and not from the model; only models \
         with learned or uniform attention are exported"
    )]
    NeedsPositions {
        /// The run directory.
        path: PathBuf,
        /// The attention mode.
        mode: AttentionMode,
    },
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
