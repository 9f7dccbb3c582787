//! The model of a run, from its spec and a checkpoint alone: the data it was trained on is not needed.

use std::path::{Path, PathBuf};

use onset_engine::{AttentionMode, Tape};

use crate::batch::Batch;
use crate::model::{AttentionModes, Model, Pass, Reading, Want};
use crate::onnx::Weights;
use crate::spec::{Spec, SpecError};
use crate::store::{Checkpoint, NamedTensor, RunDirectory, StoreError};
use crate::task::pairs::PairSource;
use crate::task::text::TextSource;

/// Why a run's model cannot be used without its data.
#[derive(Debug, thiserror::Error)]
pub enum RunModelError {
    /// The run or its checkpoint cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its spec cannot be read.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The model takes attention weights from its task.
    #[error(
        "{path} was trained with {mode} attention, whose weights come from the task and not from the model: for anything new \
         they are unknown; only models with learned or uniform attention can be used here"
    )]
    NeedsPositions {
        /// The run directory.
        path: PathBuf,
        /// The attention mode.
        mode: AttentionMode,
    },
    /// Sizes of the model do not follow from its parameters.
    #[error("{path} has a model of the family {family}, which cannot be made from its parameters alone")]
    NoSignature {
        /// The run directory.
        path: PathBuf,
        /// The model family.
        family: &'static str,
    },
}

/// Whether the run in `directory` has a checkpoint of a model of texts with labels, or of sentence pairs: new words can be given to it.
pub fn reads_new_words(directory: &RunDirectory) -> bool {
    let spec = Spec::parse(directory.spec_text(), &directory.path().display().to_string(), &[]);
    let reads =
        |spec: &Spec| spec.task().get::<TextSource>().is_some() || spec.task().get::<PairSource>().is_some();
    !directory.checkpoint_steps().is_empty() && spec.as_ref().is_ok_and(reads)
}

/// The model of a run at one of its checkpoints.
pub(crate) struct RunModel {
    pub directory: RunDirectory,
    pub spec: Spec,
    pub step: u64,
    pub model: Box<dyn Model>,
    pub modes: AttentionModes,
    /// The parameters lie on it.
    pub tape: Tape,
    /// The parameters, by name.
    tensors: Vec<NamedTensor>,
}

impl RunModel {
    /// Reads the model of the run in `path` after `step` steps, or at its last checkpoint.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, RunModelError> {
        let directory = RunDirectory::view(path)?;
        let origin = path.join("spec.toml").display().to_string();
        let spec = Spec::parse(directory.spec_text(), &origin, &[])?;
        let settings = spec.model().settings();
        let step = StoreError::checkpoint(&directory, step)?;
        let own = settings.place_modes().iter().map(|own| own.mode);
        let later =
            spec.interventions().iter().filter(|entry| entry.at < step).filter_map(|entry| entry.attention);
        let needs = |mode: &AttentionMode| mode.takes_weights() && *mode != AttentionMode::Previous;
        if let Some(mode) = std::iter::once(spec.attention()).chain(own).chain(later).find(needs) {
            return Err(RunModelError::NeedsPositions { path: path.into(), mode });
        }
        let checkpoint = Checkpoint::read(&directory.checkpoint_path(step))?;
        let tensors = checkpoint.tensors.clone();
        let Some(signature) = settings.signature(&weights(&tensors)) else {
            return Err(RunModelError::NoSignature { path: path.into(), family: spec.model().kind() });
        };
        // Before anything as large as the spec says is made: the checkpoint is of such a model.
        let measured = settings.build(&mut Tape::measuring(), &signature, spec.seed());
        let values = checkpoint.into_values(&measured.parameters().layout())?;
        let mut tape = Tape::new(1);
        let model = settings.build(&mut tape, &signature, spec.seed());
        for (parameter, values) in model.parameters().iter().zip(values) {
            tape.data_mut(parameter.value).copy_from_slice(&values);
        }
        let modes = spec.modes_after(step, model.places());
        Ok(Self { directory, spec, step, model, modes, tape, tensors })
    }

    /// The parameters.
    pub fn weights(&self) -> Weights<'_> {
        weights(&self.tensors)
    }

    /// How many tensors there are, and how many numbers.
    pub fn counts(&self) -> (usize, usize) {
        (self.tensors.len(), self.tensors.iter().map(|tensor| tensor.values.len()).sum())
    }

    /// What the model makes of `batch`.
    pub fn read(&mut self, batch: &Batch, want: Want) -> Vec<Reading> {
        self.model.read(&mut self.tape, batch, Pass::new(&self.modes), want).readings
    }
}

fn weights(tensors: &[NamedTensor]) -> Weights<'_> {
    tensors.iter().map(|tensor| (tensor.name.as_str(), &tensor.shape[..], &tensor.values[..])).collect()
}
