//! A model that is to be exported.

use std::path::Path;

use onset_engine::AttentionMode;

use super::ExportError;
use crate::batch::Batch;
use crate::inference::{RunModel, RunModelError};
use crate::model::{Reading, Twin, Want};

/// A run's model and its twin in PyTorch.
pub(super) struct Source {
    pub run: RunModel,
    pub twin: Twin,
}

impl Source {
    /// Reads the model of the run in `path` after `step` steps, or at its last checkpoint.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, ExportError> {
        let run = RunModel::open(path, step)?;
        let settings = run.spec.model().settings();
        let no_twin = |more: &str| ExportError::NoTwin {
            path: path.into(),
            family: format!("{}{more}", run.spec.model().kind()),
        };
        if !settings.place_modes().is_empty() {
            return Err(no_twin(" with modes of single heads (model.modes)"));
        }
        if let mode @ AttentionMode::Previous = run.spec.attention() {
            return Err(RunModelError::NeedsPositions { path: path.into(), mode }.into());
        }
        let twin = settings.twin(&run.weights()).ok_or_else(|| no_twin(""))?;
        Ok(Self { run, twin })
    }

    /// What the model makes of `batch`, with its logits.
    pub fn read(&mut self, batch: &Batch) -> Vec<Reading> {
        self.run.read(batch, Want { logits: true, ..Want::default() })
    }
}
