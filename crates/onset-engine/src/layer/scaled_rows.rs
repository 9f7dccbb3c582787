//! Rows of a fixed matrix, each multiplied by its own scalar: y_r = s_r·x[row_r] + Σ_j b_j; ds_r = ⟨dy_r, x[row_r]⟩.
//!
//! Let x = E·Wᵀ for the distinct tokens of a batch. Then s_r multiplies the embedding of the word at r before its
//! linear map, so that ds_r is the word's influence (paper, "Notation": Δ), and no further matrix product is needed. x
//! and b get no gradient: this layer is for measurement, not for training.

use crate::activation::dot;
use crate::pool::Pool;
use crate::tape::{Indices, Tape, Value};

#[derive(Debug)]
pub(crate) struct ScaledRowsNode {
    matrix: Value,
    rows: Indices,
    scales: Value,
    output: Value,
}

impl Tape {
    /// The `rows` of `matrix` (any × width), each multiplied by its entry of `scales` (rows × 1), plus the `biases`
    /// (each 1 × width). Only `scales` gets a gradient.
    pub fn scaled_rows(&mut self, matrix: Value, rows: Indices, scales: Value, biases: &[Value]) -> Value {
        let width = self.shape(matrix).1;
        assert_eq!(self.shape(scales), (rows.len(), 1), "a scale for each row");
        let mut bias = self.pool.zeros(width);
        for &each in biases {
            bias.iter_mut().zip(self.data(each)).for_each(|(sum, b)| *sum += b);
        }
        let mut y = self.pool.take(rows.len() * width);
        let (x, scale) = (self.data(matrix), self.data(scales));
        for ((y, &row), &scale) in y.chunks_exact_mut(width).zip(self.list(rows)).zip(scale) {
            let x = &x[row as usize * width..][..width];
            y.iter_mut().zip(x).zip(bias.iter()).for_each(|((y, x), b)| *y = scale * x + b);
        }
        self.pool.give(bias);
        let output = self.push(rows.len(), width, y);
        self.record(ScaledRowsNode { matrix, rows, scales, output });
        output
    }
}

impl ScaledRowsNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return };
        let width = tape.shape(self.matrix).1;
        let mut dscales = tape.open_zeroed_grad(self.scales);
        let x = tape.data(self.matrix);
        for ((sum, dy), &row) in dscales.iter_mut().zip(dy.chunks_exact(width)).zip(tape.list(self.rows)) {
            *sum += dot(dy, &x[row as usize * width..][..width]);
        }
        tape.put_grad(self.scales, dscales);
        tape.pool.give(dy);
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_of_scales_agree_with_finite_differences_also_for_repeated_rows() {
        for width in [1, 8, 19] {
            gradients(|tape| {
                let scales = random_parameter(tape, 4, 1);
                let numbers: Vec<f32> = (0..3 * width).map(|i| (i as f32).sin()).collect();
                move |tape: &mut Tape| {
                    let matrix = tape.constant(3, width, &numbers);
                    let bias = tape.constant(1, width, &numbers[..width]);
                    let rows = tape.indices([2, 0, 2, 1]);
                    vec![tape.scaled_rows(matrix, rows, scales, &[bias, bias])]
                }
            });
        }
    }
}
