//! Stochastic gradient descent, as `torch.optim.SGD`: θ ← θ − lr·g; its limit is gradient flow. With momentum μ:
//! b ← μb + g and θ ← θ − lr·b, where b is g in the first step.

use crate::pool::Buffer;
use crate::tape::Tape;

/// A step without momentum for the parameter with this index.
pub(super) fn update(tape: &mut Tape, index: usize, rate: f32) {
    let (parameter, grad) = tape.parameter_and_grad(index);
    let grad = grad.into_iter().flatten();
    parameter.iter_mut().zip(grad).for_each(|(p, g)| *p -= rate * g);
}

/// A step for the parameter with this index, whose `sum` of past gradients starts at 0.
pub(super) fn update_with_momentum(
    tape: &mut Tape,
    index: usize,
    sum: &mut Buffer,
    momentum: f32,
    rate: f32,
) {
    let (parameter, grad) = tape.parameter_and_grad(index);
    match grad {
        Some(grad) => sum.iter_mut().zip(grad).for_each(|(b, g)| *b = momentum * *b + g),
        None => sum.iter_mut().for_each(|b| *b *= momentum),
    }
    parameter.iter_mut().zip(sum.iter()).for_each(|(p, b)| *p -= rate * b);
}
