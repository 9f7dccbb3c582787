//! Why a run cannot start, or had to stop.

use std::path::PathBuf;

use super::InterventionError;
use crate::pretrained::PretrainedError;
use crate::spec::SpecError;
use crate::store::StoreError;
use crate::task::TaskError;
use crate::task::corpus::CorpusError;
use crate::task::descriptions::CollectionError;
use crate::task::pairs::PairError;
use crate::task::text::TextError;

/// Why a run cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The spec cannot be.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] TextError),
    /// The sentence pairs cannot be used.
    #[error(transparent)]
    Pairs(#[from] PairError),
    /// The text for language modelling.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// Described data sets.
    #[error(transparent)]
    Collection(#[from] CollectionError),
    /// Reading or writing the run directory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The loss is no longer a number.
    #[error(
        "the loss became {loss} at step {step} with learning rate {learning_rate}; earlier records are \
         kept. Train again with a lower train.learning_rate (such as {})",
        learning_rate / 10.0
    )]
    Diverged {
        /// The step that could not be taken, counted from 1.
        step: u64,
        /// NaN or infinite.
        loss: f32,
        /// The spec's learning rate.
        learning_rate: f32,
    },
    /// What was to be changed on the way cannot be.
    #[error(transparent)]
    Intervention(#[from] InterventionError),
    /// The model does not fit into memory.
    #[error(
        "the model has {} parameters; training it needs at least {}, more than the {} that \
         {source_of_limit} allows. Make the model smaller (model.hidden, model.embedding, model.width)",
        grouped(*parameters), size(*needed), size(*available)
    )]
    TooLarge {
        /// The number of parameters.
        parameters: u64,
        /// The bytes that training needs at least.
        needed: u64,
        /// The bytes available.
        available: u64,
        /// What limits the memory.
        source_of_limit: &'static str,
    },
    /// A run kept no state of training to branch from.
    #[error(
        "{path} has no state at step {step}: it has one at {steps}. Train it with record.states = [{step}] to keep one, or \
         begin the branch from the start"
    )]
    NoState {
        /// The run directory.
        path: PathBuf,
        /// The step asked for.
        step: u64,
        /// The steps of which there is one, in words.
        steps: String,
    },
    /// The requested number of steps is below that of the run.
    #[error(
        "{path} was begun with {begun} steps, and {asked} were requested; a run can be extended, but not \
         shortened"
    )]
    FewerSteps {
        /// The run directory.
        path: PathBuf,
        /// The run's number of steps.
        begun: u64,
        /// The requested number of steps.
        asked: u64,
    },
    /// The learning rate of the run has fallen to 0.
    #[error(
        "{path} cannot be extended: its learning rate fell to 0 at its last step (train.schedule), and a \
         longer run would have other rates from the first step on; start a new run"
    )]
    ScheduleEnded {
        /// The run directory.
        path: PathBuf,
    },
    /// The run has reached `train.stop_at_accuracy`.
    #[error(
        "{path} ended because it reached train.stop_at_accuracy after {step} steps; more steps would not \
         change it"
    )]
    ReachedAccuracy {
        /// The run directory.
        path: PathBuf,
        /// Steps taken.
        step: u64,
    },
    /// The repeated steps of a finished run give different parameters.
    #[error(
        "{path} cannot be extended: repeating its {step} steps does not give the parameters of its last \
         checkpoint, because it was trained with another version of Onset or on another kind of processor"
    )]
    NotRetraced {
        /// The run directory.
        path: PathBuf,
        /// Steps taken.
        step: u64,
    },
    /// The run on disk is of another spec.
    #[error(
        "{path} contains a run of another spec ({difference}); resume it with its own spec \
         ({path}/spec.toml), or choose another directory"
    )]
    OtherSpec {
        /// The run directory.
        path: PathBuf,
        /// The first line that differs.
        difference: String,
    },
    /// The data has changed since the run began.
    #[error(
        "the data of {path} has changed since the run began (SHA-256 {found} instead of {expected}); restore \
         the file, or start a new run"
    )]
    OtherData {
        /// The run directory.
        path: PathBuf,
        /// Digest now.
        found: String,
        /// Digest when the run began.
        expected: String,
    },
    /// The vocabulary is no longer that of the run.
    #[error(
        "{path}/{file} differs from the vocabulary that the run's spec and data now give ({entries} \
         entries); the file was modified, or the run was trained with another version: train again"
    )]
    OtherVocabulary {
        /// The run directory.
        path: PathBuf,
        /// The file in it.
        file: &'static str,
        /// Entries of the vocabulary now.
        entries: usize,
    },
    /// The checkpoint that training starts from.
    #[error(transparent)]
    Pretrained(#[from] PretrainedError),
    /// A run of another program.
    #[error(
        "the run `{name}` was recorded outside Onset, and only the program that trained it can train or continue it"
    )]
    Elsewhere {
        /// The name of the run.
        name: String,
    },
    /// Threads could not be started.
    #[error("cannot start {threads} threads: {source}; use fewer")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system said.
        source: rayon::ThreadPoolBuildError,
    },
}

impl From<TaskError> for TrainError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Texts(error) => Self::Data(error),
            TaskError::Pairs(error) => Self::Pairs(error),
            TaskError::Corpus(error) => Self::Corpus(error),
            TaskError::Collection(error) => Self::Collection(error),
            TaskError::Pretrained(error) => Self::Pretrained(error),
            TaskError::Elsewhere { name } => Self::Elsewhere { name },
        }
    }
}

/// A whole number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes with a unit.
fn size(bytes: u64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let bytes = bytes as f64;
    let unit = units.into_iter().find(|(size, _)| bytes >= *size);
    unit.map_or_else(|| format!("{bytes} bytes"), |(size, name)| format!("{:.1} {name}", bytes / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_are_written_as_people_read_them() {
        assert_eq!([7, 1000, 1234567].map(grouped), ["7", "1,000", "1,234,567"]);
        assert_eq!([12, 8_192_000_000, 5_100_000_000_000].map(size), ["12 bytes", "8.2 GB", "5.1 TB"]);
    }
}
