//! Tasks: where examples come from, which position is the right one, and how predictions are scored. A task is a folder
//! here and a line in [`registry`](TaskSpec).
//!
//! A task knows no model family: it draws [`Examples`] of its [`Signature`], and is seen by everything else as a
//! [`Task`].

mod attention;
pub mod copying;
pub mod corpus;
pub mod descriptions;
pub(crate) mod digest;
mod error;
mod examples;
pub mod induction;
pub mod item_label;
pub mod markov;
mod order;
pub mod pairs;
pub mod recorded;
mod registry;
pub mod rows;
mod sequences;
pub mod streams;
pub mod subwords;
pub mod text;

use std::any::Any;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use onset_engine::Tape;
use serde::{Deserialize, Serialize};

pub use attention::{AttentionScores, attention_scores};
pub use error::TaskError;
pub(crate) use examples::SplitFiles;
pub use order::EpochOrder;
pub use registry::TaskSpec;

use crate::batch::{Examples, Ragged, Signature};
use crate::model::{AttentionModes, Model, Reading};
use crate::settings::{Amount, Budget, Record, SpecError};
use crate::store::{Column, Table};
use crate::watch::Watch;

/// What data is called: by its title, else by its file.
fn called(title: Option<&str>, file: Option<&Path>) -> Option<String> {
    let name = || Some(file?.file_name()?.to_string_lossy().into_owned());
    title.map(str::to_owned).or_else(name)
}

/// The settings of a task, as everything that does not know the task sees them.
pub trait TaskSettings: Debug {
    /// Checks every value; errors name the key.
    fn check(&self) -> Result<(), SpecError>;

    /// Makes paths absolute, so that a run can be resumed from anywhere.
    fn resolve(&mut self) {}

    /// What a spec leaves open.
    fn defaults(&self) -> Defaults;

    /// The steps of the task's own list of checkpoints for a run of so many steps.
    fn checkpoints(&self, steps: u64) -> Vec<u64>;

    /// Keys that stood elsewhere in earlier versions: where, and the task's key now.
    fn moved_keys(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What is learned, in a few words.
    fn describe(&self) -> String;

    /// Whether the task knows the right positions, so that attention can be clamped.
    fn knows_relevant(&self) -> bool {
        false
    }

    /// The files that a run reads: those to train on, then those to validate on; none if its examples are drawn.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The paths of [`TaskSettings::files`] and of a tokenizer that is read, to change them.
    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        Vec::new()
    }

    /// Whether examples are drawn as they are needed, so that nothing is read.
    fn is_drawn(&self) -> bool {
        false
    }

    /// What its examples consist of; sizes that are known only once data is loaded are 0.
    fn signature(&self) -> Signature;

    /// Loads or prepares the data. Errors are those of its files.
    fn load(&self) -> Result<Arc<dyn Task>, TaskError>;
}

/// What a spec of a task leaves open.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    /// The model family's kind.
    pub model: &'static str,
    /// How long it trains, and at what rate.
    pub train: Budget,
    /// What is kept, and when.
    pub record: Record,
}

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Held out.
    #[default]
    Validation,
    /// Trained on; records keep a sample of it.
    Training,
}

impl Split {
    /// Both splits.
    pub const ALL: [Self; 2] = [Self::Validation, Self::Training];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Training => "training",
        }
    }
}

/// Which examples are drawn; the run's `seed` decides what is random about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// The training batch of a step (counted from 0).
    Training {
        /// The run's seed.
        seed: u64,
        /// Steps taken before.
        step: u64,
        /// Examples of a batch.
        batch: usize,
    },
    /// What scores are computed on after so many steps.
    Evaluation {
        /// The run's seed.
        seed: u64,
        /// Steps taken.
        step: u64,
    },
    /// The examples whose attribution is recorded: the same at every evaluation.
    Record {
        /// The run's seed.
        seed: u64,
        /// Of which split.
        split: Split,
        /// How many.
        count: Amount,
    },
}

/// A task that is ready: its data is loaded, and shared by the runs that use it.
pub trait Task: Send + Sync {
    /// The task's own type, for what only that task can do.
    fn as_any(&self) -> &dyn Any;

    /// What its examples consist of.
    fn signature(&self) -> Signature;

    /// SHA-256 of the data, where there is a file behind it.
    fn digest(&self) -> Option<&str> {
        None
    }

