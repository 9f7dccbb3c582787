//! Texts with a label, which is predicted from the mean of all states or from the first one.

use onset_engine::{Activation, AttentionMode, Tape, Value};

use super::described::Sides;
use super::parts::{Dropout, Sequences};
use super::settings::Pooling;
use super::{Attending, Passed, Transformer};
use crate::batch::{LabelledBatch, Link, Ragged, Rows};
use crate::model::labels::{loss_of_labels, reading_of_label, scores_at};
use crate::model::{Pass, PlaceReading, Read, Reading, Want};

/// Rows that are read in one pass of β at most, unless one text has more.
const ROWS: usize = 8192;

/// A pass over texts.
pub(super) struct LabelledPassed {
    pub passed: Passed,
    /// The scores of each text (texts × scores).
    pub logits: Value,
    pub sequences: Sequences,
}

impl Transformer {
    pub(super) fn loss_of_labels(&self, tape: &mut Tape, batch: &LabelledBatch, mut pass: Pass<'_>) -> Value {
        let dropout = Dropout { rate: self.dropout, random: pass.dropout.take() };
        let weights = pass.label_weights;
        let read = self.with_text_attention(&pass, |attending| match self.apart {
            true => self.pass_apart(tape, &Sides::all(batch), attending, None, dropout),
            false => self.pass_labelled(tape, batch, attending, None, dropout),
        });
        loss_of_labels(tape, self.link(), read.logits, &batch.labels, weights)
    }

    pub(super) fn read_labelled(
        &self,
        tape: &mut Tape,
        batch: &LabelledBatch,
        pass: &Pass<'_>,
        want: Want,
        removed: &[bool],
    ) -> Read {
        let LabelledBatch { texts, labels, .. } = batch;
        // The influence of a token is that on one example alone, so that each needs a description of its own.
        let sides = self.apart.then(|| if want.delta { Sides::all(batch) } else { Sides::distinct(batch) });
        let rows = sides.as_ref().map_or_else(|| texts.lengths().sum(), Sides::rows);
        let scales = want.delta.then(|| tape.filled(rows, 1, 1.0));
        let read = self.with_text_attention(pass, |attending| {
            let attending = Attending { removed, keep: !want.outputs_only, ..*attending };
            let dropout = Dropout::none();
            match &sides {
                Some(sides) => self.pass_apart(tape, sides, &attending, scales, dropout),
                None => self.pass_labelled(tape, batch, &attending, scales, dropout),
            }
        });
        let loss = loss_of_labels(tape, self.link(), read.logits, labels, None);
        let mean = tape.data(loss)[0];
        if scales.is_some() {
            tape.backward_to_constants(loss);
        }
        let slopes = scales.map(|scales| tape.grad(scales).expect("every word has an influence"));
        let layout = tape.layout(read.sequences.packing);
        // The loss is the mean over the batch; a text's influence is that on its own loss.
        let own = -(labels.len() as f32);
        let reading = |(example, &label): (usize, &u32)| {
            let mut reading =
                reading_of_label(self.link(), &scores_at(tape, read.logits, example), label, want);
            let slopes_of = |sequence: usize, slopes: &[f32]| -> Vec<f32> {
                layout.rows_of(sequence).map(|row| own * slopes[row]).collect()
            };
            reading.places = match &sides {
                _ if want.outputs_only => Vec::new(),
                Some(sides) => self.alpha_apart(tape, &read, sides, example),
                None => self.text_alpha(tape, &read, example, texts.row(example).len()),
            };
            if let Some(slopes) = slopes {
                reading.delta = Rows::from_iter([match &sides {
                    Some(sides) => sides.joined(example, |sequence| slopes_of(sequence, slopes)),
                    None => slopes_of(example, slopes),
                }]);
            }
            reading
        };
        let mut readings: Vec<Reading> = labels.iter().enumerate().map(reading).collect();
        tape.clear();
        if want.beta && !self.apart {
            self.add_text_beta(tape, batch, pass, &mut readings);
        }
        Read { loss: mean, readings }
    }

    fn link(&self) -> Link {
        self.link.expect("a model of texts predicts labels")
    }

    /// Where the label is predicted from: the weight of each position of a text of `length` at each place.
    fn text_alpha(
        &self,
        tape: &Tape,
        read: &LabelledPassed,
        example: usize,
        length: usize,
    ) -> Vec<PlaceReading> {
        let of_place = |place: usize| {
            let alpha = Rows::from_iter([self.pooled_alpha(tape, read, place, (example, length))]);
            PlaceReading { alpha, ..PlaceReading::default() }
        };
        (0..self.places.len()).map(of_place).collect()
    }

