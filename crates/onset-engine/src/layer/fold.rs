//! The mean of equal blocks of columns: y = (x[:, block 1] + … + x[:, block n]) / n.
//!
//! It reduces the final states of a bidirectional encoder to the width of a decoder. dx repeats dy / n.

use crate::pool::Pool;
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct FoldNode {
    input: Value,
    output: Value,
}

impl Tape {
    /// The mean of the `blocks` equal blocks of columns of `input` (rows × blocks·n), as rows × n.
    pub fn fold(&mut self, input: Value, blocks: usize) -> Value {
        let (rows, width) = self.shape(input);
        assert_eq!(width % blocks, 0, "{width} columns in {blocks} blocks");
        let cols = width / blocks;
        let mut y = self.pool.zeros(rows * cols);
        for (y, x) in y.chunks_exact_mut(cols).zip(self.data(input).chunks_exact(width)) {
            for block in x.chunks_exact(cols) {
                y.iter_mut().zip(block).for_each(|(y, x)| *y += x / blocks as f32);
            }
        }
        let output = self.push(rows, cols, y);
        self.record(FoldNode { input, output });
        output
    }
}

impl FoldNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return };
        let (width, cols) = (tape.shape(self.input).1, tape.shape(self.output).1);
        let blocks = (width / cols) as f32;
        let mut dx = tape.open_zeroed_grad(self.input);
        for (dx, dy) in dx.chunks_exact_mut(width).zip(dy.chunks_exact(cols)) {
            for block in dx.chunks_exact_mut(cols) {
                block.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += dy / blocks);
            }
        }
        tape.put_grad(self.input, dx);
        tape.pool.give(dy);
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (rows, cols, blocks) in [(1, 1, 1), (3, 4, 2), (2, 3, 3)] {
            gradients(|tape| {
                let x = random_parameter(tape, rows, cols * blocks);
                move |tape: &mut Tape| vec![tape.fold(x, blocks)]
            });
        }
    }
}
