//! Specs whose task and model are known: for code that is about one task and one model, and for making specs.

use super::{Intervene, ModelSpec, Record, Spec, SpecError, TaskSpec, Training};
use crate::model::{ClassifierSettings, RnnSettings, TranslatorSettings};
use crate::settings::Settings;
use crate::task::TaskSettings;
use crate::task::copying::CopyingTask;
use crate::task::pairs::PairSource;
use crate::task::text::TextSource;

/// A spec of task settings `T` and model settings `M`, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed<T, M> {
    /// Decides initial weights, data and evaluation.
    pub seed: u64,
    /// The task.
    pub data: T,
    /// The model.
    pub model: M,
    /// The optimiser and the budget.
    pub train: Training,
    /// What is kept, and when.
    pub record: Record,
    /// What is changed on the way, in the order of steps.
    pub intervene: Vec<Intervene>,
}

/// The paper's copying experiment.
pub type CopyingSpec = Typed<CopyingTask, RnnSettings>;

/// The paper's classification experiment.
pub type ClassificationSpec = Typed<TextSource, ClassifierSettings>;

/// The paper's translation experiment.
pub type TranslationSpec = Typed<PairSource, TranslatorSettings>;

impl<T: Settings + TaskSettings, M: Settings> Default for Typed<T, M> {
    fn default() -> Self {
        let data = T::default();
        let defaults = data.defaults();
        Self {
            seed: 0,
            data,
            model: M::default(),
            train: defaults.train.into(),
            record: defaults.record,
            intervene: Vec::new(),
        }
    }
}

impl<T: Clone + 'static, M: Clone + 'static> Typed<T, M> {
    /// The parts of `spec`, if it is of this task and this model.
    pub fn of(spec: &Spec) -> Option<Self> {
        Some(Self {
            seed: spec.seed(),
            data: spec.task().get::<T>()?.clone(),
            model: spec.model().get::<M>()?.clone(),
            train: spec.training().clone(),
            record: spec.record().clone(),
            intervene: spec.interventions().to_vec(),
        })
    }
}

impl<T: Into<TaskSpec>, M: Into<ModelSpec>> Typed<T, M> {
    /// The complete spec. Errors name the key, what was found and what is possible.
    pub fn into_spec(self) -> Result<Spec, SpecError> {
        let Self { seed, data, model, train, record, intervene } = self;
        Spec { seed, task: data.into(), model: model.into(), train, record, intervene }.complete()
    }
}
