//! Adam (Kingma & Ba 2015), as PyTorch computes it.
//!
//! m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).

use std::ops::Range;

use multiversion::multiversion;

use crate::pool::{Buffer, Pool};
use crate::tape::{Tape, Value};

/// Adam's constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// Step size.
    pub learning_rate: f32,
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Offset of the denominator.
    pub epsilon: f32,
}

/// The optimiser's state.
#[derive(Debug, Clone)]
pub struct Adam {
    settings: AdamSettings,
    step: u64,
    /// First and second moment of each parameter.
    moments: Vec<[Buffer; 2]>,
}

/// What is the same for all parameters in one step.
#[derive(Debug, Clone, Copy)]
struct Rates {
    beta1: f32,
    beta2: f32,
    step_size: f32,
    inverse_root_correction: f32,
    epsilon: f32,
}

impl Adam {
    /// Adam at step 0 for the parameters of `tape`.
    pub fn new(settings: AdamSettings, tape: &Tape) -> Self {
        let zeros = |p: &Value| [(); 2].map(|()| Pool::default().zeros(tape.data(*p).len()));
        Self { settings, step: 0, moments: tape.parameters().iter().map(zeros).collect() }
    }

    /// Steps taken.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// First and second moment of each parameter, in the parameters' order.
    pub fn moments(&self) -> &[[Buffer; 2]] {
        &self.moments
    }

    /// Continues from recorded moments after `step` steps; they must fit the parameters.
    pub fn restore(&mut self, step: u64, moments: &[[Vec<f32>; 2]]) {
        assert_eq!(self.moments.len(), moments.len(), "moments of other parameters");
        self.step = step;
        for (own, recorded) in self.moments.iter_mut().flatten().zip(moments.iter().flatten()) {
            own.copy_from_slice(recorded);
        }
    }

    /// Another step size, from the next update on.
    pub fn set_learning_rate(&mut self, rate: f32) {
        self.settings.learning_rate = rate;
    }

    /// Forgets what is remembered of some entries of the parameter added as the `index`th.
    pub fn forget(&mut self, index: usize, entries: Range<usize>) {
        self.moments[index].iter_mut().for_each(|moment| moment[entries.clone()].fill(0.0));
    }

    /// Moves every parameter of `tape` against its gradient (none counts as zero), and forgets gradients.
    pub fn update(&mut self, tape: &mut Tape) {
        self.update_where(tape, |_| true);
    }

    /// As [`Adam::update`], of the parameters of which `moves` holds; the others and their moments stay as they are.
    pub fn update_where(&mut self, tape: &mut Tape, moves: impl Fn(usize) -> bool) {
        self.step += 1;
        let t = self.step as f64;
        let AdamSettings { learning_rate, beta1, beta2, epsilon } = self.settings;
        let rates = Rates {
            beta1,
            beta2,
            step_size: (f64::from(learning_rate) / (1.0 - f64::from(beta1).powf(t))) as f32,
            inverse_root_correction: (1.0 / (1.0 - f64::from(beta2).powf(t)).sqrt()) as f32,
            epsilon,
        };
        for (index, [first, second]) in self.moments.iter_mut().enumerate() {
            if !moves(index) {
                continue;
            }
            let (parameter, grad) = tape.parameter_and_grad(index);
            if let Some(grad) = grad {
                update(parameter, grad, first, second, rates);
            } else if first.iter().any(|&m| m != 0.0) {
                update(parameter, &vec![0.0; first.len()], first, second, rates);
            }
        }
        tape.clear_gradients();
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
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

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: AdamSettings =
        AdamSettings { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    fn step(tape: &mut Tape, adam: &mut Adam, parameter: Value, grad: &[f32]) {
        let (mut buffer, _) = tape.open_grad(parameter);
        buffer.copy_from_slice(grad);
        tape.put_grad(parameter, buffer);
        adam.update(tape);
    }

    #[test]
    fn steps_agree_with_the_formula_in_f64() {
        let mut tape = Tape::new(1);
        let parameter = tape.parameter(1, 3, &[1.0, -2.0, 0.5]);
        let mut adam = Adam::new(SETTINGS, &tape);
        let (mut theta, mut m, mut v) = ([1.0f64, -2.0, 0.5], [0.0; 3], [0.0; 3]);
        for t in 1..=20 {
            let grad = [0.3, -1.0 / t as f32, (t % 3) as f32 - 1.0];
            step(&mut tape, &mut adam, parameter, &grad);
            for j in 0..3 {
                let g = f64::from(grad[j]);
                m[j] = 0.9 * m[j] + 0.1 * g;
                v[j] = 0.999 * v[j] + 0.001 * g * g;
                let (mh, vh): (f64, f64) = (m[j] / (1.0 - 0.9f64.powi(t)), v[j] / (1.0 - 0.999f64.powi(t)));
                theta[j] -= 0.1 * mh / (vh.sqrt() + 1e-8);
            }
        }
        for (got, want) in tape.data(parameter).iter().zip(theta) {
            assert!((f64::from(*got) - want).abs() < 1e-5, "{got} {want}");
        }
    }

    #[test]
    fn a_parameter_without_gradient_stays() {
        let mut tape = Tape::new(1);
        let (a, b) = (tape.parameter(1, 1, &[1.0]), tape.parameter(1, 1, &[2.0]));
        let mut adam = Adam::new(SETTINGS, &tape);
        step(&mut tape, &mut adam, a, &[1.0]);
        assert!(tape.data(a)[0] < 1.0 && tape.data(b)[0] == 2.0);
    }

    #[test]
    fn what_does_not_move_keeps_its_moments_and_what_is_forgotten_starts_anew() {
        let mut tape = Tape::new(1);
        let (a, b) = (tape.parameter(1, 2, &[1.0, 1.0]), tape.parameter(1, 1, &[2.0]));
        let mut adam = Adam::new(SETTINGS, &tape);
        let give = |tape: &mut Tape| {
            for (parameter, grad) in [(a, &[1.0, 1.0][..]), (b, &[1.0])] {
                let (mut buffer, _) = tape.open_grad(parameter);
                buffer.copy_from_slice(grad);
                tape.put_grad(parameter, buffer);
            }
        };
        give(&mut tape);
        adam.update(&mut tape);
        let (held, moments) = (tape.data(a).to_vec(), adam.moments()[0].clone());
        give(&mut tape);
        adam.update_where(&mut tape, |index| index != 0);
        assert_eq!((tape.data(a), &adam.moments()[0]), (&held[..], &moments));
        assert!(tape.grad(a).is_none() && tape.data(b)[0] < 1.85);
        adam.forget(0, 1..2);
        assert!(adam.moments()[0].iter().all(|moment| moment[0] != 0.0 && moment[1] == 0.0));
        adam.set_learning_rate(0.0);
        give(&mut tape);
        adam.update(&mut tape);
        assert_eq!(tape.data(a), held);
    }
}
