//! Optimisers with a common interface, gradient clipping, and learning-rate schedules.
//!
//! [`Optimizer`] moves the parameters of a tape against their gradients and stores its own state. The update rules are
//! in `adam.rs` and `sgd.rs`. A new rule needs a variant of [`OptimizerSettings`], the names of its buffers, and a line
//! in [`Optimizer::update`]. The learning rate is an argument of each update, so that schedules and interventions do
//! not depend on the optimiser.

mod adam;
mod clip;
mod schedule;
mod sgd;

pub use adam::AdamSettings;
pub use clip::{Clipping, clipping};
pub use schedule::Schedule;

use std::ops::Range;

use self::adam::{Pieces, Update};
use crate::pool::{Buffer, Pool};
use crate::tape::Tape;

/// The update rule and its constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptimizerSettings {
    /// Adam (Kingma & Ba 2015), as `torch.optim.Adam`.
    Adam(AdamSettings),
    /// Adam with decoupled weight decay (Loshchilov & Hutter 2019), as `torch.optim.AdamW`: before each update, a
    /// parameter with weight decay is multiplied by 1 − learning rate · `weight_decay`.
    AdamW {
        /// Adam's constants.
        adam: AdamSettings,
        /// The decay per step and unit of learning rate.
        weight_decay: f32,
    },
    /// Stochastic gradient descent, as `torch.optim.SGD` without dampening or Nesterov momentum.
    Sgd {
        /// The momentum μ, which decays the sum of past gradients; 0 is plain gradient descent, without state.
        momentum: f32,
    },
}

/// An update rule and its state for the parameters of one tape.
#[derive(Debug, Clone)]
pub struct Optimizer {
    settings: OptimizerSettings,
    step: u64,
    /// For each parameter, its buffers in the order of [`Optimizer::state_names`].
    state: Vec<Vec<Buffer>>,
    /// For each parameter, whether weight decay applies to it.
    decays: Vec<bool>,
    /// The largest joint norm of the gradients of an update.
    clip: Option<f32>,
}

impl OptimizerSettings {
    /// The names of the rule's buffers for each parameter.
    fn state_names(self) -> &'static [&'static str] {
        match self {
            Self::Adam(_) | Self::AdamW { .. } => &["first_moment", "second_moment"],
            Self::Sgd { momentum: 0.0 } => &[],
            Self::Sgd { .. } => &["momentum"],
        }
    }
}

impl Optimizer {
    /// An optimiser at step 0 for the parameters of `tape`. Weight decay, if the rule has it, applies to all of them.
    pub fn new(settings: OptimizerSettings, tape: &Tape) -> Self {
        let buffers = settings.state_names().len();
        let zeros = |len: usize| (0..buffers).map(|_| Pool::default().zeros(len)).collect();
        let state: Vec<_> = tape.parameters().iter().map(|&p| zeros(tape.data(p).len())).collect();
        Self { settings, step: 0, decays: vec![true; state.len()], state, clip: None }
    }

    /// Restricts weight decay to the parameters for whose index `decays` returns true (usually matrices, not biases).
    /// It has no effect on a rule without weight decay.
    pub fn with_decay_of(mut self, decays: impl Fn(usize) -> bool) -> Self {
        self.decays = (0..self.state.len()).map(decays).collect();
        self
    }

    /// Clips the gradients of each update to this joint norm ([`clipping`]), if one is given.
    pub fn with_clip(mut self, most: Option<f32>) -> Self {
        self.clip = most;
        self
    }

    /// The number of updates so far.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// Moves every parameter of `tape` for whose index `moves` returns true against its gradient, with the learning
    /// rate `rate`; a missing gradient counts as zero. Then drops all gradients. The other parameters and their state
    /// do not change.
    pub fn update(&mut self, tape: &mut Tape, rate: f32, moves: impl Fn(usize) -> bool) {
        self.step += 1;
        let factor = self.clip.map_or(1.0, |most| clipping(tape, most, &moves).factor);
        let (settings, threads) = (self.settings, tape.threads);
        let of_decay = |weight_decay: f32| Update { step: self.step, rate, weight_decay, factor };
        let mut pieces = Pieces::for_threads(threads);
        let parameters = tape.parameters_with_gradients().zip(&mut self.state).zip(&self.decays).enumerate();
        for (_, (((parameter, grad), state), decays)) in parameters.filter(|(index, _)| moves(*index)) {
            match (settings, &mut state[..]) {
                (OptimizerSettings::Adam(adam), [first, second]) => {
                    adam.pieces(parameter, grad, [first, second], of_decay(0.0), &mut pieces);
                }
                (OptimizerSettings::AdamW { adam, weight_decay }, [first, second]) => {
                    let weight_decay = if *decays { weight_decay } else { 0.0 };
                    adam.pieces(parameter, grad, [first, second], of_decay(weight_decay), &mut pieces);
                }
                (OptimizerSettings::Sgd { .. }, []) => {
                    sgd::update(parameter, grad.map(|grad| grad.data), factor, rate);
                }
                (OptimizerSettings::Sgd { momentum }, [sum]) => {
                    let grad = grad.map(|grad| grad.data);
                    sgd::update_with_momentum(parameter, grad, sum, (momentum, factor), rate);
                }
                (settings, state) => unreachable!("{} buffers for {settings:?}", state.len()),
            }
        }
        pieces.update();
        tape.clear_gradients();
    }

    /// The names of the buffers for each parameter: `first_moment` and `second_moment` for Adam and AdamW, `momentum`
    /// for gradient descent with momentum, none without.
    pub fn state_names(&self) -> &'static [&'static str] {
        self.settings.state_names()
    }

    /// The buffers of the parameter with this index, each as long as the parameter, in the order of
    /// [`Optimizer::state_names`].
    pub fn state(&self, index: usize) -> impl Iterator<Item = &[f32]> {
        self.state[index].iter().map(|buffer| &buffer[..])
    }

    /// Continues after `step` updates with the state that [`Optimizer::state`] returned for each parameter. Panics if
    /// it does not fit the parameters and the rule.
    pub fn restore<B: AsRef<[f32]>>(&mut self, step: u64, state: &[Vec<B>]) {
        assert_eq!(self.state.len(), state.len(), "optimiser state of another number of parameters");
        for (own, recorded) in self.state.iter_mut().zip(state) {
            assert_eq!(own.len(), recorded.len(), "a buffer for each of {:?}", self.settings.state_names());
            for (own, recorded) in own.iter_mut().zip(recorded) {
                own.copy_from_slice(recorded.as_ref());
            }
        }
        self.step = step;
    }

    /// Sets the state of some entries of the parameter with this index to 0. The step count, which corrects Adam's
    /// moments, does not change.
    pub fn forget(&mut self, index: usize, entries: Range<usize>) {
        self.state[index].iter_mut().for_each(|buffer| buffer[entries.clone()].fill(0.0));
    }
}

#[cfg(test)]
mod tests;
