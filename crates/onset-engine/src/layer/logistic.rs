//! Logistic loss, mean over rows: L = (1/R) Σ log(1 + e^x) − y·x for labels y in {0, 1};
//! dx = (σ(x) − y) / R. With a weight w for each row, the weighted mean: w/Σw takes the place of 1/R.

use crate::activation::sigmoid;
use crate::pool::Pool;
use crate::tape::{Indices, Tape, Value};

#[derive(Debug)]
pub(crate) struct LogisticNode {
    scores: Value,
    labels: Indices,
    /// A weight for each row (rows × 1); `None` means that all are equal.
    weights: Option<Value>,
    output: Value,
}

/// log(1 + e^x) − y·x without overflow.
fn loss_of(x: f64, label: u32) -> f64 {
    x.max(0.0) - x * f64::from(label) + (-x.abs()).exp().ln_1p()
}

impl Tape {
    /// The mean logistic loss of `scores` (rows × 1) against `labels` (0 or 1), in nats (1 × 1).
    pub fn logistic(&mut self, scores: Value, labels: Indices) -> Value {
        self.logistic_loss(scores, labels, None)
    }

    /// As [`Tape::logistic`], with a weight for each row: the weighted mean, as in PyTorch's cross-entropy with weights.
    pub fn weighted_logistic(&mut self, scores: Value, labels: Indices, weights: &[f32]) -> Value {
        let weights = self.constant(weights.len(), 1, weights);
        self.logistic_loss(scores, labels, Some(weights))
    }

    fn logistic_loss(&mut self, scores: Value, labels: Indices, weights: Option<Value>) -> Value {
        let (rows, cols) = self.shape(scores);
        assert!(cols == 1 && labels.len() == rows, "a label for each score");
        assert!(weights.is_none_or(|weights| self.shape(weights).0 == rows), "a weight for each score");
        let pairs = self.data(scores).iter().zip(self.list(labels));
        let losses = pairs.map(|(&x, &label)| loss_of(f64::from(x), label));
        let mean = match weights {
            None => losses.sum::<f64>() / rows as f64,
            Some(weights) => weighted_mean(losses, self.data(weights)),
        };
        let mut value = self.pool.take(1);
        value[0] = mean as f32;
        let output = self.push(1, 1, value);
        self.record(LogisticNode { scores, labels, weights, output });
        output
    }
}

/// The mean of `losses` with these weights.
pub(super) fn weighted_mean(losses: impl Iterator<Item = f64>, weights: &[f32]) -> f64 {
    let sum: f64 = losses.zip(weights).map(|(loss, &weight)| f64::from(weight) * loss).sum();
    sum / weights.iter().map(|&weight| f64::from(weight)).sum::<f64>()
}

impl LogisticNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dloss) = tape.take_grad(self.output) else { return };
        let weights = self.weights.map(|weights| tape.data(weights));
        let total = weights.map_or(self.labels.len() as f32, |weights| weights.iter().sum());
        let scale = dloss[0] / total;
        let mut grad = tape.open_zeroed_grad(self.scores);
        let weights = self.weights.map(|weights| tape.data(weights));
        let pairs = tape.data(self.scores).iter().zip(tape.list(self.labels));
        for (row, (sum, (&x, &label))) in grad.iter_mut().zip(pairs).enumerate() {
            let scale = weights.map_or(scale, |weights| weights[row] * scale);
            *sum += (sigmoid(x) - label as f32) * scale;
        }
        tape.put_grad(self.scores, grad);
        tape.pool.give(dloss);
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for rows in [1, 5] {
            gradients(|tape| {
                let scores = random_parameter(tape, rows, 1);
                move |tape: &mut Tape| {
                    let labels = tape.indices((0..rows as u32).map(|row| row % 2));
                    vec![tape.logistic(scores, labels)]
                }
            });
        }
    }

    #[test]
    fn large_scores_do_not_overflow() {
        assert!((loss_of(1000.0, 0) - 1000.0).abs() < 1e-9 && loss_of(1000.0, 1) == 0.0);
        assert!((loss_of(-1000.0, 1) - 1000.0).abs() < 1e-9);
        assert!(loss_of(f64::NAN, 1).is_nan());
    }
}
