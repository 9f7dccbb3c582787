//! Markov chains in context: each sequence comes from a chain of its own, and every symbol is predicted (Edelman et al. 2024, "The
//! Evolution of Statistical Induction Heads", §2).
//!
//! Rows of the transition matrix are drawn from Dirichlet(1, …, 1), and the first symbol from the chain's stationary distribution.
//! The right positions of a prediction are those behind earlier occurrences of the present symbol.

mod chain;
mod references;

use std::any::Any;
use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

pub use chain::{Chain, Prior};
pub use references::{References, levels, reference_losses};

use super::sequences::{behind_earlier_occurrences, drawn, sequence_scores};
use super::{Defaults, Draw, EpochOrder, Evaluated, Task, TaskError, TaskSettings, number};
use crate::batch::{Examples, Ragged, Signature};
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::store::Table;

/// Which chains are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct MarkovTask {
    /// Number of symbols, k.
    #[key(from = 2, to = 256, unit = "symbols")]
    pub symbols: usize,
    /// Symbols in a sequence.
    #[key(from = 2, to = 1048576, unit = "symbols")]
    pub length: usize,
    /// How the transition matrix of each sequence is drawn.
    #[serde(skip_serializing_if = "is_default")]
    pub prior: Prior,
    /// Fresh sequences per evaluation.
    #[key(from = 1, to = 1048576, unit = "sequences")]
    pub sequences: usize,
}

impl Default for MarkovTask {
    fn default() -> Self {
        Self { symbols: 2, length: 101, prior: Prior::Dirichlet, sequences: 64 }
    }
}

impl Settings for MarkovTask {
    const KIND: &'static str = "markov";
}

/// The largest number of symbols: drawing a chain takes time in proportion to its third power.
const MOST_SYMBOLS: usize = 256;

impl TaskSettings for MarkovTask {
    fn check(&self) -> Result<(), SpecError> {
        let symbols = self.symbols;
        require((2..=MOST_SYMBOLS).contains(&symbols), "task.symbols", symbols, "it must be from 2 to 256")?;
        require_size(self.length, "task.length")?;
        require(self.length >= 2, "task.length", self.length, "a prediction needs at least 2 symbols")?;
        require_size(self.sequences, "task.sequences")
    }

    /// The paper's budget and rate.
    fn defaults(&self) -> Defaults {
        let record = Record {
            every: Some(50),
            checkpoints: None,
            probes: Amount::Count(2),
            influence: Amount::Count(2),
            ..Record::default()
        };
        let train = Budget { steps: 2000, batch: 64, learning_rate: 5e-4 };
        Defaults { model: "transformer", train, record }
    }

    fn checkpoints(&self, _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    fn describe(&self) -> String {
        format!("Markov chains of {} symbols, {} in a sequence", self.symbols, self.length)
    }

    fn knows_relevant(&self) -> bool {
        true
    }

    fn is_drawn(&self) -> bool {
        true
    }

    fn signature(&self) -> Signature {
        Signature::Sequence { vocabulary: self.symbols, longest: self.length }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(Markov { settings: self.clone(), oracle: references::oracle(self) }))
    }
}

/// Markov chains, ready to be drawn.
struct Markov {
    settings: MarkovTask,
    /// The expected loss of one who knows each chain, in nats.
    oracle: f64,
}

impl Task for Markov {
    fn as_any(&self) -> &dyn Any {
        &self.settings
    }

    fn signature(&self) -> Signature {
        self.settings.signature()
    }

    fn fill(&self, draw: Draw, _order: &mut EpochOrder, examples: &mut Examples) {
        let MarkovTask { symbols, length, prior, sequences } = self.settings;
        let (mut random, count) = drawn(draw, sequences);
        examples.clear();
        let mut sequence = std::mem::take(&mut examples.scratch);
        let mut chain = Chain::new(symbols);
        for _ in 0..count {
            chain.draw(prior, &mut random);
            chain.sequence(length, &mut random, &mut sequence);
            examples.push_sequence(sequence.iter().copied(), 1);
        }
        examples.scratch = sequence;
    }

    fn relevant(&self, examples: &Examples, relevant: &mut Ragged) -> bool {
        behind_earlier_occurrences(examples, relevant);
        true
    }

    fn token(&self, id: u32) -> String {
        id.to_string()
    }

    /// Beside the scores of every sequence task: the losses of the reference predictors on the same sequences.
    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        let mut relevant = Ragged::default();
        self.relevant(evaluated.examples, &mut relevant);
        let References { unigram, bigram } =
            reference_losses(&evaluated.examples.target, self.settings.symbols);
        sequence_scores(table, &evaluated, &relevant)
            .with("loss_uniform", number((self.settings.symbols as f64).ln()))
            .with("loss_unigram", number(unigram))
            .with("loss_bigram", number(bigram))
            .with("loss_oracle", number(self.oracle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(task: &MarkovTask) -> Examples {
        let mut examples = Examples::default();
        let draw = Draw::Evaluation { seed: 1, step: 0 };
        task.load().unwrap().fill(draw, &mut EpochOrder::default(), &mut examples);
        examples
    }

    #[test]
    fn the_right_positions_are_behind_earlier_occurrences_of_the_present_symbol() {
        let task = MarkovTask { symbols: 3, length: 30, sequences: 4, ..MarkovTask::default() };
        let examples = drawn(&task);
        let mut relevant = Ragged::default();
        assert!(task.load().unwrap().relevant(&examples, &mut relevant));
        assert_eq!(relevant.len(), 4 * 29);
        for example in 0..4 {
            let sequence = examples.target.row(example);
            assert!(sequence.iter().all(|&symbol| symbol < 3));
            for step in 0..29 {
                let right = relevant.row(example * 29 + step);
                for &position in right {
                    assert_eq!(sequence[position as usize - 1], sequence[step]);
                }
                let earlier = sequence[..step].iter().filter(|&&symbol| symbol == sequence[step]).count();
                assert_eq!(right.len(), earlier);
            }
        }
    }

    #[test]
    fn impossible_chains_are_refused() {
        for (task, key) in [
            (MarkovTask { symbols: 1, ..MarkovTask::default() }, "task.symbols"),
            (MarkovTask { symbols: 300, ..MarkovTask::default() }, "task.symbols"),
            (MarkovTask { length: 1, ..MarkovTask::default() }, "task.length"),
        ] {
            let message = task.check().unwrap_err().to_string();
            assert!(message.contains(key), "{message}");
        }
    }
}
