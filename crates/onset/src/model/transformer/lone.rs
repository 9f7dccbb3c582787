//! β at each place of a decoder: ln p of the right token if the place attended to one position alone, all else as it is.
//!
//! For position l, every query that sees l has its whole weight there, and earlier queries keep theirs. One pass reads a copy of the
//! sequence for each position.

use onset_engine::{AttentionMode, Tape};

use super::causal::Count;
use super::parts::Dropout;
use super::{Attending, Transformer};
use crate::batch::{CausalBatch, Ragged, Rows};
use crate::model::{Pass, Reading};

/// Rows that are read in one pass at most, unless one copy has more.
const ROWS: usize = 8192;

impl Transformer {
    /// Adds β to the readings of `batch`, whose α they have. Leaves the tape cleared.
    pub(super) fn add_beta(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        pass: &Pass<'_>,
        readings: &mut [Reading],
    ) {
        for (example, reading) in readings.iter_mut().enumerate() {
            let own = one_of(batch, example);
            let modes: Vec<AttentionMode> =
                (0..self.places.len()).map(|place| pass.modes.of(place)).collect();
            let alpha = self.alpha_everywhere(tape, batch, pass, example);
            for place in 0..self.places.len() {
                reading.places[place].beta = self.beta_at(tape, &own, (&modes, &alpha), place);
            }
        }
    }

    /// α of each place at every step of an example: steps × steps.
    fn alpha_everywhere(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        pass: &Pass<'_>,
        example: usize,
    ) -> Vec<Vec<f32>> {
        let dropout = Dropout::none();
        let read = self.with_attention(batch, pass, |attending| {
            let attending = Attending { keep: true, ..*attending };
            self.pass_causal(tape, batch, (&attending, Count::All), None, dropout)
        });
        let of = |place: usize| {
            let attended = read.passed.attended[place / self.variant.heads];
            tape.alpha_of_head(attended, example, place % self.variant.heads).to_vec()
        };
        let alpha = (0..self.places.len()).map(of).collect();
        tape.clear();
        alpha
    }

    /// β of each prediction of `own`, a batch of one sequence, over the positions that it sees.
    fn beta_at(
        &self,
        tape: &mut Tape,
        own: &CausalBatch,
        (modes, alpha): (&[AttentionMode], &[Vec<f32>]),
        place: usize,
    ) -> Rows {
        let length = own.inputs(0).len();
        let first = own.first[0] as usize;
        let mut logs: Vec<Vec<f32>> = Vec::with_capacity(length);
        let copies = (ROWS / length).max(1);
        for start in (0..length).step_by(copies) {
            let positions = start..(start + copies).min(length);
            let batch = repeated(own, positions.len());
            let mode_of = |at: usize| match modes[at] {
                // What this example attends to where weights are taken is known from its own pass.
                mode if at == place || mode.takes_weights() => AttentionMode::Given,
                mode => mode,
            };
            let fill = |at: usize, copy: usize, step: usize, visible: &mut [f32]| {
                let position = positions.start + copy;
                if at == place && step >= position {
                    visible.fill(0.0);
                    visible[position] = 1.0;
                } else {
                    visible.copy_from_slice(&alpha[at][step * length..][..=step]);
                }
            };
            let attending = Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false };
            let dropout = Dropout::none();
            let read = self.pass_causal(tape, &batch, (&attending, Count::All), None, dropout);
            let predictions = length - first;
            for copy in 0..positions.len() {
                let mut reading = Reading::default();
                let rows = copy * predictions..(copy + 1) * predictions;
                reading.predict(tape, read.logits, rows, own.targets(0), false);
                logs.push(reading.log_probability);
            }
            tape.clear();
        }
        (first..length)
            .map(|step| (0..=step).map(|position| logs[position][step - first]).collect::<Vec<_>>())
            .collect()
    }
}

/// The batch of one example of `batch`.
fn one_of(batch: &CausalBatch, example: usize) -> CausalBatch {
    let mut tokens = Ragged::default();
    tokens.push(batch.tokens.row(example).iter().copied());
    CausalBatch { tokens, first: vec![batch.first[example]] }
}

/// `count` copies of the one sequence of `own`.
fn repeated(own: &CausalBatch, count: usize) -> CausalBatch {
    let mut tokens = Ragged::default();
    (0..count).for_each(|_| tokens.push(own.tokens.row(0).iter().copied()));
    CausalBatch { tokens, first: vec![own.first[0]; count] }
}
