//! Stochastic gradient descent, as `torch.optim.SGD`: θ ← θ − lr·g; its limit is gradient flow. With momentum μ:
//! b ← μb + g and θ ← θ − lr·b, where b is g in the first step.

use crate::pool::Buffer;

/// A step without momentum, with gradients times `factor`; none means zero.
pub(super) fn update(parameter: &mut [f32], grad: Option<&[f32]>, factor: f32, rate: f32) {
    let grad = grad.into_iter().flatten();
    parameter.iter_mut().zip(grad).for_each(|(p, g)| *p -= rate * (factor * g));
}

/// A step of a parameter whose `sum` of past gradients starts at 0.
pub(super) fn update_with_momentum(
    parameter: &mut [f32],
    grad: Option<&[f32]>,
    sum: &mut Buffer,
    (momentum, factor): (f32, f32),
    rate: f32,
) {
    match grad {
        Some(grad) => sum.iter_mut().zip(grad).for_each(|(b, g)| *b = momentum * *b + factor * g),
        None => sum.iter_mut().for_each(|b| *b *= momentum),
    }
    parameter.iter_mut().zip(sum.iter()).for_each(|(p, b)| *p -= rate * b);
}
