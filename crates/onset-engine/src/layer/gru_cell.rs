//! One row of a GRU at one time step: the arithmetic between two matrix products.
//!
//! r, z = σ of their arguments; n = tanh(a + r∘m), where a = W_in·x + b_in and m = W_hn·h₋ + b_hn; h = n + z∘(h₋ − n).
//! Backward: dz = dh∘(h₋ − n)∘z(1 − z), da = dh∘(1 − z)∘(1 − n²), dr = da∘m∘r(1 − r), dm = da∘r. The gradient of h₋,
//! apart from the matrix products, is dh∘z. Every slice is a separate argument, so that the compiler knows that none
//! overlaps another and vectorises the loop.

use crate::instructions::for_each_instruction_set;

use crate::activation::{sigmoid, tanh};

/// The gates of one row: first those computed by W_hh, in PyTorch's order, then the input term of the candidate; each
/// of the hidden width.
pub struct GruGates<'a> {
    reset: &'a mut [f32],
    update: &'a mut [f32],
    memory: &'a mut [f32],
    candidate: &'a mut [f32],
}

impl<'a> GruGates<'a> {
    /// Splits a row of 4·`hidden` numbers.
    pub fn split(row: &'a mut [f32], hidden: usize) -> Self {
        let (reset, rest) = row.split_at_mut(hidden);
        let (update, rest) = rest.split_at_mut(hidden);
        let (memory, candidate) = rest.split_at_mut(hidden);
        Self { reset, update, memory, candidate }
    }

    /// Replaces the arguments of r and z by the gates, and a by n. Updates `carry` from h₋ to h, and copies it to
    /// `hidden`.
    pub fn forward(self, carry: &mut [f32], hidden: &mut [f32]) {
        forward(self.reset, self.update, self.memory, self.candidate, carry, hidden);
    }

    /// Replaces the gates by the gradients of their arguments, of m and of a. First adds `above`, the gradient of h
    /// from the layer's output, to `carry` (dh); then updates `carry` to dh∘z.
    pub fn backward(self, previous: &[f32], above: &[f32], carry: &mut [f32]) {
        backward(self.reset, self.update, self.memory, self.candidate, previous, above, carry);
    }
}

for_each_instruction_set! {
    fn forward(
        reset: &mut [f32],
        update: &mut [f32],
        memory: &[f32],
        candidate: &mut [f32],
        carry: &mut [f32],
        hidden: &mut [f32],
    ) {
        let len = reset.len();
        let (update, memory, candidate) = (&mut update[..len], &memory[..len], &mut candidate[..len]);
        let (carry, hidden) = (&mut carry[..len], &mut hidden[..len]);
        for j in 0..len {
            let (r, z) = (sigmoid(reset[j]), sigmoid(update[j]));
            let n = tanh(candidate[j] + r * memory[j]);
            let h = n + z * (carry[j] - n);
            reset[j] = r;
            update[j] = z;
            candidate[j] = n;
            carry[j] = h;
            hidden[j] = h;
        }
    }
}

for_each_instruction_set! {
    fn backward(
        reset: &mut [f32],
        update: &mut [f32],
        memory: &mut [f32],
        candidate: &mut [f32],
        previous: &[f32],
        above: &[f32],
        carry: &mut [f32],
    ) {
        let len = reset.len();
        let (update, memory, candidate) = (&mut update[..len], &mut memory[..len], &mut candidate[..len]);
        let (previous, above, carry) = (&previous[..len], &above[..len], &mut carry[..len]);
        for j in 0..len {
            let (r, z, m, n) = (reset[j], update[j], memory[j], candidate[j]);
            let dh = above[j] + carry[j];
            let da = dh * (1.0 - z) * (1.0 - n * n);
            reset[j] = da * m * r * (1.0 - r);
            update[j] = dh * (previous[j] - n) * z * (1.0 - z);
            memory[j] = da * r;
            candidate[j] = da;
            carry[j] = dh * z;
        }
    }
}
