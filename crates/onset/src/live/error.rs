//! Errors of interactive training.

use crate::spec::SpecError;
use crate::task::text::TextError;
use crate::train::{InterventionError, TrainError};

/// Why an interactive training cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A field of the setup is outside its bounds.
    #[error("{} cannot be {found} in the lab: {expected}", in_words(key))]
    Bound {
        /// The field.
        key: &'static str,
        /// Its value.
        found: String,
        /// The bounds, and what to do.
        expected: String,
    },
    /// A setup has no such field.
    #[error("a setup has no “{found}”, or not such a one; it has {known}")]
    Field {
        /// The name that was given.
        found: String,
        /// The names of all fields.
        known: String,
    },
    /// The spec is not valid.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The texts cannot be generated.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The intervention is not possible.
    #[error(transparent)]
    Intervention(#[from] InterventionError),
    /// The loss is not finite.
    #[error(
        "the loss became {loss} at step {step}: a learning rate of {learning_rate} is too high here; press Reset, and lower it"
    )]
    Diverged {
        /// The step that failed, counted from 1.
        step: u64,
        /// The loss, NaN or infinite.
        loss: f32,
        /// The learning rate at that step.
        learning_rate: f32,
    },
    /// Training failed for another reason.
    #[error(transparent)]
    Train(TrainError),
    /// Too many interventions.
    #[error("this training has reached the maximum of {most} interventions; reset it to make more")]
    Changes {
        /// The maximum.
        most: usize,
    },
}

/// A field of the setup in the words of the lab.
fn in_words(key: &str) -> &str {
    match key {
        "plan" => "the step of a planned intervention",
        "vocabulary" => "the vocabulary size",
        "length" => "the sequence length",
        "width" => "the width",
        "heads" => "the number of heads",
        "attention" => "attention",
        "optimizer" => "the optimiser",
        "learning_rate" => "the learning rate",
        "batch" => "the batch size",
        "steps" => "the number of steps",
        "repetition" => "whether words may repeat",
        key => key,
    }
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
