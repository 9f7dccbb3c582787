//! What a trainer needs of a task and its model.

use std::sync::Arc;

use onset_engine::{Tape, Value};

#[cfg(doc)]
use super::Part;
use super::TrainError;
use super::classification::ClassificationExperiment;
use super::copying::CopyingExperiment;
use super::intervention::{AttentionRoute, InterventionError};
use super::translation::TranslationExperiment;
use crate::model::{Parameter, Parameters, Redrawn};
use crate::spec::Spec;
use crate::store::Table;
use crate::task::pairs::PairData;
use crate::task::text::TextData;

/// A task with its model on a tape.
pub trait Experiment: Send {
    /// The model's parameters.
    fn parameters(&self) -> &Parameters;

    /// Runs the model on the training batch of `step` (counted from 0) and returns the loss (1 × 1).
    fn loss(&mut self, tape: &mut Tape, step: u64) -> Value;

    /// Whether scores and probes are recorded after `step` steps.
    fn records(&self, step: u64) -> bool;

    /// Whether parameters are kept after `step` steps.
    fn keeps_parameters(&self, step: u64) -> bool;

    /// Scores and probes after `step` steps. Leaves the tape cleared.
    fn evaluate(&mut self, tape: &mut Tape, step: u64) -> Recorded;

    /// The same, for a tape with the same parameters.
    fn another(&self) -> Box<dyn Experiment>;

    /// How attention weights come about.
    fn route(&self) -> AttentionRoute;

    /// Lets attention weights come about by `route`, from the next forward pass on. Refused where the task does not
    /// know the right position.
    fn set_route(&mut self, route: AttentionRoute) -> Result<(), InterventionError>;

    /// Whether a parameter makes attention scores; all others are [`Part::Knowledge`].
    fn makes_scores(&self, parameter: &Parameter) -> bool;

    /// What the maps of `head` would be if `seed` drew them. Refused if there is no such head.
    fn redrawn_head(&self, head: usize, seed: u64) -> Result<Vec<Redrawn>, InterventionError>;
}

/// What is recorded at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// One row: `step` and the task's scores.
    pub scores: Table,
    /// One row for each example or position: `step`, and what attention does there.
    pub probes: Table,
}

impl Recorded {
    /// The scores that are single numbers, by name.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.scores.names().filter_map(|name| Some((name, *self.scores.floats(name).ok()?.first()?)))
    }
}

/// Data that several runs share.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Made as it is needed.
    Synthetic,
    /// Loaded text.
    Text(Arc<TextData>),
    /// Loaded sentence pairs.
    Pairs(Arc<PairData>),
}

impl Prepared {
    /// Loads what `spec` reads. Errors are those of its files.
    pub fn load(spec: &Spec) -> Result<Self, TrainError> {
        match spec {
            Spec::Copying(_) => Ok(Self::Synthetic),
            Spec::Classification(spec) => Ok(Self::Text(Arc::new(TextData::load(&spec.data)?))),
            Spec::Translation(spec) => Ok(Self::Pairs(Arc::new(PairData::load(&spec.data)?))),
        }
    }

    /// A digest of the data, where there is a file behind it.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Synthetic => None,
            Self::Text(data) => Some(&data.digest),
            Self::Pairs(data) => Some(&data.digest),
        }
    }

    /// Draws the initial model of `spec` on `tape`.
    ///
    /// # Panics
    /// If the data was prepared for another task.
    pub fn experiment(&self, spec: &Spec, tape: &mut Tape) -> Box<dyn Experiment> {
        match (spec, self) {
            (Spec::Copying(spec), Self::Synthetic) => Box::new(CopyingExperiment::new(spec.clone(), tape)),
            (Spec::Classification(spec), Self::Text(data)) => {
                Box::new(ClassificationExperiment::new(spec.clone(), Arc::clone(data), tape))
            }
            (Spec::Translation(spec), Self::Pairs(data)) => {
                Box::new(TranslationExperiment::new(spec.clone(), Arc::clone(data), tape))
            }
            _ => panic!("data of another task"),
        }
    }
}
