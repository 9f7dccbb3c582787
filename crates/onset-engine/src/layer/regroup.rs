//! Reorders rows from packed to consecutive order: y\[first_n + t\] = x\[offset_t + rank_n\].
//!
//! Recurrent layers need packed order, attention needs consecutive order. We reorder the recurrent states, because the
//! matrices that attention reads are wider.

use crate::matrix::Mode;
use crate::packing::Packing;
use crate::pool::Pool;
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct RegroupNode {
    input: Value,
    from: Packing,
    to: Packing,
    output: Value,
}

impl Tape {
    /// The rows of `input`, which has the layout `from`, in consecutive order; and the packing of that order.
    pub fn regroup(&mut self, input: Value, from: Packing) -> (Value, Packing) {
        let to = self.consecutive(from);
        let (rows, width) = self.shape(input);
        assert_eq!(rows, from.rows, "a row for each position");
        let mut y = self.pool.take(rows * width);
        let x = self.data(input);
        self.pairs_of_rows(from, to, |from, to| {
            y[to * width..][..width].copy_from_slice(&x[from * width..][..width]);
        });
        let output = self.push(rows, width, y);
        self.record(RegroupNode { input, from, to, output });
        (output, to)
    }

    /// Calls `each` with the row of every position in both packings.
    fn pairs_of_rows(&self, from: Packing, to: Packing, mut each: impl FnMut(usize, usize)) {
        let (from, to) = (self.layout(from), self.layout(to));
        for example in 0..from.batch() {
            from.rows_of(example).zip(to.rows_of(example)).for_each(|(from, to)| each(from, to));
        }
    }
}

impl RegroupNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return };
        let width = tape.shape(self.output).1;
        let (mut dx, mode) = tape.open_grad(self.input);
        tape.pairs_of_rows(self.from, self.to, |from, to| {
            let (dx, dy) = (&mut dx[from * width..][..width], &dy[to * width..][..width]);
            match mode {
                Mode::Write => dx.copy_from_slice(dy),
                Mode::Add => dx.iter_mut().zip(dy).for_each(|(sum, d)| *sum += d),
            }
        });
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
    fn gradients_agree_with_finite_differences_also_where_others_flow() {
        gradients(|tape| {
            let x = random_parameter(tape, 6, 3);
            move |tape: &mut Tape| {
                let packing = tape.pack([1, 3, 2]);
                vec![tape.regroup(x, packing).0, tape.regroup(x, packing).0]
            }
        });
    }

    #[test]
    fn every_row_keeps_its_example_and_step() {
        let mut tape = Tape::new(1);
        let packing = tape.pack([1, 3, 2]);
        let numbers = tape.pack_numbers(packing, |example, step| (10 * example + step) as u32);
        let numbers: Vec<f32> = tape.list(numbers).iter().map(|&number| number as f32).collect();
        let x = tape.constant(6, 1, &numbers);
        let (y, _) = tape.regroup(x, packing);
        assert_eq!(tape.data(y), [0.0, 10.0, 11.0, 12.0, 20.0, 21.0]);
    }
}
