//! One row of an LSTM at one time step: the arithmetic between two matrix products.
//!
//! i, f, o = σ(z), g = tanh(z); c = f∘c₋ + i∘g; h = o∘tanh(c). Backward, with dc the sum over both paths: dc += dh∘o∘(1
//! − tanh²c); dz_i = dc∘g∘i(1 − i), dz_f = dc∘c₋∘f(1 − f), dz_g = dc∘i∘(1 − g²), dz_o = dh∘tanh(c)∘o(1 − o); dc₋ =
//! dc∘f. Every slice is a separate argument, so that the compiler knows that none overlaps another and vectorises the
//! loop.

use crate::instructions::for_each_instruction_set;

use crate::activation::{sigmoid, tanh};

/// The four gates of one row, in PyTorch's order; each of the hidden width.
pub struct Gates<'a> {
    input: &'a mut [f32],
    forget: &'a mut [f32],
    candidate: &'a mut [f32],
    output: &'a mut [f32],
}

impl<'a> Gates<'a> {
    /// Splits a row of 4·`hidden` numbers.
    pub fn split(row: &'a mut [f32], hidden: usize) -> Self {
        let (input, rest) = row.split_at_mut(hidden);
        let (forget, rest) = rest.split_at_mut(hidden);
        let (candidate, output) = rest.split_at_mut(hidden);
        Self { input, forget, candidate, output }
    }

    /// Replaces the gates' arguments by the gates. Updates `carry` from c₋ to c, and copies it to `cell`.
    pub fn forward(self, carry: &mut [f32], cell: &mut [f32], hidden: &mut [f32]) {
        forward(self.input, self.forget, self.candidate, self.output, carry, cell, hidden);
    }

    /// Replaces the gates by the gradients of their arguments. Updates `carry` from dc to dc₋. `hidden_grads` are the
    /// gradients of h from the layer's output and from the next time step.
    pub fn backward(self, states: [&[f32]; 2], hidden_grads: [&[f32]; 2], carry: &mut [f32]) {
        let ([previous, cell], [above, next]) = (states, hidden_grads);
        backward(self.input, self.forget, self.candidate, self.output, previous, cell, above, next, carry);
    }
}

for_each_instruction_set! {
    fn forward(
        input: &mut [f32],
        forget: &mut [f32],
        candidate: &mut [f32],
        output: &mut [f32],
        carry: &mut [f32],
        cell: &mut [f32],
        hidden: &mut [f32],
    ) {
        let n = input.len();
        let (forget, candidate, output) = (&mut forget[..n], &mut candidate[..n], &mut output[..n]);
        let (carry, cell, hidden) = (&mut carry[..n], &mut cell[..n], &mut hidden[..n]);
        for j in 0..n {
            let (i, f) = (sigmoid(input[j]), sigmoid(forget[j]));
            let (g, o) = (tanh(candidate[j]), sigmoid(output[j]));
            let c = f * carry[j] + i * g;
            input[j] = i;
            forget[j] = f;
            candidate[j] = g;
            output[j] = o;
            carry[j] = c;
            cell[j] = c;
            hidden[j] = o * tanh(c);
        }
    }
}

for_each_instruction_set! {
    #[allow(clippy::too_many_arguments)]
    fn backward(
        input: &mut [f32],
        forget: &mut [f32],
        candidate: &mut [f32],
        output: &mut [f32],
        previous: &[f32],
        cell: &[f32],
        above: &[f32],
        next: &[f32],
        carry: &mut [f32],
    ) {
        let n = input.len();
        let (forget, candidate, output) = (&mut forget[..n], &mut candidate[..n], &mut output[..n]);
        let (previous, cell, above, next) = (&previous[..n], &cell[..n], &above[..n], &next[..n]);
        let carry = &mut carry[..n];
        for j in 0..n {
            let (i, f, g, o) = (input[j], forget[j], candidate[j], output[j]);
            let squashed = tanh(cell[j]);
            let dh = above[j] + next[j];
            let dc = carry[j] + dh * o * (1.0 - squashed * squashed);
            input[j] = dc * g * i * (1.0 - i);
            forget[j] = dc * previous[j] * f * (1.0 - f);
            candidate[j] = dc * i * (1.0 - g * g);
            output[j] = dh * squashed * o * (1.0 - o);
            carry[j] = dc * f;
        }
    }
}
