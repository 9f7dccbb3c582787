//! Adam (Kingma & Ba 2015) and AdamW's weight decay (Loshchilov & Hutter 2019), as in PyTorch.
//!
//! m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε). AdamW first applies θ ←
//! (1 − lr·λ)θ.

use crate::instructions::for_each_instruction_set;

use crate::pool::Buffer;
use crate::tape::Tape;

/// Adam's constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// ε, added to the denominator.
    pub epsilon: f32,
}

impl Default for AdamSettings {
    /// PyTorch's defaults.
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// The values shared by all parameters in one step.
#[derive(Debug, Clone, Copy)]
struct Rates {
    beta1: f32,
    beta2: f32,
    step_size: f32,
    inverse_root_correction: f32,
    epsilon: f32,
}

impl AdamSettings {
    /// Update number `step`, counted from 1, of the parameter with this index.
    pub(super) fn update(
        self,
        tape: &mut Tape,
        index: usize,
        [first, second]: [&mut Buffer; 2],
        step: u64,
        rate: f32,
    ) {
        let rates = self.rates(step, rate);
        if let (parameter, Some(grad)) = tape.parameter_and_grad(index) {
            update(parameter, grad, first, second, rates);
        } else if first.iter().any(|&m| m != 0.0) {
            let grad = tape.pool.zeros(first.len());
            update(tape.parameter_and_grad(index).0, &grad, first, second, rates);
            tape.pool.give(grad);
        }
    }

    fn rates(self, step: u64, rate: f32) -> Rates {
        let Self { beta1, beta2, epsilon } = self;
        let t = step as f64;
        Rates {
            beta1,
            beta2,
            step_size: (f64::from(rate) / (1.0 - f64::from(beta1).powf(t))) as f32,
            inverse_root_correction: (1.0 / (1.0 - f64::from(beta2).powf(t)).sqrt()) as f32,
            epsilon,
        }
    }
}

/// Multiplies the parameter with this index by 1 − `rate` · `weight_decay`.
pub(super) fn decay(tape: &mut Tape, index: usize, weight_decay: f32, rate: f32) {
    let kept = (1.0 - f64::from(rate) * f64::from(weight_decay)) as f32;
    tape.parameter_and_grad(index).0.iter_mut().for_each(|number| *number *= kept);
}

for_each_instruction_set! {
    fn update(parameter: &mut [f32], grad: &[f32], first: &mut [f32], second: &mut [f32], rates: Rates) {
        let n = parameter.len();
        let (grad, first, second) = (&grad[..n], &mut first[..n], &mut second[..n]);
        for j in 0..n {
            let g = grad[j];
            let m = rates.beta1 * first[j] + (1.0 - rates.beta1) * g;
            let v = rates.beta2 * second[j] + (1.0 - rates.beta2) * g * g;
            first[j] = m;
            second[j] = v;
            let denominator = v.sqrt() * rates.inverse_root_correction + rates.epsilon;
            parameter[j] -= rates.step_size * m / denominator;
        }
    }
}