    /// How much data there is, in a few words; none if examples are drawn as they are needed.
    fn summary(&self) -> Option<String> {
        None
    }

    /// What was left out or cut, a sentence each.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// Files that a run directory keeps beside its records: name and contents.
    fn artifacts(&self) -> Vec<Artifact> {
        Vec::new()
    }

    /// Fills `examples` with what `draw` asks for. `order` is kept by the caller from step to step.
    fn fill(&self, draw: Draw, order: &mut EpochOrder, examples: &mut Examples);

    /// The numbers, in their split, of the examples that `draw` asks for; none if they are drawn afresh.
    fn numbers(&self, _draw: Draw) -> Option<Vec<usize>> {
        None
    }

    /// The splits whose attribution is recorded.
    fn recorded_splits(&self) -> &'static [Split] {
        &[Split::Validation]
    }

    /// Fills `relevant` with the right positions of each prediction, example by example: positions of the source, or of
    /// the whole sequence where there is no source. False if the task does not know them.
    fn relevant(&self, _examples: &Examples, _relevant: &mut Ragged) -> bool {
        false
    }

    /// How a token is written.
    fn token(&self, id: u32) -> String;

    /// How the source tokens of the example with this number in its split are written.
    fn source_tokens(&self, _split: Split, _number: usize, tokens: &[u32]) -> Vec<String> {
        tokens.iter().map(|&token| self.token(token)).collect()
    }

    /// The tokens of a pretrained model that the task's tokens are, in their order; none where they are the same.
    fn token_rows(&self) -> Option<&[u32]> {
        None
    }

    /// The weight of each label in the training loss; `None` means that all are equal.
    fn label_weights(&self) -> Option<&[f32]> {
        None
    }

    /// How a label is written.
    fn label(&self, id: u32) -> String {
        id.to_string()
    }

    /// Whether scores are computed from outputs, and not from attention, which is then not read for them.
    fn scores_outputs_only(&self) -> bool {
        false
    }

    /// Examples that are evaluated at once, those of similar length together.
    fn evaluation_batch(&self) -> usize {
        64
    }

    /// How much of an attribution record is computed in one pass at most.
    fn pass_size(&self) -> PassSize {
        PassSize::UNLIMITED
    }

    /// The columns that evaluation adds to a table of one row.
    fn scores(&self, scores: Table, evaluated: Evaluated<'_>) -> Table;

    /// The columns of scores on what the model generates, after those of [`Task::scores`], unless `watch` cancels. Leaves
    /// the tape cleared.
    fn generated_scores(
        &self,
        scores: Table,
        _generation: Generation<'_>,
        _watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Table> {
        ControlFlow::Continue(scores)
    }
}

/// How much of an attribution record is computed in one pass at most, so that it can be cancelled in between. One example
/// that is larger has a pass of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassSize {
    /// Cells of β: predictions times positions.
    pub cells: usize,
    /// Tokens that are read for Δ.
    pub tokens: usize,
}

impl PassSize {
    /// As many as the examples of a pass have.
    pub const UNLIMITED: Self = Self { cells: usize::MAX, tokens: usize::MAX };
}

/// A model that generates.
pub struct Generation<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// The attention mode of each place.
    pub modes: &'a AttentionModes,
    /// The model's tape, cleared.
    pub tape: &'a mut Tape,
    /// Whether training has ended.
    pub last: bool,
}

/// A file that a run directory keeps beside its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name.
    pub name: &'static str,
    /// Its contents.
    pub contents: Vec<u8>,
    /// Whether it is a vocabulary: it must be the same when a run is continued or looked at again. The number of its
    /// entries.
    pub vocabulary: Option<usize>,
}

/// Evaluated examples.
pub struct Evaluated<'a> {
    /// The run's seed.
    pub seed: u64,
    /// The examples.
    pub examples: &'a Examples,
    /// Their readings, in the same order.
    pub readings: &'a [Reading],
    /// The mean loss of each batch that was read.
    pub losses: &'a [f32],
    /// The model, its modes and its tape, for what readings do not hold.
    pub model: &'a dyn Model,
    /// The attention mode of each place.
    pub modes: &'a AttentionModes,
    /// The model's tape, cleared.
    pub tape: &'a mut Tape,
}

/// A column of one number.
pub(crate) fn number(number: f64) -> Column {
    Column::Float(vec![number])
}
