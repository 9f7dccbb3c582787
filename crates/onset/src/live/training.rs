//! A training that is shown while it goes on, and changed: steps, points, pictures, and the list of changes.

use onset_engine::AttentionMode;

use super::copying::LiveCopying;
use super::keyword::LiveKeyword;
use super::{LiveError, Point, Prediction, Setup, View};
use crate::spec::CopyingSpec;
use crate::train::{Applied, Intervention, Prepared, TrainError, Trainer};

/// Changes that a training keeps.
pub const MOST_CHANGES: usize = 500;

/// A live training. The same set-up with the same changes at the same steps gives the same numbers.
pub struct LiveTraining {
    setup: Setup,
    trainer: Trainer,
    task: Box<dyn LiveTask>,
    log: Vec<Applied>,
}

/// What is shown of a task while a model trains on it. Looking never changes what training does.
pub(super) trait LiveTask: Send {
    /// A point of the curves at the present step.
    fn measure(&mut self, trainer: &mut Trainer) -> Point;

    /// Pictures at the present step.
    fn view(&mut self, trainer: &mut Trainer) -> View;

    /// The theory's prediction; it does not depend on the steps taken.
    fn predict(&self) -> Result<Prediction, LiveError>;
}

impl LiveTraining {
    /// The initial model. Errors name what cannot be chosen.
    pub fn new(setup: &Setup) -> Result<Self, LiveError> {
        let spec = setup.spec()?;
        let prepared = Prepared::load(&spec).map_err(TrainError::from)?;
        let trainer = Trainer::new(&spec, &prepared, 1);
        let task: Box<dyn LiveTask> = match CopyingSpec::of(&spec) {
            Some(spec) => Box::new(LiveCopying { spec }),
            None => Box::new(LiveKeyword::new(&spec, &prepared)),
        };
        Ok(Self { setup: setup.clone(), trainer, task, log: Vec::new() })
    }

    /// The training that `setup` and `log` make, after `end` steps.
    pub fn replay(setup: &Setup, log: &[Applied], end: u64) -> Result<Self, LiveError> {
        let mut training = Self::new(setup)?;
        training.trainer.replay(log, end)?;
        training.log = log.iter().filter(|applied| applied.step <= end).copied().collect();
        Ok(training)
    }

    /// What was chosen.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What was changed on the way.
    pub fn log(&self) -> &[Applied] {
        &self.log
    }

    /// Steps taken.
    pub fn step_count(&self) -> u64 {
        self.trainer.step_count()
    }

    /// Whether all its steps are taken.
    pub fn finished(&self) -> bool {
        self.step_count() >= self.setup.steps
    }

    /// The present learning rate.
    pub fn learning_rate(&self) -> f32 {
        self.trainer.learning_rate()
    }

    /// The present attention mode, if all places have one in common.
    pub fn attention(&self) -> Option<AttentionMode> {
        self.trainer.experiment().modes().common()
    }

    /// The theory's prediction; it does not depend on what has happened since.
    pub fn predict(&self) -> Result<Prediction, LiveError> {
        self.task.predict()
    }

    /// Takes a step. A loss that is no number is an error, and changes nothing.
    pub fn step(&mut self) -> Result<(), LiveError> {
        self.trainer.step()?;
        Ok(())
    }

    /// Changes something from the next step on.
    pub fn intervene(&mut self, intervention: Intervention) -> Result<Applied, LiveError> {
        if self.log.len() >= MOST_CHANGES {
            return Err(LiveError::Changes { most: MOST_CHANGES });
        }
        self.trainer.intervene(&intervention)?;
        let applied = Applied { step: self.step_count(), intervention };
        self.log.push(applied);
        Ok(applied)
    }

    /// A point of the curves at the present step. Looking never changes what training does.
    pub fn measure(&mut self) -> Point {
        self.task.measure(&mut self.trainer)
    }

    /// Pictures at the present step.
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
