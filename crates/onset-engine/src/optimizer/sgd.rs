//! Stochastic gradient descent, as `torch.optim.SGD`: θ ← θ − lr·g, which gradient flow is the limit of; with
//! momentum μ, b ← μb + g and θ ← θ − lr·b, where b is g in the first step.

use crate::pool::Buffer;
use crate::tape::Tape;

/// A step without momentum of the parameter added as the `index`th.
pub(super) fn update(tape: &mut Tape, index: usize, rate: f32) {
    let (parameter, grad) = tape.parameter_and_grad(index);
    let grad = grad.into_iter().flatten();
    parameter.iter_mut().zip(grad).for_each(|(p, g)| *p -= rate * g);
}

/// A step of the parameter added as the `index`th, whose `sum` of past gradients begins at 0.
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
