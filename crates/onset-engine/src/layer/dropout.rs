//! Dropout: y = x ∘ m, where each entry of m is 0 with probability `rate`, else 1 / (1 − rate).

use crate::Random;
use crate::matrix::Mode;
use crate::pool::{Buffer, Pool};
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct DropoutNode {
    input: Value,
    mask: Buffer,
    output: Value,
}

impl Tape {
    /// `input` with each entry dropped with probability `rate` (below 1), by draws from `random`.
    pub fn dropout(&mut self, input: Value, rate: f32, random: &mut Random) -> Value {
        assert!((0.0..1.0).contains(&rate), "a dropout rate of {rate}");
        let (rows, cols) = self.shape(input);
        let (mut mask, mut y) = (self.pool.take(rows * cols), self.pool.take(rows * cols));
        let kept = 1.0 / (1.0 - rate);
        random.units(&mut mask);
        for ((m, y), x) in mask.iter_mut().zip(y.iter_mut()).zip(self.data(input)) {
            *m = if *m < rate { 0.0 } else { kept };
            *y = x * *m;
        }
        let output = self.push(rows, cols, y);
        self.record(DropoutNode { input, mask, output });
        output
    }
}

impl DropoutNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        if let Some(dy) = tape.take_grad(self.output) {
            let (mut dx, mode) = tape.open_grad(self.input);
            let flowing = dx.iter_mut().zip(dy.iter()).zip(self.mask.iter());
            match mode {
                Mode::Write => flowing.for_each(|((dx, dy), m)| *dx = dy * m),
                Mode::Add => flowing.for_each(|((dx, dy), m)| *dx += dy * m),
            }
            tape.put_grad(self.input, dx);
            tape.pool.give(dy);
        }
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(|tape| {
            let x = random_parameter(tape, 4, 5);
            move |tape: &mut Tape| {
                let mut random = Random::at(3, Stream::Dropout, 0);
                vec![tape.dropout(x, 0.5, &mut random)]
            }
        });
    }

    #[test]
    fn the_expectation_is_kept_and_a_seed_repeats() {
        let mut tape = Tape::new(1);
        let x = tape.constant(100, 100, &vec![1.0; 10_000]);
        let mut drop = |place| {
            let y = tape.dropout(x, 0.3, &mut Random::at(3, Stream::Dropout, place));
            tape.data(y).to_vec()
        };
        let (first, again, other) = (drop(0), drop(0), drop(1));
        assert!(first == again && first != other);
        assert!((first.iter().sum::<f32>() / 10_000.0 - 1.0).abs() < 0.03);
    }
}
