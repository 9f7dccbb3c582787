//! Pairs: an encoder reads the source, and a decoder predicts each token of the target from those before it and from the source.
//!
//! Both embed tokens and positions alike. The places of the model are the heads that attend to the source; the others are always
//! learned.

use onset_engine::{AttentionMode, HeadModes, Indices, Mask, Packing, Tape, Value};

use super::causal::{Count, first_rows};
use super::parts::{Dropout, LayerModes, Memory, Sequences, Variant};
use super::{Attending, Passed, Stack, Transformer};
use crate::batch::{Ragged, Rows, SequencePairs};
use crate::model::{Pass, PlaceReading, Read, Reading, Want};

/// Target rows that are read in one pass of β at most, unless one copy has more.
const ROWS: usize = 8192;

/// A source that has been read: the states behind its layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub states: Value,
    pub packing: Packing,
    /// Whether its embeddings are scaled, so that a gradient can say what each word of it does.
    pub is_scaled: bool,
}

/// A pass over pairs, with the predictions that count.
struct PairsPassed {
    passed: Passed,
    /// Scores of every token at the predictions (predictions × vocabulary).
    logits: Value,
    targets: Indices,
    source: Source,
}

const LEARNED: AttentionMode = AttentionMode::Learned;

impl Transformer {
    pub(super) fn loss_of_pairs(&self, tape: &mut Tape, batch: &SequencePairs, mut pass: Pass<'_>) -> Value {
        let mut dropout = Dropout { rate: self.dropout, random: pass.dropout.take() };
        let read = self.with_pair_attention(batch, &pass, |attending| {
            self.pass_pairs(tape, batch, (attending, Count::All), None, &mut dropout)
        });
        tape.cross_entropy(read.logits, read.targets)
    }

    pub(super) fn read_pairs(
        &self,
        tape: &mut Tape,
        batch: &SequencePairs,
        pass: &Pass<'_>,
        want: Want,
        removed: &[bool],
    ) -> Read {
        let read = self.with_pair_attention(batch, pass, |attending| {
            let attending = Attending { removed, keep: true, ..*attending };
            self.pass_pairs(tape, batch, (&attending, Count::All), None, &mut Dropout::none())
        });
        let loss = tape.cross_entropy(read.logits, read.targets);
        let loss = tape.data(loss)[0];
        let (mut row, mut readings) = (0, Vec::with_capacity(batch.target.len()));
        for example in 0..batch.target.len() {
            let (mut reading, targets) = (Reading::default(), batch.target.row(example));
            reading.predict(tape, read.logits, row..row + targets.len(), targets, want.logits);
            row += targets.len();
            let of_place = |place: usize| {
                let attended = read.passed.attended[place / self.variant.heads];
                let alpha = tape.alpha_of_head(attended, example, place % self.variant.heads);
                let rows = alpha.chunks_exact(batch.source.row(example).len());
                let rows = rows.map(|row| row.iter().copied());
                PlaceReading { alpha: rows.collect(), ..PlaceReading::default() }
            };
            reading.places = (0..self.places.len()).map(of_place).collect();
            readings.push(reading);
        }
        tape.clear();
        if want.beta {
            self.add_pair_beta(tape, batch, pass, &mut readings);
        }
        Read { loss, readings }
    }

    pub(super) fn influence_on_last_of_pairs(
        &self,
        tape: &mut Tape,
        batch: &SequencePairs,
        pass: &Pass<'_>,
    ) -> Vec<Vec<f32>> {
        let scales = tape.filled(batch.source.lengths().sum(), 1, 1.0);
        let read = self.with_pair_attention(batch, pass, |attending| {
            self.pass_pairs(tape, batch, (attending, Count::Last), Some(scales), &mut Dropout::none())
        });
        let loss = tape.cross_entropy(read.logits, read.targets);
        tape.backward_to_constants(loss);
        let slopes = tape.grad(scales).expect("every token has an influence");
        let layout = tape.layout(read.source.packing);
        // The loss is the mean over the batch; a row's influence is that on its own loss.
        let own = -(batch.target.len() as f32);
        let rows = |example| layout.rows_of(example).map(|row| own * slopes[row]).collect();
        let influence = (0..batch.target.len()).map(rows).collect();
        tape.clear();
        influence
    }

    /// Calls `run` with the attention of `pass`.
    fn with_pair_attention<T>(
        &self,
        batch: &SequencePairs,
        pass: &Pass<'_>,
        run: impl FnOnce(&Attending<'_>) -> T,
    ) -> T {
        let starts = first_rows(pass, batch.target.lengths());
        let fill = |place: usize, example: usize, step: usize, row: &mut [f32]| {
            pass.fill(place, (example, step), starts[example] + step, row)
        };
        let mode_of = |place: usize| -> AttentionMode { pass.modes.of(place) };
        run(&Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false })
    }

