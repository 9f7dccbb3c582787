//! What to train: a task, a model, an optimiser and what is kept, as a TOML file that is read, completed and checked once.
//!
//! A [`Spec`] is complete and checked: there is no other way to one than through [`Spec::parse`], [`Spec::read`] or
//! [`Typed::into_spec`]. It is written back into the run directory; together with the seed that it holds, it decides
//! every byte of a run (on one instruction set).

mod continued;
mod describe;
mod identity;
mod keys;
mod locate;
mod moved;
mod read;
mod typed;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use continued::{Continued, NotContinued};
pub use describe::describe;
pub use identity::{Identity, RunName, difference_labels, differing_keys, run_names};
pub use keys::{Key, KeyDefault, KeySection, key_names, key_sections, keys_of};
pub use typed::{ClassificationSpec, CopyingSpec, TranslationSpec, Typed};

pub use crate::model::{Cell, ModelSpec};
pub use crate::settings::{
    Amount, FreezeTarget, Intervene, Keep, Optimizer, Record, ScheduleKind, SpecError, Training,
};
pub use crate::task::TaskSpec;

use crate::batch::Form;
use crate::model::{AttentionModes, Place};
use crate::settings::require;
use onset_engine::AttentionMode;

/// One experiment: complete and checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spec {
    seed: u64,
    task: TaskSpec,
    model: ModelSpec,
    train: Training,
    record: Record,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intervene: Vec<Intervene>,
}

impl Spec {
    /// What is learned.
    pub fn task(&self) -> &TaskSpec {
        &self.task
    }

    /// What learns it.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// The optimiser's settings and the budget.
    pub fn training(&self) -> &Training {
        &self.train
    }

    /// What is kept, and when.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The attention mode of each of the model's `places` after `step` steps.
    pub fn modes_after(&self, step: u64, places: &[Place]) -> AttentionModes {
        let mut modes = self.model.settings().modes(places);
        for entry in self.intervene.iter().filter(|entry| entry.at < step) {
            if let Some(mode) = entry.attention {
                modes.set(mode, places, |place| place.is_in(entry.layer, entry.head));
            }
        }
        modes
    }

    /// What is changed on the way, in the order of steps.
    pub fn interventions(&self) -> &[Intervene] {
        &self.intervene
    }

    /// The same experiment with further changes on the way.
    ///
    /// # Errors
    /// If one of them is not possible.
    pub fn with_interventions(
        mut self,
        more: impl IntoIterator<Item = Intervene>,
    ) -> Result<Self, SpecError> {
        self.intervene.extend(more);
        self.complete()
    }

    /// Decides initial weights, data and evaluation.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The attention mode from the first step on.
    pub fn attention(&self) -> AttentionMode {
        self.model.settings().attention()
    }

    /// The same experiment under another seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same experiment with placeholders for the paths of files, to compare specs of data that was moved.
    pub fn without_files(&self) -> Self {
        let mut spec = self.clone();
        spec.files_mut().for_each(|file| *file = "-".into());
        spec
    }

    /// The same experiment, with new paths for files that were moved together with the run in the folder `run`. A file that
    /// does not exist is looked for in that folder and those above it. Paths of files that are not found stay.
    pub fn with_files_near(mut self, run: &Path) -> Self {
        for file in self.files_mut() {
            if !file.exists()
                && let Some(moved) = found_near(file, run)
            {
                *file = moved;
            }
        }
        self
    }

