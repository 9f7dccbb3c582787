//! The cosine between rows: y_r = ⟨a_r, b_r⟩ / (‖a_r‖·‖b_r‖).
//!
//! Backward: da_r = dy_r·(b_r/(‖a_r‖·‖b_r‖) − y_r·a_r/‖a_r‖²), and db_r with a and b exchanged. A row of zeros has no direction: its
//! cosine is 0, and so are its gradients.

use crate::activation::dot;
use crate::pool::{Buffer, Pool};
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct CosineNode {
    /// a and b.
    inputs: [Value; 2],
    /// ‖a_r‖ and ‖b_r‖ of each row, one after the other.
    norms: Buffer,
    output: Value,
}

impl Tape {
    /// The cosine between each row of `a` and that row of `b` (both rows × width), as rows × 1.
    pub fn cosine(&mut self, a: Value, b: Value) -> Value {
        let (rows, width) = self.shape(a);
        assert_eq!(self.shape(b), (rows, width), "a row of b for each row of a");
        let (mut y, mut norms) = (self.pool.take(rows), self.pool.take(2 * rows));
        let pairs = self.data(a).chunks_exact(width).zip(self.data(b).chunks_exact(width));
        for ((y, norms), (a, b)) in y.iter_mut().zip(norms.chunks_exact_mut(2)).zip(pairs) {
            let (of_a, of_b) = (dot(a, a).sqrt(), dot(b, b).sqrt());
            norms.copy_from_slice(&[of_a, of_b]);
            *y = if of_a * of_b > 0.0 { dot(a, b) / (of_a * of_b) } else { 0.0 };
        }
        let output = self.push(rows, 1, y);
        self.record(CosineNode { inputs: [a, b], norms, output });
        output
    }
}

impl CosineNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return self.release(&mut tape.pool) };
        for side in 0..2 {
            let (own, other) = (self.inputs[side], self.inputs[1 - side]);
            let width = tape.shape(own).1;
            let mut dx = tape.open_zeroed_grad(own);
            let (x, z, y) = (tape.data(own), tape.data(other), tape.data(self.output));
            let rows = dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(z.chunks_exact(width));
            for (row, ((dx, x), z)) in rows.enumerate() {
                let (of_x, of_z) = (self.norms[2 * row + side], self.norms[2 * row + 1 - side]);
                if of_x * of_z > 0.0 {
                    let (along_z, along_x) = (dy[row] / (of_x * of_z), dy[row] * y[row] / (of_x * of_x));
                    dx.iter_mut().zip(x).zip(z).for_each(|((dx, x), z)| *dx += along_z * z - along_x * x);
                }
            }
            tape.put_grad(own, dx);
        }
        tape.pool.give(dy);
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.norms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences_also_of_one_input_twice() {
        for width in [2, 8, 19] {
            gradients(|tape| {
                let [a, b] = [(); 2].map(|()| random_parameter(tape, 3, width));
                move |tape: &mut Tape| {
                    let twice = tape.add(a, b);
                    vec![tape.cosine(a, b), tape.cosine(b, twice)]
                }
            });
        }
    }

    #[test]
    fn it_depends_on_directions_alone_and_zeros_have_none() {
        let mut tape = Tape::new(1);
        let a = tape.constant(4, 2, &[3.0, 4.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
        let b = tape.constant(4, 2, &[6.0, 8.0, 0.0, 5.0, 1.0, 1.0, -0.5, 0.0]);
        let y = tape.cosine(a, b);
        let expected = [1.0, 0.0, 0.0, -1.0];
        assert!(tape.data(y).iter().zip(expected).all(|(y, right)| (y - right).abs() < 1e-6));
    }
}
