//! Sequences each of whose tokens is predicted from those before it.

use onset_engine::{AttentionMode, Indices, Tape, Value};

use super::parts::{Dropout, Sequences};
use super::{Attending, Passed, Transformer};
use crate::batch::CausalBatch;
use crate::model::modes::attend_to_previous;
use crate::model::{Pass, PlaceReading, Read, Reading, Want};

/// Which predictions of each sequence count.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Count {
    /// All from the first on that is not given.
    All,
    /// The last one.
    Last,
}

/// A pass over sequences, with the predictions that count.
pub(super) struct CausalPassed {
    pub passed: Passed,
    /// Scores of every token at the predictions (predictions × vocabulary).
    pub logits: Value,
    pub targets: Indices,
    pub sequences: Sequences,
}

/// The first prediction of each example among all of the batch, whose numbers are given; of use only where weights are taken.
pub(super) fn first_rows(pass: &Pass<'_>, predictions: impl Iterator<Item = usize>) -> Vec<usize> {
    if !pass.modes.any_takes_weights() {
        // Steps that need none allocate nothing.
        return Vec::new();
    }
    predictions.scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect()
}

impl Transformer {
    pub(super) fn loss_of_sequences(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        mut pass: Pass<'_>,
    ) -> Value {
        let dropout = Dropout { rate: self.dropout, random: pass.dropout.take() };
        let read = self.with_attention(batch, &pass, |attending| {
            self.pass_causal(tape, batch, (attending, Count::All), None, dropout)
        });
        tape.cross_entropy(read.logits, read.targets)
    }

    pub(super) fn read_causal(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        pass: &Pass<'_>,
        want: Want,
        removed: &[bool],
    ) -> Read {
        let read = self.with_attention(batch, pass, |attending| {
            let attending = Attending { removed, keep: true, ..*attending };
            self.pass_causal(tape, batch, (&attending, Count::All), None, Dropout::none())
        });
        let loss = tape.cross_entropy(read.logits, read.targets);
        let loss = tape.data(loss)[0];
        let mut row = 0;
        let mut readings: Vec<Reading> = Vec::with_capacity(batch.tokens.len());
        for example in 0..batch.tokens.len() {
            let mut reading = Reading::default();
            let targets = batch.targets(example);
            reading.predict(tape, read.logits, row..row + targets.len(), targets, want.logits);
            row += targets.len();
            reading.places = self.alpha(tape, batch, &read, example);
            readings.push(reading);
        }
        tape.clear();
        if want.beta {
            self.add_beta(tape, batch, pass, &mut readings);
        }
        Read { loss, readings }
    }

    /// α at each place, for each prediction of an example over the positions that it sees.
    fn alpha(
        &self,
        tape: &Tape,
        batch: &CausalBatch,
        read: &CausalPassed,
        example: usize,
    ) -> Vec<PlaceReading> {
        let (length, first) = (batch.inputs(example).len(), batch.first[example] as usize);
        let of_place = |place: usize| {
            let (layer, head) = (place / self.variant.heads, place % self.variant.heads);
            let alpha = tape.alpha_of_head(read.passed.attended[layer], example, head);
            let rows = (first..length).map(|step| alpha[step * length..][..=step].iter().copied());
            PlaceReading { alpha: rows.collect(), ..PlaceReading::default() }
        };
        (0..self.places.len()).map(of_place).collect()
    }

    pub(super) fn influence_on_last_token(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        pass: &Pass<'_>,
    ) -> Vec<Vec<f32>> {
        let rows = (0..batch.tokens.len()).map(|example| batch.inputs(example).len()).sum();
        let scales = tape.filled(rows, 1, 1.0);
        let read = self.with_attention(batch, pass, |attending| {
            let dropout = Dropout::none();
            self.pass_causal(tape, batch, (attending, Count::Last), Some(scales), dropout)
        });
        let loss = tape.cross_entropy(read.logits, read.targets);
        tape.backward_to_constants(loss);
        let slopes = tape.grad(scales).expect("every token has an influence");
        let layout = tape.layout(read.sequences.packing);
        // The loss is the mean over the batch; a row's influence is that on its own loss.
        let own = -(batch.tokens.len() as f32);
        let rows = |example| layout.rows_of(example).map(|row| own * slopes[row]).collect();
        let influence = (0..batch.tokens.len()).map(rows).collect();
        tape.clear();
        influence
    }

    /// Calls `run` with the attention of `pass`. Where weights are taken, a step that predicts nothing that counts has the same
    /// weight on all that it sees.
    pub(super) fn with_attention<T>(
        &self,
        batch: &CausalBatch,
        pass: &Pass<'_>,
        run: impl FnOnce(&Attending<'_>) -> T,
    ) -> T {
        let targets = |example: usize| batch.targets(example).len();
        let starts = first_rows(pass, (0..batch.tokens.len()).map(targets));
        let fill = |place: usize, example: usize, step: usize, visible: &mut [f32]| {
            if pass.modes.of(place) == AttentionMode::Previous {
                return attend_to_previous(visible);
            }
            match step.checked_sub(batch.first[example] as usize) {
                None => visible.fill(1.0 / (step + 1) as f32),
                Some(query) => pass.fill(place, (example, query), starts[example] + query, visible),
            }
        };
        let mode_of = |place: usize| -> AttentionMode { pass.modes.of(place) };
        run(&Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false })
    }

    /// Runs forward, and scores the predictions that count.
    pub(super) fn pass_causal(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        (attending, count): (&Attending<'_>, Count),
        scales: Option<Value>,
        dropout: Dropout<'_>,
    ) -> CausalPassed {
        let lengths = || (0..batch.tokens.len()).map(|example| batch.inputs(example).len());
        let sequences = Self::sequences(tape, lengths(), |example, step| batch.inputs(example)[step]);
        let mut passed = self.forward(tape, sequences, attending, scales, dropout);
        let first = |example: usize| match count {
            Count::All => batch.first[example] as usize,
            Count::Last => batch.inputs(example).len() - 1,
        };
        let counted: usize = lengths().enumerate().map(|(example, length)| length - first(example)).sum();
        let targets = tape.indices((0..batch.tokens.len()).flat_map(|example| {
            let next = &batch.tokens.row(example)[1..];
            next[first(example)..].iter().copied()
        }));
        // Rows that predict nothing that counts are not scored.
        if counted < sequences.packing.rows {
            let starts = lengths().scan(0, |sum, length| Some(std::mem::replace(sum, *sum + length)));
            let rows =
                tape.indices(starts.zip(lengths()).enumerate().flat_map(|(example, (start, length))| {
                    (first(example)..length).map(move |step| (start + step) as u32)
                }));
            passed.states = tape.embedding(passed.states, rows);
        }
        let logits = self.scores(tape, passed.states);
        CausalPassed { passed, logits, targets, sequences }
    }
}
