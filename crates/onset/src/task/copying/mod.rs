//! Copying: predict the tokens of the source in their order, or from the last to the first (paper, "Copying").

mod diagonal;
mod draw;
mod gaps;
mod scores;
mod word_table;

use std::any::Any;
use std::sync::Arc;

use onset_engine::{Random, Stream};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

pub use diagonal::{Diagonal, DiagonalAttention};
pub use gaps::{InitialCondition, gaps};
pub use word_table::word_table;

use super::{Defaults, Draw, EpochOrder, Evaluated, Task, TaskError, TaskSettings};
use crate::batch::{Examples, Ragged, Signature};
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::store::Table;
use crate::task::streams::RECORDED_EXAMPLES;

/// Which sequences are copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct CopyingTask {
    /// Number of words, V, without the start and end tokens.
    #[key(from = 1, to = 1048576, unit = "words")]
    pub vocabulary: usize,
    /// Number of words in a sequence, L.
    #[key(from = 1, to = 1048576, unit = "words")]
    pub length: usize,
    /// Whether a word may occur more than once (independent draws).
    pub repetition: bool,
    /// Distribution from which words are drawn.
    #[serde(skip_serializing_if = "is_default")]
    pub frequencies: Frequencies,
    /// Under Zipf's law, the frequency of word i is in proportion to 1/(i + 1) to this power.
    #[serde(skip_serializing_if = "is_default_exponent")]
    #[key(from = 0)]
    pub zipf_exponent: f64,
    /// Order in which the words are predicted.
    #[serde(skip_serializing_if = "is_default")]
    pub order: Order,
    /// Share of target words that are replaced by random ones during training, but not in evaluation.
    #[serde(skip_serializing_if = "is_default")]
    #[key(from = 0, below = 1)]
    pub noise: f64,
    /// Number of fresh sequences per evaluation.
    #[key(from = 1, to = 1048576, unit = "sequences")]
    pub sequences: usize,
}

/// How often each word is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequencies {
    /// All alike.
    #[default]
    Uniform,
    /// Word i in proportion to 1/(i + 1) to the power of the exponent.
    Zipf,
}

/// In which order the words are predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// As they stand.
    #[default]
    Same,
    /// The last one first.
    Reversed,
}

/// Zipf's own exponent.
const ZIPF_EXPONENT: f64 = 1.0;

/// Specs of earlier versions have no exponent, and keep their digests.
fn is_default_exponent(exponent: &f64) -> bool {
    *exponent == ZIPF_EXPONENT
}

impl Default for CopyingTask {
    fn default() -> Self {
        Self {
            vocabulary: 40,
            length: 40,
            repetition: false,
            frequencies: Frequencies::Uniform,
            zipf_exponent: ZIPF_EXPONENT,
            order: Order::Same,
            noise: 0.0,
            sequences: 50,
        }
    }
}

impl CopyingTask {
    /// The frequency of each word, up to a factor; under Zipf's law, the first word is the most frequent.
    pub fn weights(&self) -> Vec<f64> {
        let exponent = match self.frequencies {
            Frequencies::Uniform => 0.0,
            Frequencies::Zipf => self.zipf_exponent,
        };
        (0..self.vocabulary).map(|word| 1.0 / ((word + 1) as f64).powf(exponent)).collect()
    }
}

impl Settings for CopyingTask {
    const KIND: &'static str = "copying";
}

impl TaskSettings for CopyingTask {
    fn check(&self) -> Result<(), SpecError> {
        require_size(self.vocabulary, "task.vocabulary")?;
        require_size(self.length, "task.length")?;
        require(
            self.repetition || self.length <= self.vocabulary,
            "task.length",
            self.length,
            &format!(
                "without repetition, it cannot exceed the {} words of the vocabulary; lower it, or set \
                 task.repetition = true",
                self.vocabulary
            ),
        )?;
        let exponent = self.zipf_exponent;
        require(
            exponent.is_finite() && exponent >= 0.0,
            "task.zipf_exponent",
            exponent,
            "it must be 0 (all words alike) or more",
        )?;
        require(
            self.frequencies == Frequencies::Zipf || is_default_exponent(&exponent),
            "task.zipf_exponent",
            exponent,
            "it is the exponent of Zipf's law; set task.frequencies = \"zipf\", or leave the exponent out",
        )?;
        let noise = self.noise;
        require((0.0..1.0).contains(&noise), "task.noise", noise, "it must be at least 0 and below 1")?;
        require_size(self.sequences, "task.sequences")
    }

    fn defaults(&self) -> Defaults {
        let record = Record {
            every: Some(10),
            checkpoints: Some(Vec::new()),
            probes: Amount::Count(2),
            influence: Amount::All(false),
            ..Record::default()
        };
        Defaults { model: "rnn", train: Budget::paper(200, 128), record }
    }

    fn checkpoints(&self, _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    fn moved_keys(&self) -> &'static [(&'static str, &'static str)] {
        &[("record.sequences", "sequences")]
    }

    fn describe(&self) -> String {
        let mut words = match (self.repetition, self.length == self.vocabulary) {
            (true, _) => format!("{} words with repetition, V = {}", self.length, self.vocabulary),
            (false, true) => format!("permutations of all {} words", self.vocabulary),
            (false, false) => format!("{} words drawn from {}", self.length, self.vocabulary),
        };
        if self.frequencies == Frequencies::Zipf {
            words += ", Zipf frequencies";
            if !is_default_exponent(&self.zipf_exponent) {
                words += &format!(" of exponent {}", self.zipf_exponent);
            }
        }
        if self.order == Order::Reversed {
            words += ", reversed";
        }
        if self.noise > 0.0 {
            words += &format!(", {:.0} % noise", 100.0 * self.noise);
        }
        words
    }

    fn knows_relevant(&self) -> bool {
        true
    }

    fn is_drawn(&self) -> bool {
        true
    }

    fn signature(&self) -> Signature {
        Signature::Pairs { vocabulary: self.vocabulary + 2, longest: 2 * self.length + 3 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(Copying { clean: self.without_noise(), task: self.clone() }))
    }
}

/// Copying, ready to be drawn.
#[derive(Debug, Clone)]
struct Copying {
    task: CopyingTask,
    /// The task that is evaluated.
    clean: CopyingTask,
}

impl Task for Copying {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn signature(&self) -> Signature {
        self.task.signature()
    }

    fn fill(&self, draw: Draw, _order: &mut EpochOrder, examples: &mut Examples) {
        let (mut random, task, count) = match draw {
            Draw::Training { seed, step, batch } => (Random::at(seed, Stream::Data, step), &self.task, batch),
            Draw::Evaluation { seed, step } => {
                (Random::at(seed, Stream::Evaluation, step), &self.clean, self.task.sequences)
            }
            Draw::Record { seed, count, .. } => {
                (RECORDED_EXAMPLES.random(seed), &self.clean, count.or_all(RECORDED))
            }
        };
        task.draw(&mut random, count, examples);
    }

    fn relevant(&self, examples: &Examples, relevant: &mut Ragged) -> bool {
        self.task.relevant_of(examples, relevant);
        true
    }

    fn token(&self, id: u32) -> String {
        match id {
            id if id == self.task.end() => "end".into(),
            id if id == self.task.begin() => "begin".into(),
            id => id.to_string(),
        }
    }

    fn evaluation_batch(&self) -> usize {
        usize::MAX
    }

    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        scores::scores(self, table, evaluated)
    }
}

/// Sequences that are recorded where all are asked for: there is no end of them.
const RECORDED: usize = 50;
