//! The sum of two values (a residual connection): y = a + b; da += dy, db += dy.

use crate::entries::{add, add_rows};
use crate::matrix::Mode;
use crate::pool::Pool;
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct AddNode {
    terms: [Value; 2],
    output: Value,
}

impl Tape {
    /// `a` + `b`, entry by entry (both rows × width).
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        let (rows, width) = self.shape(a);
        assert_eq!(self.shape(b), (rows, width), "what is added has the same shape");
        let mut y = self.pool.take(rows * width);
        add(&mut y, self.data(a), self.data(b));
        let output = self.push(rows, width, y);
        self.record(AddNode { terms: [a, b], output });
        output
    }
}

impl AddNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return };
        let [first, last] = self.terms;
        let (mut grad, mode) = tape.open_grad(first);
        match mode {
            Mode::Write => grad.copy_from_slice(&dy),
            Mode::Add => add_rows(&mut grad, &dy),
        }
        tape.put_grad(first, grad);
        match tape.take_grad(last) {
            // Nobody else needs dy.
            None => tape.put_grad(last, dy),
            Some(mut grad) => {
                add_rows(&mut grad, &dy);
                tape.put_grad(last, grad);
                tape.pool.give(dy);
            }
        }
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences_also_for_a_value_added_to_itself() {
        gradients(|tape| {
            let [a, b] = [(); 2].map(|()| random_parameter(tape, 3, 4));
            move |tape: &mut Tape| {
                let sum = tape.add(a, b);
                vec![sum, tape.add(sum, a), tape.add(sum, sum)]
            }
        });
    }

    #[test]
    fn sums_are_entry_by_entry() {
        let mut tape = Tape::new(1);
        let [a, b] = [[1.0, -2.0], [0.5, 4.0]].map(|numbers| tape.constant(2, 1, &numbers));
        let sum = tape.add(a, b);
        assert_eq!((tape.data(sum), tape.shape(sum)), (&[1.5, 2.0][..], (2, 1)));
    }
}
