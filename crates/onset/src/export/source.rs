//! The model of a run, from its spec and a checkpoint alone.

use std::path::Path;

use onset_engine::{AttentionMode, Tape};

use super::ExportError;
use crate::batch::Batch;
use crate::model::{Model, Pass, Reading, Twin, Want};
use crate::onnx::Weights;
use crate::spec::Spec;
use crate::store::{Checkpoint, NamedTensor, RunDirectory, StoreError};

/// A model that is to be exported.
pub(super) struct Source {
    pub directory: RunDirectory,
    pub spec: Spec,
    pub step: u64,
    pub twin: Twin,
    /// The parameters, by name.
    tensors: Vec<NamedTensor>,
    tape: Tape,
    model: Box<dyn Model>,
}

impl Source {
    /// Reads the model of the run in `path` after `step` steps, or at its last checkpoint.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, ExportError> {
        let directory = RunDirectory::view(path)?;
        let origin = path.join("spec.toml").display().to_string();
        let spec = Spec::parse(directory.spec_text(), &origin, &[])?;
        let mode = spec.attention();
        if !matches!(mode, AttentionMode::Learned | AttentionMode::Uniform) {
            return Err(ExportError::NeedsPositions { path: path.into(), mode });
        }
        let step = StoreError::checkpoint(&directory, step)?;
        let checkpoint = Checkpoint::read(&directory.checkpoint_path(step))?;
        let tensors = checkpoint.tensors.clone();
        let settings = spec.model().settings();
        let Some(twin) = settings.twin(&weights(&tensors)) else {
            let own = if settings.place_modes().is_empty() {
                ""
            } else {
                " with modes of single heads (model.modes)"
            };
            let family = format!("{}{own}", spec.model().kind());
            return Err(ExportError::NoTwin { path: path.into(), family });
        };
        // Before anything as large as the spec says is made: the checkpoint is of such a model.
        let measured = settings.build(&mut Tape::measuring(), &twin.signature, spec.seed());
        let values = checkpoint.into_values(&measured.parameters().layout())?;
        let mut tape = Tape::new(1);
        let model = settings.build(&mut tape, &twin.signature, spec.seed());
        for (parameter, values) in model.parameters().iter().zip(values) {
            tape.data_mut(parameter.value).copy_from_slice(&values);
        }
        Ok(Self { directory, spec, step, twin, tensors, tape, model })
    }

    /// The parameters.
    pub fn weights(&self) -> Weights<'_> {
        weights(&self.tensors)
    }

    /// How many tensors there are, and how many numbers.
    pub fn counts(&self) -> (usize, usize) {
        (self.tensors.len(), self.tensors.iter().map(|tensor| tensor.values.len()).sum())
    }

    /// What the model makes of `batch`, with its logits.
    pub fn read(&mut self, batch: &Batch) -> Vec<Reading> {
        let modes = self.spec.model().settings().modes(self.model.places());
        let want = Want { logits: true, ..Want::default() };
        self.model.read(&mut self.tape, batch, Pass::new(&modes), want).readings
    }
}

fn weights(tensors: &[NamedTensor]) -> Weights<'_> {
    tensors.iter().map(|tensor| (tensor.name.as_str(), &tensor.shape[..], &tensor.values[..])).collect()
}
