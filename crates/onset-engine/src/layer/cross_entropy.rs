//! Softmax cross-entropy, mean over rows: L = −(1/R) Σ_r log softmax(x_r)[y_r];
//! dx_r = (softmax(x_r) − e_{y_r}) / R, computed in the forward pass.

use crate::activation::{exp_shifted_to, largest, sum};
use crate::pool::{Buffer, Pool};
use crate::tape::{Indices, Tape, Value};

#[derive(Debug)]
pub(crate) struct CrossEntropyNode {
    logits: Value,
    dlogits: Buffer,
    output: Value,
}

impl Tape {
    /// The mean over rows of −log softmax(`logits`) at the row's target, in nats (1 × 1).
    pub fn cross_entropy(&mut self, logits: Value, targets: Indices) -> Value {
        self.cross_entropy_loss(logits, targets, None)
    }

    /// As [`Tape::cross_entropy`], with a weight for each row: the weighted mean, as in PyTorch's cross-entropy with weights.
    pub fn weighted_cross_entropy(&mut self, logits: Value, targets: Indices, weights: &[f32]) -> Value {
        self.cross_entropy_loss(logits, targets, Some(weights))
    }

    fn cross_entropy_loss(&mut self, logits: Value, targets: Indices, weights: Option<&[f32]>) -> Value {
        let (rows, classes) = self.shape(logits);
        let total: f32 = weights.map_or(rows as f32, |weights| weights.iter().sum());
        assert_eq!(targets.len(), rows, "a target for each row of logits");
        let mut dlogits = self.pool.take(rows * classes);
        let mut loss = 0.0;
        let scores = self.data(logits).chunks_exact(classes);
        let rows = dlogits.chunks_exact_mut(classes).zip(scores).zip(self.list(targets)).enumerate();
        for (index, ((row, scores), &target)) in rows {
            let weight = weights.map_or(1.0, |weights| weights[index]);
            let target = target as usize;
            let largest = largest(scores);
            let target_score = scores[target] - largest;
            exp_shifted_to(row, scores, largest);
            let sum = sum(row);
            loss += f64::from(weight) * f64::from(sum.ln() - target_score);
            let scale = weight / (sum * total);
            row.iter_mut().for_each(|p| *p *= scale);
            row[target] -= weight / total;
        }
        let mut value = self.pool.take(1);
        value[0] = (loss / f64::from(total)) as f32;
        let output = self.push(1, 1, value);
        self.record(CrossEntropyNode { logits, dlogits, output });
        output
    }
}

impl CrossEntropyNode {
    /// The backward pass from `output` to `logits`, with the gradient already computed.
    pub(super) fn new(logits: Value, dlogits: Buffer, output: Value) -> Self {
        Self { logits, dlogits, output }
    }

    pub(crate) fn backward(mut self, tape: &mut Tape) {
        let Some(dloss) = tape.take_grad(self.output) else { return self.release(&mut tape.pool) };
        if dloss[0] != 1.0 {
            self.dlogits.iter_mut().for_each(|d| *d *= dloss[0]);
        }
        tape.pool.give(dloss);
        // The buffer becomes the gradient; over many classes this saves a costly pass.
        if let Some(grad) = tape.take_grad(self.logits) {
            self.dlogits.iter_mut().zip(grad.iter()).for_each(|(sum, d)| *sum += d);
            tape.pool.give(grad);
        }
        tape.put_grad(self.logits, self.dlogits);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.dlogits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (rows, classes) in [(1, 2), (4, 3), (2, 9)] {
            gradients(|tape| {
                let logits = random_parameter(tape, rows, classes);
                move |tape: &mut Tape| {
                    let targets = tape.indices((0..rows as u32).map(|row| row * 7 % classes as u32));
                    vec![tape.cross_entropy(logits, targets)]
                }
            });
        }
    }

    #[test]
    fn equal_logits_cost_the_logarithm_of_the_classes() {
        let mut tape = Tape::new(1);
        let logits = tape.constant(2, 8, &[5.0; 16]);
        let targets = tape.indices([0, 7]);
        let loss = tape.cross_entropy(logits, targets);
        assert!((tape.data(loss)[0] - 8f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_nan_logit_makes_the_loss_nan() {
        let mut tape = Tape::new(1);
        let logits = tape.constant(1, 3, &[0.0, f32::NAN, 1.0]);
        let targets = tape.indices([0]);
        let loss = tape.cross_entropy(logits, targets);
        assert!(tape.data(loss)[0].is_nan());
    }

    #[test]
    fn weighted_gradients_agree_with_finite_differences() {
        let weights = [0.5, 2.0, 0.0, 1.25];
        gradients(|tape| {
            let (logits, scores) = (random_parameter(tape, 4, 3), random_parameter(tape, 4, 1));
            move |tape: &mut Tape| {
                let targets = tape.indices([0, 2, 1, 1]);
                let labels = tape.indices([0, 1, 1, 0]);
                vec![
                    tape.weighted_cross_entropy(logits, targets, &weights),
                    tape.weighted_logistic(scores, labels, &weights),
                ]
            }
        });
    }

    #[test]
    fn equal_weights_give_the_plain_mean() {
        let mut tape = Tape::new(1);
        let (logits, scores) =
            (tape.constant(2, 2, &[1.0, 0.0, 0.3, 2.0]), tape.constant(2, 1, &[1.0, -0.5]));
        let labels = tape.indices([0, 1]);
        let plain = [tape.cross_entropy(logits, labels), tape.logistic(scores, labels)];
        let weighted = [
            tape.weighted_cross_entropy(logits, labels, &[3.0; 2]),
            tape.weighted_logistic(scores, labels, &[3.0; 2]),
        ];
        for (plain, weighted) in plain.into_iter().zip(weighted) {
            assert!((tape.data(plain)[0] - tape.data(weighted)[0]).abs() < 1e-6);
        }
    }
}
