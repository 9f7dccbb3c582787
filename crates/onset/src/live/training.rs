//! A training that is watched and changed: steps, points, pictures, and the list of what was changed.

use super::copying::{self, CopyingTrainer};
use super::keyword::KeywordTrainer;
use super::{LiveError, Point, Prediction, Setup, View};
use crate::spec::{CopyingSpec, Spec};
use crate::train::{Applied, AttentionRoute, Experiment, Intervention};

/// Changes that a training keeps.
pub const MOST_CHANGES: usize = 500;

/// A live training. The same set-up with the same changes at the same steps gives the same numbers.
pub struct LiveTraining {
    setup: Setup,
    machine: Machine,
    log: Vec<Applied>,
}

enum Machine {
    Copying(Box<CopyingTrainer>, CopyingSpec),
    Keyword(Box<KeywordTrainer>),
}

/// What both machines can, on their trainers.
macro_rules! trainer {
    ($machine:expr, $trainer:ident => $does:expr) => {
        match $machine {
            Machine::Copying($trainer, _) => $does,
            Machine::Keyword(keyword) => {
                let $trainer = &mut keyword.trainer;
                $does
            }
        }
    };
}

impl LiveTraining {
    /// The initial model. Errors name what cannot be chosen.
    pub fn new(setup: &Setup) -> Result<Self, LiveError> {
        let machine = match setup.spec()? {
            Spec::Copying(spec) => Machine::Copying(Box::new(copying::begin(&spec)), spec),
            Spec::Classification(spec) => Machine::Keyword(Box::new(KeywordTrainer::begin(&spec)?)),
            Spec::Translation(_) => unreachable!("no set-up is of translation"),
        };
        Ok(Self { setup: setup.clone(), machine, log: Vec::new() })
    }

    /// The training that `setup` and `log` make, after `end` steps.
    pub fn replay(setup: &Setup, log: &[Applied], end: u64) -> Result<Self, LiveError> {
        let mut training = Self::new(setup)?;
        trainer!(&mut training.machine, trainer => trainer.replay(log, end))?;
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
    pub fn step_count(&mut self) -> u64 {
        trainer!(&mut self.machine, trainer => trainer.step_count())
    }

    /// Whether all its steps are taken.
    pub fn finished(&mut self) -> bool {
        self.step_count() >= self.setup.steps
    }

    /// The present step size.
    pub fn learning_rate(&mut self) -> f32 {
        trainer!(&mut self.machine, trainer => trainer.learning_rate())
    }

    /// How attention weights come about at present.
    pub fn route(&mut self) -> AttentionRoute {
        trainer!(&mut self.machine, trainer => trainer.experiment().route())
    }

    /// What the theory says of it; it does not depend on what has happened since.
    pub fn foretell(&self) -> Result<Prediction, LiveError> {
        match &self.machine {
            Machine::Copying(_, spec) => copying::foretell(spec),
            Machine::Keyword(keyword) => keyword.foretell(),
        }
    }

    /// Takes a step. A loss that is no number is an error, and changes nothing.
    pub fn step(&mut self) -> Result<(), LiveError> {
        trainer!(&mut self.machine, trainer => trainer.step())?;
        Ok(())
    }

    /// Changes something from the next step on.
    pub fn intervene(&mut self, intervention: Intervention) -> Result<Applied, LiveError> {
        if self.log.len() >= MOST_CHANGES {
            return Err(LiveError::Changes { most: MOST_CHANGES });
        }
        trainer!(&mut self.machine, trainer => trainer.intervene(&intervention))?;
        let applied = Applied { step: self.step_count(), intervention };
        self.log.push(applied);
        Ok(applied)
    }

    /// A point of the curves at the present step. Looking never changes what training does.
    pub fn measure(&mut self) -> Point {
        match &mut self.machine {
            Machine::Copying(trainer, _) => copying::measure(trainer),
            Machine::Keyword(keyword) => keyword.measure(),
        }
    }

    /// Pictures at the present step.
    pub fn view(&mut self) -> View {
        match &mut self.machine {
            Machine::Copying(trainer, _) => copying::view(trainer),
            Machine::Keyword(keyword) => keyword.view(),
        }
    }

    /// The values of all parameters.
    pub fn values(&mut self) -> Vec<Vec<f32>> {
        trainer!(&mut self.machine, trainer => trainer.values().map(<[f32]>::to_vec).collect())
    }
}

#[cfg(test)]
mod tests;
