//! A rehearsal: the first steps of training, few and long, on a few sequences of its own.
//!
//! Where every sequence has every word, w = a = 0 is a saddle, and the side on which a seed leaves it is decided by its initial weights: two
//! seeds of the data with the same weights mostly take the same branch. w and a of those weights say a part of it only. The growing mode has
//! many directions of the weights, and which of them w and a grow from is seen when they have grown. So the model takes steps that are so
//! long that a few of them go as far as a share of training. By the reduced dynamics, leaving the saddle takes a time in proportion to
//! L/√κ, where κ is in proportion to the width d, and a unit of time is 1/(learning rate · d) steps. The learning rate that goes
//! equally far in a fixed number of steps is therefore in proportion to L/d^1.5, whatever that of training is.

use onset_engine::{AdamSettings, Optimizer, OptimizerSettings, Tape};

use super::law::{CopyingLaw, CopyingSetting};
use crate::batch::{Examples, Form};
use crate::model::{AttentionModes, Model, Pass, Rnn};
use crate::spec::CopyingSpec;
use crate::task::copying::{InitialCondition, gaps};
use crate::task::streams::REHEARSED_SEQUENCES;

/// How a rehearsal is held.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rehearsal {
    /// Steps.
    pub steps: usize,
    /// Sequences of a step.
    pub batch: usize,
    /// The learning rates of all steps together, in units of L/d^1.5.
    pub far: f64,
}

/// That of predictions. It goes a fifth as far as half of the seeds that attend need to learn. More sequences would tell more, and take longer
/// (docs/results.md, "Which branch does a seed take?").
pub(super) const SHORT: Rehearsal = Rehearsal { steps: 16, batch: 16, far: 2.0 };

/// Sequences on which w and a are measured after it.
const MEASURED: usize = 48;

/// The sizes of w and a from which on their logarithms count instead of themselves: those of initial weights.
const SCALES: [f64; 2] = [0.02, 0.2];

/// Whether the branch of `spec` is asked of a rehearsal: every sequence has every word, it is trained with Adam, and the law of copying
/// reaches it, which limits what a rehearsal takes.
pub(super) fn is_of_use(spec: &CopyingSpec) -> bool {
    let plain = CopyingSpec { intervene: Vec::new(), ..spec.clone() };
    CopyingSetting::of(&plain).is_ok_and(|setting| CopyingLaw::shipped().asks_for_a_branch(&setting))
}

impl Rehearsal {
    /// For each head of `rnn`, as it stands on `tape`: asinh(w/0.02) + asinh(a/0.2) after it, positive for a head that attends. The model is
    /// not what it was afterwards.
    pub fn hold(
        self,
        tape: &mut Tape,
        (rnn, modes): (&Rnn, &AttentionModes),
        spec: &CopyingSpec,
    ) -> Vec<f64> {
        let task = spec.data.without_noise();
        let (train, width) = (&spec.train, spec.model.hidden as f64);
        let adam = AdamSettings { beta1: train.beta1, beta2: train.beta2, epsilon: train.epsilon };
        let mut optimizer = Optimizer::new(OptimizerSettings::Adam(adam), tape);
        let rate = self.far * task.length as f64 / width.powf(1.5) / self.steps as f64;
        let mut random = REHEARSED_SEQUENCES.random(spec.seed);
        let (mut examples, mut batch) = (Examples::default(), Form::SequenceToSequence.batch());
        for _ in 0..self.steps {
            task.draw(&mut random, self.batch, &mut examples);
            batch.fill(&examples);
            let loss = rnn.loss(tape, &batch, Pass::new(modes));
            tape.backward(loss);
            optimizer.update(tape, rate as f32, |_| true);
            tape.clear();
        }
        let sum = |found: InitialCondition| {
            (found.score_gap / SCALES[0]).asinh() + (found.logit_gap / SCALES[1]).asinh()
        };
        gaps(tape, (rnn, modes), &task, spec.seed, MEASURED).into_iter().map(sum).collect()
    }
}
