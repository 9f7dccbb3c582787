//! Logistic loss, mean over rows: L = (1/R) Σ log(1 + e^x) − y·x for labels y in {0, 1};
//! dx = (σ(x) − y) / R.

use crate::activation::sigmoid;
use crate::pool::Pool;
use crate::tape::{Indices, Tape, Value};

#[derive(Debug)]
pub(crate) struct LogisticNode {
    scores: Value,
    labels: Indices,
    output: Value,
}

/// log(1 + e^x) − y·x without overflow.
fn loss_of(x: f64, label: u32) -> f64 {
    x.max(0.0) - x * f64::from(label) + (-x.abs()).exp().ln_1p()
}

impl Tape {
    /// The mean logistic loss of `scores` (rows × 1) against `labels` (0 or 1), in nats (1 × 1).
    pub fn logistic(&mut self, scores: Value, labels: Indices) -> Value {
        let (rows, cols) = self.shape(scores);
        assert!(cols == 1 && labels.len() == rows, "a label for each score");
        let pairs = self.data(scores).iter().zip(self.list(labels));
        let sum: f64 = pairs.map(|(&x, &label)| loss_of(f64::from(x), label)).sum();
        let mut value = self.pool.take(1);
        value[0] = (sum / rows as f64) as f32;
        let output = self.push(1, 1, value);
        self.record(LogisticNode { scores, labels, output });
        output
    }
}

impl LogisticNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dloss) = tape.take_grad(self.output) else { return };
        let scale = dloss[0] / self.labels.len() as f32;
        let mut grad = tape.open_zeroed_grad(self.scores);
        let pairs = tape.data(self.scores).iter().zip(tape.list(self.labels));
        for (sum, (&x, &label)) in grad.iter_mut().zip(pairs) {
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