    /// Runs forward, and scores the predictions that count.
    fn pass_pairs(
        &self,
        tape: &mut Tape,
        batch: &SequencePairs,
        (attending, count): (&Attending<'_>, Count),
        scales: Option<Value>,
        dropout: &mut Dropout<'_>,
    ) -> PairsPassed {
        let source = self.encode(tape, &batch.source, scales, dropout);
        let (mut passed, packing) = self.decode(tape, &batch.decoder_input, source, attending, dropout);
        if count == Count::Last {
            let layout = tape.layout(packing);
            let last: Vec<u32> = (0..batch.target.len())
                .filter_map(|example| layout.rows_of(example).last())
                .map(|row| row as u32)
                .collect();
            let last = tape.indices(last);
            passed.states = tape.embedding(passed.states, last);
        }
        let first = |length: usize| if count == Count::Last { length - 1 } else { 0 };
        let targets = tape.indices((0..batch.target.len()).flat_map(|example| {
            let row = batch.target.row(example);
            row[first(row.len())..].iter().copied()
        }));
        let logits = self.scores(tape, passed.states);
        PairsPassed { passed, logits, targets, source }
    }

    /// Reads sources; `scales` (rows × 1) multiply the embedding of each token.
    pub(super) fn encode(
        &self,
        tape: &mut Tape,
        sources: &Ragged,
        scales: Option<Value>,
        dropout: &mut Dropout<'_>,
    ) -> Source {
        let (layers, last_norm) = self.encoder.as_ref().expect("a model of pairs has an encoder");
        let sequences = Self::sequences(tape, sources.lengths(), |example, step| sources.row(example)[step]);
        let variant = Variant { mask: Mask::None, ..self.variant };
        let stack = Stack { layers, last_norm: *last_norm, variant, cut: None };
        let passed = self.run(tape, sequences, stack, &|_, _| (LayerModes::learned(), None), scales, dropout);
        Source { states: passed.states, packing: sequences.packing, is_scaled: scales.is_some() }
    }

    /// Reads what is fed to the decoder; returns the layout of its rows too.
    fn decode(
        &self,
        tape: &mut Tape,
        fed: &Ragged,
        source: Source,
        attending: &Attending<'_>,
        dropout: &mut Dropout<'_>,
    ) -> (Passed, Packing) {
        let sequences: Sequences =
            Self::sequences(tape, fed.lengths(), |example, step| fed.row(example)[step]);
        let modes = |tape: &mut Tape, layer: usize| {
            let of = (sequences.packing, source.packing, Mask::None);
            let modes = self.layer_modes(tape, layer, of, attending);
            let memory = Memory { states: source.states, packing: source.packing, modes };
            (LayerModes::learned(), Some(memory))
        };
        let stack = self.upper(source.is_scaled);
        (self.run(tape, sequences, stack, &modes, None, dropout), sequences.packing)
    }

    /// β at each place: ln p of the right token if all queries of the place attended to one position of the source alone, all else
    /// as it is. One pass reads a copy of the target for each position. Leaves the tape cleared.
    fn add_pair_beta(
        &self,
        tape: &mut Tape,
        batch: &SequencePairs,
        pass: &Pass<'_>,
        readings: &mut [Reading],
    ) {
        let mut row = 0;
        for (example, reading) in readings.iter_mut().enumerate() {
            for place in 0..self.places.len() {
                reading.places[place].beta = self.pair_beta_at(tape, (batch, example, row), pass, place);
            }
            row += batch.target.row(example).len();
        }
    }

    /// β of each prediction of an `example`, whose first prediction is the batch's `row`, over the positions of the source.
    fn pair_beta_at(
        &self,
        tape: &mut Tape,
        (batch, example, row): (&SequencePairs, usize, usize),
        pass: &Pass<'_>,
        place: usize,
    ) -> Rows {
        let (source, target) = (batch.source.row(example), batch.target.row(example));
        let (length, steps) = (source.len(), target.len());
        let mut logs: Vec<Vec<f32>> = Vec::with_capacity(length);
        let copies = (ROWS / steps).clamp(1, length);
        for start in (0..length).step_by(copies) {
            let count = copies.min(length - start);
            let own = self.encode(tape, &repeated(source, 1), None, &mut Dropout::none());
            let packing = tape.pack(std::iter::repeat_n(length, count));
            let packing = tape.consecutive(packing);
            let rows = tape.indices((0..count).flat_map(|_| 0..length as u32));
            let memory =
                Source { states: tape.embedding(own.states, rows), packing, is_scaled: own.is_scaled };
            let mode_of = |at: usize| if at == place { AttentionMode::Given } else { pass.modes.of(at) };
            let fill = |at: usize, copy: usize, step: usize, weights: &mut [f32]| {
                if at != place {
                    return pass.fill(at, (example, step), row + step, weights);
                }
                weights.fill(0.0);
                weights[start + copy] = 1.0;
            };
            let attending = Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false };
            let fed = repeated(batch.decoder_input.row(example), count);
            let (passed, _) = self.decode(tape, &fed, memory, &attending, &mut Dropout::none());
            let logits = self.scores(tape, passed.states);
            for copy in 0..count {
                let mut reading = Reading::default();
                reading.predict(tape, logits, copy * steps..(copy + 1) * steps, target, false);
                logs.push(reading.log_probability);
            }
            tape.clear();
        }
        (0..steps).map(|step| logs.iter().map(|log| log[step]).collect::<Vec<_>>()).collect()
    }
}

impl LayerModes {
    /// All heads learned.
    pub fn learned() -> Self {
        Self { modes: HeadModes::all(LEARNED), weights: None, removed: 0, keep: false }
    }
}

impl Dropout<'_> {
    /// No dropout.
    pub fn none() -> Self {
        Self { rate: 0.0, random: None }
    }
}

/// `count` copies of one sequence.
fn repeated(tokens: &[u32], count: usize) -> Ragged {
    let mut rows = Ragged::default();
    (0..count).for_each(|_| rows.push(tokens.iter().copied()));
    rows
}
