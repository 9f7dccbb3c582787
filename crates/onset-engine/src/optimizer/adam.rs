//! Adam (Kingma & Ba 2015) and AdamW's weight decay (Loshchilov & Hutter 2019), as in PyTorch.
//!
//! m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε). AdamW first applies θ ←
//! (1 − lr·λ)θ.

use crate::instructions::for_each_instruction_set;

use crate::gradients::Shown;
use crate::pool::Buffer;
use crate::spread::{SHARE, spread};

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
    /// The share of a parameter that weight decay leaves.
    kept: f32,
    /// The factor on gradients.
    factor: f32,
}

/// A part of a parameter that is updated by itself.
struct Piece<'a> {
    parameter: &'a mut [f32],
    /// None where it is zero.
    grad: Option<&'a [f32]>,
    first: &'a mut [f32],
    second: &'a mut [f32],
    rates: Rates,
}

impl<'a> Piece<'a> {
    /// Its numbers.
    fn len(&self) -> usize {
        self.parameter.len()
    }

    /// Moves it.
    fn update(self) {
        let Self { parameter, grad, first, second, rates } = self;
        match grad {
            Some(grad) => update(parameter, grad, first, second, rates),
            None => without_gradient(parameter, first, second, rates),
        }
    }

    /// Its first numbers, and the others.
    fn split(self, at: usize) -> (Self, Self) {
        let Self { parameter, grad, first, second, rates } = self;
        let (parameter, parameters) = parameter.split_at_mut(at);
        let (grad, grads) = grad.map(|grad| grad.split_at(at)).unzip();
        let (first, firsts) = first.split_at_mut(at);
        let (second, seconds) = second.split_at_mut(at);
        let rest = Self { parameter: parameters, grad: grads, first: firsts, second: seconds, rates };
        (Self { parameter, grad, first, second, rates }, rest)
    }
}

/// Pieces of several parameters, to be updated together by several threads, or each at once by one.
pub(super) struct Pieces<'a> {
    threads: usize,
    waiting: Vec<Piece<'a>>,
}

impl<'a> Pieces<'a> {
    /// None yet.
    pub fn for_threads(threads: usize) -> Self {
        Self { threads, waiting: Vec::new() }
    }

    /// Adds `piece`, cut into such of at most [`SHARE`] numbers.
    fn add(&mut self, mut piece: Piece<'a>) {
        if self.threads < 2 {
            return piece.update();
        }
        while piece.len() > SHARE {
            let (first, rest) = piece.split(SHARE);
            self.waiting.push(first);
            piece = rest;
        }
        self.waiting.push(piece);
    }

    /// Updates those that wait.
    pub fn update(self) {
        spread(self.threads, self.waiting, Piece::len, Piece::update);
    }
}

impl AdamSettings {
    /// Adds to `pieces` what is to be updated of a `parameter` with the gradient `grad` (none means zero).
    pub(super) fn pieces<'a>(
        self,
        parameter: &'a mut [f32],
        grad: Option<Shown<'a>>,
        [first, second]: [&'a mut Buffer; 2],
        Update { step, rate, weight_decay, factor }: Update,
        pieces: &mut Pieces<'a>,
    ) {
        let kept = (1.0 - f64::from(rate) * f64::from(weight_decay)) as f32;
        let rates = Rates { kept, factor, ..self.rates(step, rate) };
        let mut rest = Piece { parameter, grad: None, first, second, rates };
        let Some(grad) = grad else { return pieces.add(rest) };
        for (run, differs) in grad.runs() {
            let (piece, behind) = rest.split(run.len());
            rest = behind;
            pieces.add(Piece { grad: differs.then(|| &grad.data[run]), ..piece });
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
            kept: 1.0,
            factor: 1.0,
        }
    }
}

/// What one update is made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    /// Its number, counted from 1.
    pub step: u64,
    /// The learning rate.
    pub rate: f32,
    /// AdamW's decay of this parameter.
    pub weight_decay: f32,
    /// The factor on its gradient.
    pub factor: f32,
}

/// Numbers that are looked at together; they divide [`SHARE`].
const LOOK: usize = 4096;

/// Where gradients are zero: moments fade, and what they move goes on; what has none stays, but for its decay.
fn without_gradient(parameter: &mut [f32], first: &mut [f32], second: &mut [f32], rates: Rates) {
    let pieces = parameter.chunks_mut(LOOK).zip(first.chunks_mut(LOOK)).zip(second.chunks_mut(LOOK));
    for ((parameter, first), second) in pieces {
        // Bits are looked at without a branch for each number.
        if first.iter().fold(0, |bits, m| bits | m.to_bits()) != 0 {
            fade(parameter, first, second, rates);
        } else if rates.kept != 1.0 {
            parameter.iter_mut().for_each(|number| *number *= rates.kept);
        }
    }
}

for_each_instruction_set! {
    fn update(parameter: &mut [f32], grad: &[f32], first: &mut [f32], second: &mut [f32], rates: Rates) {
        let n = parameter.len();
        let (grad, first, second) = (&grad[..n], &mut first[..n], &mut second[..n]);
        for j in 0..n {
            let g = rates.factor * grad[j];
            let m = rates.beta1 * first[j] + (1.0 - rates.beta1) * g;
            let v = rates.beta2 * second[j] + (1.0 - rates.beta2) * g * g;
            first[j] = m;
            second[j] = v;
            let denominator = v.sqrt() * rates.inverse_root_correction + rates.epsilon;
            parameter[j] = rates.kept * parameter[j] - rates.step_size * m / denominator;
        }
    }
}

for_each_instruction_set! {
    /// As [`update`] with gradients of zero.
    fn fade(parameter: &mut [f32], first: &mut [f32], second: &mut [f32], rates: Rates) {
        let n = parameter.len();
        let (first, second) = (&mut first[..n], &mut second[..n]);
        for j in 0..n {
            let m = rates.beta1 * first[j];
            let v = rates.beta2 * second[j];
            first[j] = m;
            second[j] = v;
            let denominator = v.sqrt() * rates.inverse_root_correction + rates.epsilon;
            parameter[j] = rates.kept * parameter[j] - rates.step_size * m / denominator;
        }
    }
}
