//! Attribution records of what was measured, in the task's words.

use std::ops::ControlFlow;
use std::sync::Arc;

use onset_engine::Tape;

use super::{Experiment, Measured};
use crate::batch::Ragged;
use crate::record::{Attributions, Prediction};
use crate::store::Table;
use crate::task::Split;
use crate::watch::Watch;

impl Experiment {
    /// The rows of the examples that were measured. Leaves the tape cleared.
    pub(super) fn attributions(
        &mut self,
        tape: &mut Tape,
        step: u64,
        split: Split,
        mut measured: Measured,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Table> {
        let influence = self.spec.record().influence.of(measured.readings.len());
        if measured.readings.iter().all(|reading| reading.delta.is_empty()) && influence > 0 {
            self.add_influence(tape, &mut measured, influence, watch)?;
        }
        let mut relevant = Ragged::default();
        let known = self.task.relevant(&measured.examples, &mut relevant);
        let mut rows = Attributions::default();
        let mut first = 0;
        for (example, reading) in measured.readings.iter().enumerate() {
            let number = measured.numbers.as_ref().map_or(example, |numbers| numbers[example]);
            let mut predictions = self.predictions(&measured, split, example);
            for (query, prediction) in predictions.iter_mut().enumerate().filter(|_| known) {
                prediction.relevant = relevant.row(first + query).first().copied();
            }
            first += predictions.len();
            rows.push((step, split, number), self.model.places(), reading, &predictions);
        }
        ControlFlow::Continue(rows.into_table())
    }

    /// The predictions of one example in words.
    fn predictions(&self, measured: &Measured, split: Split, example: usize) -> Vec<Prediction> {
        let Measured { examples, readings, numbers, .. } = measured;
        let (task, reading) = (&self.task, &readings[example]);
        let source = if examples.source.is_empty() { &[] } else { examples.source.row(example) };
        let number = numbers.as_ref().map_or(example, |numbers| numbers[example]);
        let mut tokens = task.source_tokens(split, number, source);
        if let Some(&label) = examples.labels.get(example) {
            return vec![Prediction {
                tokens: tokens.into(),
                target: task.label(label),
                predicted: task.label(reading.predicted[0]),
                relevant: None,
                label: Some(label),
            }];
        }
        // Where a place sees more than the source, it sees the target before the prediction as well.
        tokens.extend(examples.target.row(example).iter().map(|&token| task.token(token)));
        let tokens: Arc<[String]> = tokens.into();
        let pairs = examples.predicted(example).iter().zip(&reading.predicted);
        pairs
            .map(|(&target, &predicted)| Prediction {
                tokens: Arc::clone(&tokens),
                target: task.token(target),
                predicted: task.token(predicted),
                relevant: None,
                label: None,
            })
            .collect()
    }
}
