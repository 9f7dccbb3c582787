//! Induction: a random sequence, repeated once; the second half is to be predicted.
//!
//! In the second half, what follows the present token is what followed it in the first half. The right position of a
//! prediction is therefore the place in the first half that holds the predicted token.

use std::any::Any;
use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::sequences::{drawn, sequence_scores};
use super::{Defaults, Draw, EpochOrder, Evaluated, Task, TaskError, TaskSettings};
use crate::batch::{Examples, Ragged, Signature};
use crate::settings::{Amount, Budget, Record, Settings, SpecError, require, require_size};
use crate::store::Table;

/// Which sequences are repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct InductionTask {
    /// Number of tokens, V.
    #[key(from = 2, to = 1048576, unit = "tokens")]
    pub vocabulary: usize,
    /// Length of the sequence before it is repeated; its tokens are drawn independently.
    #[key(from = 1, to = 1048576, unit = "tokens")]
    pub length: usize,
    /// Number of fresh sequences per evaluation.
    #[key(from = 1, to = 1048576, unit = "sequences")]
    pub sequences: usize,
}

impl Default for InductionTask {
    fn default() -> Self {
        Self { vocabulary: 16, length: 16, sequences: 50 }
    }
}

impl Settings for InductionTask {
    const KIND: &'static str = "induction";
}

impl TaskSettings for InductionTask {
    fn check(&self) -> Result<(), SpecError> {
        require(self.vocabulary >= 2, "task.vocabulary", self.vocabulary, "it must be at least 2")?;
        require_size(self.vocabulary, "task.vocabulary")?;
        require_size(self.length, "task.length")?;
        require_size(self.sequences, "task.sequences")
    }

    fn defaults(&self) -> Defaults {
        let record = Record {
            every: Some(20),
            checkpoints: None,
            probes: Amount::Count(2),
            influence: Amount::Count(2),
            ..Record::default()
        };
        Defaults { model: "attention-only", train: Budget::paper(600, 64), record }
    }

    fn checkpoints(&self, _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    fn describe(&self) -> String {
        format!("{} of {} tokens, repeated once", self.length, self.vocabulary)
    }

    fn knows_relevant(&self) -> bool {
        true
    }

    fn is_drawn(&self) -> bool {
        true
    }

    fn signature(&self) -> Signature {
        Signature::Sequence { vocabulary: self.vocabulary, longest: 2 * self.length }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(Induction(self.clone())))
    }
}

/// Induction, ready to be drawn.
struct Induction(InductionTask);

impl Task for Induction {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn signature(&self) -> Signature {
        self.0.signature()
    }

    fn fill(&self, draw: Draw, _order: &mut EpochOrder, examples: &mut Examples) {
        let (mut random, count) = drawn(draw, self.0.sequences);
        let InductionTask { vocabulary, length, .. } = self.0;
        examples.clear();
        let mut half = std::mem::take(&mut examples.scratch);
        for _ in 0..count {
            half.clear();
            half.extend((0..length).map(|_| random.below(vocabulary as u32)));
            examples.push_sequence(half.iter().chain(&half).copied(), length as u32);
        }
        examples.scratch = half;
    }

    fn relevant(&self, examples: &Examples, relevant: &mut Ragged) -> bool {
        relevant.clear();
        for _ in 0..examples.len() {
            (0..self.0.length as u32).for_each(|position| relevant.push([position]));
        }
        true
    }

    fn token(&self, id: u32) -> String {
        id.to_string()
    }

    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        let mut relevant = Ragged::default();
        self.relevant(evaluated.examples, &mut relevant);
        sequence_scores(table, &evaluated, &relevant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_half_repeats_the_first_and_the_right_position_holds_the_predicted_token() {
        let task = Induction(InductionTask { vocabulary: 5, length: 7, sequences: 3 });
        let (mut examples, mut relevant) = (Examples::default(), Ragged::default());
        task.fill(Draw::Evaluation { seed: 1, step: 0 }, &mut EpochOrder::default(), &mut examples);
        assert!(task.relevant(&examples, &mut relevant));
        assert_eq!((examples.len(), relevant.len()), (3, 21));
        for example in 0..3 {
            let sequence = examples.target.row(example);
            assert_eq!(sequence[..7], sequence[7..]);
            for (step, &token) in examples.predicted(example).iter().enumerate() {
                let position = relevant.row(example * 7 + step)[0] as usize;
                assert_eq!(sequence[position], token);
            }
        }
    }
}
