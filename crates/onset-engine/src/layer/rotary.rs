//! Rotary positions (Su et al. 2021): pairs of columns of each head are rotated by an angle that grows with the position, so that
//! products of queries and keys depend on the distance alone.
//!
//! Of the first `columns` of a head, column i and column i + columns/2 are a pair (the layout of GPT-NeoX and Llama). At
//! position t its angle is t·base^(−2i/columns): y_i = x_i·cos − x_j·sin, y_j = x_j·cos + x_i·sin. Backward: the rotation by the
//! negative angle.

use crate::matrix::Mode;
use crate::pool::{Buffer, Pool};
use crate::tape::{Indices, Tape, Value};

/// How columns are rotated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rotary {
    /// Number of heads.
    pub heads: usize,
    /// The first columns of each head, which are rotated; an even number.
    pub columns: usize,
    /// The base of the angles; 10000 as a rule.
    pub base: f32,
}

#[derive(Debug)]
pub(crate) struct RotaryNode {
    input: Value,
    positions: Indices,
    rotary: Rotary,
    /// Of each position in turn, cos and sin of each pair.
    angles: Buffer,
    output: Value,
}

impl Tape {
    /// `input` (rows × heads·width), rotated; `positions` has the position of each row.
    pub fn rotary(&mut self, input: Value, positions: Indices, rotary: Rotary) -> Value {
        let (rows, across) = self.shape(input);
        let Rotary { heads, columns, base } = rotary;
        assert!(across.is_multiple_of(heads), "{across} columns for {heads} heads");
        assert!(columns.is_multiple_of(2) && columns <= across / heads, "{columns} rotated columns");
        assert_eq!(positions.len(), rows, "a position for each row");
        let steps = self.list(positions).iter().max().map_or(0, |&last| last as usize + 1);
        let mut angles = self.pool.take(steps * columns);
        for (t, angles) in angles.chunks_exact_mut(columns.max(1)).enumerate() {
            for (i, angle) in angles.chunks_exact_mut(2).enumerate() {
                let frequency = 1.0 / base.powf(2.0 * i as f32 / columns as f32);
                let (sin, cos) = (t as f32 * frequency).sin_cos();
                angle.copy_from_slice(&[cos, sin]);
            }
        }
        let mut y = self.pool.take(rows * across);
        y.copy_from_slice(self.data(input));
        rotate(&mut y, &angles, self.list(positions), rotary, 1.0);
        let output = self.push(rows, across, y);
        self.record(RotaryNode { input, positions, rotary, angles, output });
        output
    }
}

/// Rotates the rows of `x` by their angles, `direction` 1, or back, −1.
fn rotate(x: &mut [f32], angles: &[f32], positions: &[u32], rotary: Rotary, direction: f32) {
    let Rotary { heads, columns, .. } = rotary;
    if columns == 0 {
        return;
    }
    let across = x.len() / positions.len().max(1);
    for (row, &position) in x.chunks_exact_mut(across.max(1)).zip(positions) {
        let angles = &angles[position as usize * columns..][..columns];
        for head in row.chunks_exact_mut(across / heads) {
            let (first, second) = head[..columns].split_at_mut(columns / 2);
            for ((a, b), angle) in first.iter_mut().zip(second).zip(angles.chunks_exact(2)) {
                let (cos, sin) = (angle[0], direction * angle[1]);
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}

impl RotaryNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        if let Some(mut dy) = tape.take_grad(self.output) {
            rotate(&mut dy, &self.angles, tape.list(self.positions), self.rotary, -1.0);
            let (mut dx, mode) = tape.open_grad(self.input);
            match mode {
                Mode::Write => dx.copy_from_slice(&dy),
                Mode::Add => dx.iter_mut().zip(dy.iter()).for_each(|(sum, d)| *sum += d),
            }
            tape.put_grad(self.input, dx);
            tape.pool.give(dy);
        }
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.angles);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences_also_where_some_columns_stay() {
        for (heads, width, columns) in [(1, 2, 2), (2, 6, 4), (3, 4, 0)] {
            gradients(|tape| {
                let x = random_parameter(tape, 4, heads * width);
                move |tape: &mut Tape| {
                    let positions = tape.indices([0, 1, 2, 7]);
                    let rotary = Rotary { heads, columns, base: 100.0 };
                    vec![tape.rotary(x, positions, rotary), tape.rotary(x, positions, rotary)]
                }
            });
        }
    }

    #[test]
    fn products_depend_on_the_distance_alone_and_lengths_are_kept() {
        let mut tape = Tape::new(1);
        let numbers: Vec<f32> = (0..8).map(|i| (i as f32 * 1.7).sin()).collect();
        let two = [numbers.clone(), numbers.clone()].concat();
        let x = tape.constant(2, 8, &two);
        let mut product = |a, b| {
            let positions = tape.indices([a, b]);
            let y = tape.rotary(x, positions, Rotary { heads: 1, columns: 8, base: 10_000.0 });
            let (a, b) = tape.data(y).split_at(8);
            a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>()
        };
        assert!((product(3, 8) - product(10, 15)).abs() < 1e-5);
        assert!((product(3, 8) - product(3, 9)).abs() > 1e-3);
        assert!((product(4, 4) - numbers.iter().map(|x| x * x).sum::<f32>()).abs() < 1e-5);
    }
}
