//! Gradients of parameters apart from their tape, to sum those of parts of a batch.

use crate::activation::add_rows;
use crate::pool::Buffer;
use crate::tape::Tape;

/// The gradient of each parameter of a tape; none where nothing depends on it.
#[derive(Debug, Default)]
pub struct Gradients(pub(crate) Vec<Option<Buffer>>);

impl Gradients {
    /// Adds `more`, of a tape with the same parameters, which is emptied; its buffers go to the pool of `tape`.
    pub fn add(&mut self, more: &mut Self, tape: &mut Tape) {
        self.0.resize_with(more.0.len().max(self.0.len()), || None);
        for (sum, more) in self.0.iter_mut().zip(&mut more.0) {
            match (&mut *sum, more.take()) {
                (Some(sum), Some(more)) => {
                    add_rows(sum, &more);
                    tape.give(more);
                }
                (None, more) => *sum = more,
                (Some(_), None) => {}
            }
        }
    }
}
