//! Softmax cross-entropy of a bag of classes for each row: L = −(1/N) Σ_r Σ_y c_r(y)·log softmax(x_r)[y], where c_r
//! counts the classes of row r and N is their total number. Backward: dx_r = (T_r·softmax(x_r) − c_r) / N with T_r =
//! Σ_y c_r(y), computed in the forward pass.

use crate::activation::{exp_shifted, largest, sum};
use crate::layer::cross_entropy::CrossEntropyNode;
use crate::tape::{Indices, Tape, Value};

impl Tape {
    /// The mean over all `targets` of −log softmax of their row of `logits`, in nats (1 × 1). `lengths` is the number
    /// of `targets` of each row, in row order; a row may have none.
    pub fn bag_cross_entropy(&mut self, logits: Value, targets: Indices, lengths: Indices) -> Value {
        let (rows, classes) = self.shape(logits);
        assert_eq!(lengths.len(), rows, "a number of targets for each row of logits");
        let total: u32 = self.list(lengths).iter().sum();
        assert_eq!(total as usize, targets.len(), "targets for each row of logits");
        let all = total.max(1) as f32;
        let mut dlogits = self.pool.take(rows * classes);
        dlogits.copy_from_slice(self.data(logits));
        let (mut loss, mut first) = (0.0, 0);
        for (row, &count) in dlogits.chunks_exact_mut(classes).zip(self.list(lengths)) {
            let own = &self.list(targets)[first..first + count as usize];
            first += count as usize;
            let largest = largest(row);
            let scores: f64 = own.iter().map(|&class| f64::from(row[class as usize] - largest)).sum();
            exp_shifted(row, largest);
            let sum = sum(row);
            loss += f64::from(count) * f64::from(sum.ln()) - scores;
            let scale = count as f32 / (sum * all);
            row.iter_mut().for_each(|p| *p *= scale);
            own.iter().for_each(|&class| row[class as usize] -= 1.0 / all);
        }
        let mut value = self.pool.take(1);
        value[0] = (loss / f64::from(all)) as f32;
        let output = self.push(1, 1, value);
        self.record(CrossEntropyNode::new(logits, dlogits, output));
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for lengths in [vec![1], vec![3, 0, 2], vec![0, 5]] {
            gradients(|tape| {
                let classes = 7;
                let logits = random_parameter(tape, lengths.len(), classes);
                let count: u32 = lengths.iter().sum();
                let lengths = lengths.clone();
                move |tape: &mut Tape| {
                    let targets = tape.indices((0..count).map(|at| at * at % classes as u32));
                    let lengths = tape.indices(lengths.iter().copied());
                    vec![tape.bag_cross_entropy(logits, targets, lengths)]
                }
            });
        }
    }

    #[test]
    fn bags_of_one_cost_what_single_classes_cost() {
        let mut tape = Tape::new(1);
        let logits = tape.constant(2, 3, &[0.3, -1.0, 2.0, 0.0, 0.5, -0.5]);
        let (targets, lengths) = (tape.indices([2, 0]), tape.indices([1, 1]));
        let bag = tape.bag_cross_entropy(logits, targets, lengths);
        let single = tape.cross_entropy(logits, targets);
        assert!((tape.data(bag)[0] - tape.data(single)[0]).abs() < 1e-6);
    }
}