    /// The files of the task and the model.
    fn files_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let Self { task, model, intervene, .. } = self;
        let runs = intervene.iter_mut().filter_map(|entry| entry.transplant.as_mut());
        task.settings_mut().files_mut().into_iter().chain(model.settings_mut().files_mut()).chain(runs)
    }

    /// The same experiment with attribution recorded for so many examples; Δ too, where that has its default.
    pub fn with_recorded(mut self, probes: Amount) -> Self {
        self.record.probes = probes;
        self
    }

    /// The resolved spec, as it is written into the run directory.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a spec is plain data that TOML can hold")
    }

    /// Fills in what follows from other values, and checks everything.
    fn complete(mut self) -> Result<Self, SpecError> {
        let task = self.task.settings_mut();
        task.resolve();
        self.record.resolve(self.train.steps, || self.task.settings().checkpoints(self.train.steps));
        self.intervene.sort_by_key(|entry| entry.at);
        self.check()?;
        Ok(self)
    }

    /// The kinds of model that can be trained on the task.
    fn fitting_models(&self) -> Vec<&'static str> {
        let signature = self.task.settings().signature();
        let fits = |kind: &&str| {
            ModelSpec::default_of(kind).is_some_and(|model| model.settings().form(&signature).is_ok())
        };
        ModelSpec::KINDS.iter().copied().filter(fits).collect()
    }

    /// Errors name the key, what was found and what is possible.
    fn check(&self) -> Result<(), SpecError> {
        let (task, model) = (self.task.settings(), self.model.settings());
        task.check()?;
        model.check()?;
        let form = model.form(&task.signature());
        let form = form.map_err(|reason| SpecError::Mismatch {
            task: self.task.kind(),
            model: self.model.kind(),
            reason,
            fitting: self.fitting_models().join(", "),
        })?;
        self.train.check()?;
        self.record.check(&self.train)?;
        let own = model.place_modes().iter().map(|own| ("model.modes", own.mode));
        for (key, mode) in [("model.attention", model.attention())].into_iter().chain(own) {
            self.check_mode(key, mode, form)?;
        }
        for entry in &self.intervene {
            entry.check(self.train.steps)?;
            entry.attention.map_or(Ok(()), |mode| self.check_mode("intervene.attention", mode, form))?;
        }
        self.check_changed_task()
    }

    /// Whether each change of the task gives one whose examples the model can go on with.
    fn check_changed_task(&self) -> Result<(), SpecError> {
        let mut task = self.task.clone();
        for keys in self.intervene.iter().filter_map(|entry| entry.task.as_ref()) {
            let written: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            let written = format!("{{ {} }}", written.join(", "));
            let refused = |expected: &str| require(false, "intervene.task", &written, expected);
            if !task.settings().is_drawn() {
                return refused(
                    "the task reads its examples from files; only what is drawn can be drawn otherwise",
                );
            }
            let changed = match task.with(keys.clone()) {
                Ok(changed) => changed,
                Err(fault) => return refused(&fault.to_string()),
            };
            changed.settings().check()?;
            if changed.settings().signature() != self.task.settings().signature() {
                return refused(
                    "it would change the form of the model; the numbers of words and of tokens stay as they are",
                );
            }
            task = changed;
        }
        Ok(())
    }

    fn check_mode(&self, key: &str, mode: AttentionMode, form: Form) -> Result<(), SpecError> {
        let task = self.task.settings();
        let (possible, expected) = match mode {
            AttentionMode::Learned | AttentionMode::Uniform => (true, ""),
            AttentionMode::Clamped => {
                (task.knows_relevant(), "the task does not know which position is relevant")
            }
            AttentionMode::Previous => (form == Form::Causal, NO_TOKEN_BEFORE),
            AttentionMode::Given => (false, "only a program can supply weights"),
        };
        require(possible, key, mode, expected)
    }
}

/// Why attention cannot be clamped to the token before.
pub(crate) const NO_TOKEN_BEFORE: &str = "only a model that reads one sequence attends to the token before";

/// The number of folders that are searched, from the run's own upwards.
const ABOVE: usize = 8;

/// Looks for `file` in the folders above `run`, nearest first: each end of its path, longest first.
fn found_near(file: &Path, run: &Path) -> Option<PathBuf> {
    let run = std::path::absolute(run).ok()?;
    let names: Vec<_> = file.iter().collect();
    let ends = || (1..names.len()).map(|first| names[first..].iter().collect::<PathBuf>());
    run.ancestors()
        .take(ABOVE)
        .flat_map(|folder| ends().map(|end| folder.join(end)))
        .find(|path| path.exists())
}
