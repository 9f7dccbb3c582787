//! Why something cannot be done live.

use crate::spec::SpecError;
use crate::task::text::TextError;
use crate::train::{InterventionError, TrainError};

/// Why a live training cannot be, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Outside what a live training may be.
    #[error("{key} = {found} is not possible in the lab: {expected}")]
    Bound {
        /// The field of the set-up.
        key: &'static str,
        /// What stands there.
        found: String,
        /// What is possible, and what to do.
        expected: String,
    },
    /// A spec that cannot be.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Texts that cannot be made.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A change that cannot be made.
    #[error(transparent)]
    Intervention(#[from] InterventionError),
    /// Training cannot go on.
    #[error(
        "the loss became {loss} at step {step}: a learning rate of {learning_rate} is too high here; reset, and lower it"
    )]
    Diverged {
        /// The step that could not be taken, counted from 1.
        step: u64,
        /// NaN or infinite.
        loss: f32,
        /// At that step.
        learning_rate: f32,
    },
    /// Training cannot go on for another reason.
    #[error(transparent)]
    Train(TrainError),
    /// Too many changes.
    #[error(
        "{most} changes have been made to this training, which is the most that it keeps; reset it to make more"
    )]
    Changes {
        /// How many there may be.
        most: usize,
    },
}

impl From<TrainError> for LiveError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Diverged { step, loss, learning_rate } => {
                Self::Diverged { step, loss, learning_rate }
            }
            TrainError::Intervention(error) => Self::Intervention(error),
            other => Self::Train(other),
        }
    }
}