    /// The weight of each position of a sequence of `length` at a place: from the first position, or with mean pooling the mean over
    /// all queries.
    pub(super) fn pooled_alpha(
        &self,
        tape: &Tape,
        read: &LabelledPassed,
        place: usize,
        (sequence, length): (usize, usize),
    ) -> Vec<f32> {
        let attended = read.passed.attended[place / self.variant.heads];
        let alpha = tape.alpha_of_head(attended, sequence, place % self.variant.heads);
        match self.pooling {
            Pooling::First => alpha[..length].to_vec(),
            Pooling::Mean => (0..length)
                .map(|position| alpha.iter().skip(position).step_by(length).sum::<f32>() / length as f32)
                .collect(),
        }
    }

    /// Calls `run` with the attention of `pass`: where weights are taken, all queries of a text have those of its label.
    fn with_text_attention<T>(&self, pass: &Pass<'_>, run: impl FnOnce(&Attending<'_>) -> T) -> T {
        let fill = |place: usize, example: usize, _: usize, row: &mut [f32]| {
            pass.fill(place, (example, 0), example, row)
        };
        let mode_of = |place: usize| pass.modes.of(place);
        run(&Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false })
    }

    fn pass_labelled(
        &self,
        tape: &mut Tape,
        batch: &LabelledBatch,
        attending: &Attending<'_>,
        scales: Option<Value>,
        dropout: Dropout<'_>,
    ) -> LabelledPassed {
        let LabelledBatch { texts, begins, .. } = batch;
        let mut sequences = Self::sequences(tape, texts.lengths(), |text, step| texts.row(text)[step]);
        if self.embedding.segments.is_some() {
            let segment = |text: usize, step: usize| u32::from(step >= begins[text] as usize);
            sequences.segments = Some(tape.pack_numbers(sequences.packing, segment));
        }
        let passed = self.forward(tape, sequences, attending, scales, dropout);
        let pooled = self.pooled(tape, passed.states, (sequences, texts.lengths()));
        let logits = self.scores(tape, pooled);
        LabelledPassed { passed, logits, sequences }
    }

    /// The pooled `states` of each sequence (sequences × width), where these have `lengths`.
    pub(super) fn pooled(
        &self,
        tape: &mut Tape,
        states: Value,
        (sequences, lengths): (Sequences, impl Iterator<Item = usize>),
    ) -> Value {
        let pooled = match self.pooling {
            Pooling::First => {
                let starts =
                    lengths.scan(0, |sum, length| Some(std::mem::replace(sum, *sum + length as u32)));
                let first = tape.indices(starts);
                tape.embedding(states, first)
            }
            Pooling::Mean => {
                let (packing, mode) = (sequences.packing, AttentionMode::Uniform);
                tape.attention_pool(None, states, packing, None, mode, None).mean
            }
        };
        match self.pooler {
            Some(pooler) => pooler.apply(tape, pooled, Activation::Tanh),
            None => pooled,
        }
    }

    /// β at each place: the log-odds of the true label if all queries of the place attended to one position alone, all else as it
    /// is. Leaves the tape cleared.
    fn add_text_beta(
        &self,
        tape: &mut Tape,
        batch: &LabelledBatch,
        pass: &Pass<'_>,
        readings: &mut [Reading],
    ) {
        for (example, reading) in readings.iter_mut().enumerate() {
            let (text, label) = (batch.texts.row(example), batch.labels[example]);
            for place in 0..self.places.len() {
                let mode_of = |at: usize| if at == place { AttentionMode::Given } else { pass.modes.of(at) };
                let mut beta = Vec::with_capacity(text.len());
                let copies = (ROWS / text.len()).max(1);
                for start in (0..text.len()).step_by(copies) {
                    let end = (start + copies).min(text.len());
                    let mut texts = Ragged::default();
                    (start..end).for_each(|_| texts.push(text.iter().copied()));
                    let begins = batch.begins.get(example).map(|&begin| vec![begin; end - start]);
                    let copies =
                        LabelledBatch { texts, labels: Vec::new(), begins: begins.unwrap_or_default() };
                    let fill = |at: usize, copy: usize, _: usize, row: &mut [f32]| {
                        if at != place {
                            return pass.fill(at, (example, 0), example, row);
                        }
                        row.fill(0.0);
                        row[start + copy] = 1.0;
                    };
                    let attending = Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false };
                    let dropout = Dropout::none();
                    let read = self.pass_labelled(tape, &copies, &attending, None, dropout);
                    let odds = |copy| self.link().log_odds(&scores_at(tape, read.logits, copy), label) as f32;
                    beta.extend((0..end - start).map(odds));
                    tape.clear();
                }
                reading.places[place].beta = Rows::from_iter([beta]);
            }
        }
    }
}
