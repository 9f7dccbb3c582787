//! Passes without a way back.

use super::{Tape, Value};

impl Tape {
    /// Calls `run`, of which no backward pass is asked: layers keep nothing for one, and what [`Tape::done_with`] names is free at once.
    pub fn forward_only<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.forward_only, true);
        let result = run(self);
        self.forward_only = before;
        result
    }

    /// Whether [`Tape::forward_only`] runs.
    pub(crate) fn is_forward_only(&self) -> bool {
        self.forward_only
    }

    /// Says that the entries of `value` are not read again but by a backward pass. In [`Tape::forward_only`] their buffer is then free for
    /// what follows, which finds it in the processor's caches; else nothing happens.
    pub fn done_with(&mut self, value: Value) {
        if self.forward_only && !self.is_parameter(value) {
            let data = std::mem::take(&mut self.slots[value.0 as usize].data);
            self.pool.give(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Activation, Term};

    #[test]
    fn what_is_done_with_is_free_at_once_where_no_backward_pass_is_asked() {
        let mut tape = Tape::new(1);
        let weight = tape.parameter(2, 2, &[1.0, 2.0, -3.0, 4.0]);
        let pass = |tape: &mut Tape| {
            let x = tape.constant(1, 2, &[0.5, 0.25]);
            let y = tape.affine(&[Term::new(x, weight)], &[], Activation::Gelu);
            [x, weight].into_iter().for_each(|value| tape.done_with(value));
            (tape.add(y, y), x)
        };
        let (sum, x) = pass(&mut tape);
        assert_eq!(tape.data(x).len(), 2);
        let expected = tape.data(sum).to_vec();
        tape.clear();
        let (sum, x) = tape.forward_only(pass);
        assert_eq!((tape.data(sum), tape.data(x).len(), tape.nodes.len()), (&expected[..], 0, 0));
        assert_eq!(tape.data(weight), [1.0, 2.0, -3.0, 4.0]);
        tape.clear();
        let (sum, _) = pass(&mut tape);
        assert_eq!((tape.data(sum), tape.nodes.len()), (&expected[..], 2));
    }
}
