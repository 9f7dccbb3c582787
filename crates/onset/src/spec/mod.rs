//! What to train: a TOML file as a user types it, read, completed and checked once.
//!
//! [`Spec`] is complete and written back into the run directory as the resolved spec. Together with
//! the seed that it holds, it decides every byte of a run.

mod check;
mod classification;
mod copying;
mod error;
mod read;
mod training;
mod translation;

pub use classification::{
    ClassificationModel, ClassificationRecord, ClassificationSpec, KeywordTask, TextSource,
};
pub use copying::{Cell, CopyingModel, CopyingRecord, CopyingSpec, CopyingTask, Frequencies, Order};

pub use error::SpecError;
pub(crate) use error::did_you_mean;
pub use training::{Optimizer, Training};
pub use translation::{PairSource, TranslationModel, TranslationRecord, TranslationSpec};

use serde::{Deserialize, Serialize};

/// One experiment, of any task.
#[derive(Debug, Clone, PartialEq)]
pub enum Spec {
    /// Copying a sequence word by word (paper, "Copying").
    Copying(CopyingSpec),
    /// Binary text classification (paper, "Classification").
    Classification(ClassificationSpec),
    /// Translation of sentence pairs (paper, "Translation").
    Translation(TranslationSpec),
}

/// How attention weights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attention {
    /// Scores are learned.
    Learned,
    /// Scores are held at 0, so that every position has the same weight.
    Uniform,
}

impl Spec {
    /// The task's name.
    pub fn task(&self) -> &str {
        match self {
            Self::Copying(spec) => &spec.task,
            Self::Classification(spec) => &spec.task,
            Self::Translation(spec) => &spec.task,
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        match self {
            Self::Copying(spec) => spec.seed,
            Self::Classification(spec) => spec.seed,
            Self::Translation(spec) => spec.seed,
        }
    }

    /// The same experiment under another seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        match &mut self {
            Self::Copying(spec) => spec.seed = seed,
            Self::Classification(spec) => spec.seed = seed,
            Self::Translation(spec) => spec.seed = seed,
        }
        self
    }

    /// The optimiser's settings.
    pub fn training(&self) -> &Training {
        match self {
            Self::Copying(spec) => &spec.train,
            Self::Classification(spec) => &spec.train,
            Self::Translation(spec) => &spec.train,
        }
    }

    /// Fills in what follows from other values, so that the spec is complete in itself.
    fn resolve(&mut self) {
        match self {
            Self::Copying(spec) => spec.resolve(),
            Self::Classification(spec) => spec.resolve(),
            Self::Translation(spec) => spec.resolve(),
        }
    }
}

/// `steps` in order, without doubles.
fn ordered(mut steps: Vec<u64>) -> Vec<u64> {
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// Whether a key has the value that it had before it could be set: it is then left out of resolved specs, so that
/// those of older runs stay the same.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
