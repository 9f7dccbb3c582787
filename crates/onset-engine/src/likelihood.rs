//! Log-probabilities of one class for each row, under a linear map and softmax over many classes: log p = z_y − log Σ_v
//! exp(z_v) with z = W·x + b. The scores of all classes are not stored. Forward only.

use crate::activation::{largest, sum_of_exp};
use crate::matrix::{Mat, MatMut, Mode};
use crate::product::matmul_packed;
use crate::tape::{Tape, Value};

/// Rows whose scores are in memory at once: few enough to fit the L2 cache for a few thousand classes.
const BLOCK: usize = 48;

impl Tape {
    /// log softmax(`weight`·x + `bias`) at each row's class. `fill` writes the x (width) of a row; `weight` is classes
    /// × width, `bias` 1 × classes.
    pub fn log_likelihoods(
        &mut self,
        (weight, bias): (Value, Value),
        classes_of_rows: &[u32],
        fill: impl Fn(usize, &mut [f32]),
    ) -> Vec<f32> {
        let (classes, width) = self.shape(weight);
        let packed = self.packed(weight, true);
        let mut x = self.pool.take(BLOCK * width);
        let mut scores = self.pool.take(BLOCK * classes);
        let mut found = Vec::with_capacity(classes_of_rows.len());
        for (block, targets) in classes_of_rows.chunks(BLOCK).enumerate() {
            let count = targets.len();
            for (place, x) in x[..count * width].chunks_exact_mut(width).enumerate() {
                fill(block * BLOCK + place, x);
            }
            let scores = &mut scores[..count * classes];
            scores.chunks_exact_mut(classes).for_each(|row| row.copy_from_slice(self.data(bias)));
            let target = MatMut::new(scores, count, classes);
            matmul_packed(
                target,
                Mat::new(&x, BLOCK, width).rows(0, count),
                &packed,
                Mode::Add,
                self.threads,
            );
            for (row, &target) in scores.chunks_exact_mut(classes).zip(targets) {
                let largest = largest(row);
                let own = row[target as usize] - largest;
                found.push(own - sum_of_exp(row, largest).ln());
            }
        }
        packed.release(&mut self.pool);
        self.pool.give(x);
        self.pool.give(scores);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Random, Stream, Term};

    #[test]
    fn the_result_is_that_of_softmax_over_all_scores() {
        let mut tape = Tape::new(1);
        let (rows, width, classes) = (101, 7, 33);
        let mut random = Random::at(1, Stream::Data, 0);
        let mut draw = |rows: usize, cols: usize| {
            let numbers: Vec<f32> = (0..rows * cols).map(|_| random.normal()).collect();
            tape.constant(rows, cols, &numbers)
        };
        let (x, weight, bias) = (draw(rows, width), draw(classes, width), draw(1, classes));
        let targets: Vec<u32> = (0..rows as u32).map(|row| row * 5 % classes as u32).collect();
        let inputs = tape.data(x).to_vec();
        let found = tape.log_likelihoods((weight, bias), &targets, |row, to| {
            to.copy_from_slice(&inputs[row * width..][..width]);
        });
        let scores = tape.affine(&[Term::new(x, weight)], &[bias], Activation::Identity);
        for (row, (&target, found)) in targets.iter().zip(found).enumerate() {
            let scores = &tape.data(scores)[row * classes..][..classes];
            let sum: f64 = scores.iter().map(|&z| f64::from(z).exp()).sum();
            let expected = f64::from(scores[target as usize]) - sum.ln();
            assert!((f64::from(found) - expected).abs() < 1e-5, "{row}: {found} {expected}");
        }
    }
}
