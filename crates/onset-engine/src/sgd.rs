//! Plain gradient descent: θ ← θ − lr·g. The optimiser that gradient flow is the limit of.

use crate::tape::Tape;

/// Gradient descent; it has no state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Step size.
    pub learning_rate: f32,
}

impl Sgd {
    /// Moves every parameter of `tape` against its gradient (none counts as zero), and forgets gradients.
    pub fn update(&self, tape: &mut Tape) {
        self.update_where(tape, |_| true);
    }

    /// As [`Sgd::update`], of the parameters of which `moves` holds.
    pub fn update_where(&self, tape: &mut Tape, moves: impl Fn(usize) -> bool) {
        for index in (0..tape.parameters().len()).filter(|&index| moves(index)) {
            let (parameter, grad) = tape.parameter_and_grad(index);
            let grad = grad.into_iter().flatten();
            parameter.iter_mut().zip(grad).for_each(|(p, g)| *p -= self.learning_rate * g);
        }
        tape.clear_gradients();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_against_the_gradient_and_forgets_it() {
        let mut tape = Tape::new(1);
        let (moved, kept) = (tape.parameter(1, 2, &[1.0, -2.0]), tape.parameter(1, 1, &[3.0]));
        let (mut buffer, _) = tape.open_grad(moved);
        buffer.copy_from_slice(&[2.0, -4.0]);
        tape.put_grad(moved, buffer);
        let sgd = Sgd { learning_rate: 0.25 };
        sgd.update(&mut tape);
        sgd.update(&mut tape);
        assert_eq!((tape.data(moved), tape.data(kept)), (&[0.5, -1.0][..], &[3.0][..]));
    }
}
