//! An interactive training: steps, points, views, and the log of interventions.

use onset_engine::AttentionMode;

use super::copying::LiveCopying;
use super::induction::LiveInduction;
use super::keyword::LiveKeyword;
use super::{LiveError, Point, Prediction, Setup, TaskChoice, View};
use crate::spec::CopyingSpec;
use crate::train::{Applied, Intervention, Prepared, TrainError, Trainer};

/// Largest number of interventions in a training.
pub const MOST_CHANGES: usize = 500;

/// An interactive training. The same setup with the same interventions at the same steps gives the same numbers.
pub struct LiveTraining {
    setup: Setup,
    trainer: Trainer,
    task: Box<dyn LiveTask>,
    log: Vec<Applied>,
}

/// The measurements of a task while a model trains on it. They never change the training.
pub(super) trait LiveTask: Send {
    /// Measures a point of the curves at the current step.
    fn measure(&mut self, trainer: &mut Trainer) -> Point;

    /// Attention and words at the current step.
    fn view(&mut self, trainer: &mut Trainer) -> View;

    /// The theory's prediction; it does not depend on the steps taken.
    fn predict(&self) -> Result<Prediction, LiveError>;
}

impl LiveTraining {
    /// Initialises the model of `setup`. Errors name the fields that are out of bounds, and planned interventions that are
    /// not possible.
    pub fn new(setup: &Setup) -> Result<Self, LiveError> {
        let mut training = Self::unplanned(setup)?;
        if !setup.plan.is_empty() {
            let mut tried = Self::unplanned(setup)?;
            setup.plan.iter().try_for_each(|planned| tried.intervene(planned.intervention).map(drop))?;
        }
        training.follow_plan()?;
        Ok(training)
    }

    /// The model of `setup` before any intervention.
    fn unplanned(setup: &Setup) -> Result<Self, LiveError> {
        let spec = setup.spec()?;
        let prepared = Prepared::load(&spec).map_err(TrainError::from)?;
        let trainer = Trainer::new(&spec, &prepared, 1);
        let task: Box<dyn LiveTask> = match (CopyingSpec::of(&spec), setup.task) {
            (Some(spec), _) => Box::new(LiveCopying { spec }),
            (None, TaskChoice::Induction) => Box::new(LiveInduction::new(&prepared, spec.seed())),
            (None, _) => Box::new(LiveKeyword::new(&spec, &prepared)),
        };
        Ok(Self { setup: setup.clone(), trainer, task, log: Vec::new() })
    }

    /// Makes the planned interventions of the current step.
    fn follow_plan(&mut self) -> Result<(), LiveError> {
        let step = self.step_count();
        let due: Vec<Intervention> =
            self.setup.plan.iter().filter(|p| p.step == step).map(|p| p.intervention).collect();
        due.into_iter().try_for_each(|intervention| self.intervene(intervention).map(drop))
    }

    /// Repeats the training of `setup` with the interventions of `log`, which contains the planned ones, up to step `end`.
    pub fn replay(setup: &Setup, log: &[Applied], end: u64) -> Result<Self, LiveError> {
        let mut training = Self::unplanned(setup)?;
        training.trainer.replay(log, end)?;
        training.log = log.iter().filter(|applied| applied.step <= end).copied().collect();
        Ok(training)
    }

    /// The setup.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The interventions so far.
    pub fn log(&self) -> &[Applied] {
        &self.log
    }

    /// The number of steps taken.
    pub fn step_count(&self) -> u64 {
        self.trainer.step_count()
    }

    /// Whether all steps have been taken.
    pub fn finished(&self) -> bool {
        self.step_count() >= self.setup.steps
    }

    /// The current learning rate.
    pub fn learning_rate(&self) -> f32 {
        self.trainer.learning_rate()
    }

    /// The current attention mode, if all places share one.
    pub fn attention(&self) -> Option<AttentionMode> {
        self.trainer.experiment().modes().common()
    }

    /// The theory's prediction; it does not depend on the steps taken.
    pub fn predict(&self) -> Result<Prediction, LiveError> {
        let prediction = self.task.predict()?;
        let events = self.setup.events(prediction.without_attention);
        Ok(Prediction { events, ..prediction })
    }

    /// Takes a step, then makes the interventions that are planned after it. A loss that is not finite is an error, and
    /// leaves the model unchanged.
    pub fn step(&mut self) -> Result<(), LiveError> {
        self.trainer.step()?;
        self.follow_plan()
    }

    /// Applies an intervention from the next step on.
    pub fn intervene(&mut self, intervention: Intervention) -> Result<Applied, LiveError> {
        if self.log.len() >= MOST_CHANGES {
            return Err(LiveError::Changes { most: MOST_CHANGES });
        }
        self.trainer.intervene(&intervention)?;
        let applied = Applied { step: self.step_count(), intervention };
        self.log.push(applied);
        Ok(applied)
    }

    /// Measures a point of the curves at the current step. This never changes the training.
    pub fn measure(&mut self) -> Point {
        self.task.measure(&mut self.trainer)
    }

    /// Attention and words at the current step.
    pub fn view(&mut self) -> View {
        self.task.view(&mut self.trainer)
    }

    /// The values of all parameters.
    pub fn values(&self) -> Vec<Vec<f32>> {
        self.trainer.values().map(<[f32]>::to_vec).collect()
    }
}

#[cfg(test)]
mod tests;
