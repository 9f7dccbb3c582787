//! What a model makes of an example: predictions, and attribution at each place.

use onset_engine::{Tape, Value, argmax, sum_of_exp};

use crate::batch::Rows;

/// Outputs from which on probabilities are summed many at a time, to six digits.
const MANY: usize = 1024;

/// What is wanted beside predictions and α.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Want {
    /// β.
    pub beta: bool,
    /// Δ, where a family has it in the same pass.
    pub delta: bool,
    /// The scores of all outputs.
    pub logits: bool,
    /// Whether α may be left out, where a family saves time by it.
    pub outputs_only: bool,
}

/// What a model makes of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// The batch's mean loss in nats.
    pub loss: f32,
    /// Each example.
    pub readings: Vec<Reading>,
}

/// What a model makes of one example. It has a prediction for each target token that is not given, or one for a label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The most likely token, or label, of each prediction.
    pub predicted: Vec<u32>,
    /// ln p of the right one, of each prediction, in nats.
    pub log_probability: Vec<f32>,
    /// Of a classifier: with two labels the score, which is positive for label 1; with more the log-odds of the true one.
    pub logit: Option<f32>,
    /// The scores of all outputs, of each prediction (of a classifier of two labels, its one score); no rows if they were
    /// not wanted.
    pub logits: Rows,
    /// What attention does at each place.
    pub places: Vec<PlaceReading>,
    /// Δ: for each prediction, minus the derivative of its loss with respect to a scalar that multiplies the embedding
    /// of each source token; no rows if it was not computed.
    pub delta: Rows,
}

/// Attention at one place, for each prediction over the positions that it sees.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlaceReading {
    /// α; rows sum to 1.
    pub alpha: Rows,
    /// β: ln p of the right token if this place attended to one position alone, all else as it is, in nats. For a
    /// classifier the log-odds of the true label, were the context that position's state: of two labels the score, with
    /// the sign of the true label. No rows if it was not computed, or is not defined.
    pub beta: Rows,
}

impl Reading {
    /// Puts in the predictions of the rows of `logits` (any × outputs) that are `rows`, whose right outputs are
    /// `targets`.
    pub(super) fn predict(
        &mut self,
        tape: &Tape,
        logits: Value,
        rows: impl Iterator<Item = usize>,
        targets: &[u32],
        keep_logits: bool,
    ) {
        let outputs = tape.shape(logits).1;
        for (row, &target) in rows.zip(targets) {
            let scores = &tape.data(logits)[row * outputs..][..outputs];
            if keep_logits {
                self.logits.push(scores.iter().copied());
            }
            let best = argmax(scores);
            let largest = f64::from(scores[best]);
            let sum = match outputs {
                // Scalar exponentials of whole vocabularies would take as long as the model.
                MANY.. => f64::from(sum_of_exp(scores, scores[best])),
                _ => scores.iter().map(|&score| f64::from(score - scores[best]).exp()).sum(),
            };
            self.predicted.push(best as u32);
            self.log_probability.push((f64::from(scores[target as usize]) - largest - sum.ln()) as f32);
        }
    }
}
