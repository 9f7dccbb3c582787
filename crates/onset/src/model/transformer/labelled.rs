//! Texts with a label, which is predicted from the mean of all states or from the first one.

use onset_engine::{Activation, AttentionMode, Tape, Value};

use super::parts::{Dropout, Sequences};
use super::settings::Pooling;
use super::{Attending, Passed, Transformer};
use crate::batch::{LabelledBatch, Link, Ragged, Rows};
use crate::model::labels::{loss_of_labels, reading_of_label, scores_at};
use crate::model::{Pass, PlaceReading, Read, Reading, Want};

/// Rows that are read in one pass of β at most, unless one text has more.
const ROWS: usize = 8192;

/// A pass over texts.
struct LabelledPassed {
    passed: Passed,
    /// The scores of each text (texts × scores).
    logits: Value,
    sequences: Sequences,
}

impl Transformer {
    pub(super) fn loss_of_labels(&self, tape: &mut Tape, batch: &LabelledBatch, mut pass: Pass<'_>) -> Value {
        let dropout = Dropout { rate: self.dropout, random: pass.dropout.take() };
        let weights = pass.label_weights;
        let read = self.with_text_attention(&pass, |attending| {
            self.pass_labelled(tape, &batch.texts, attending, None, dropout)
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
        let LabelledBatch { texts, labels } = batch;
        let scales = want.delta.then(|| tape.filled(texts.lengths().sum(), 1, 1.0));
        let read = self.with_text_attention(pass, |attending| {
            let attending = Attending { removed, keep: true, ..*attending };
            self.pass_labelled(tape, texts, &attending, scales, Dropout { rate: 0.0, random: None })
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
            reading.places = self.text_alpha(tape, &read, example, texts.row(example).len());
            if let Some(slopes) = slopes {
                reading.delta = Rows::from_iter([layout.rows_of(example).map(|row| own * slopes[row])]);
            }
            reading
        };
        let mut readings: Vec<Reading> = labels.iter().enumerate().map(reading).collect();
        tape.clear();
        if want.beta {
            self.add_text_beta(tape, batch, pass, &mut readings);
        }
        Read { loss: mean, readings }
    }

    fn link(&self) -> Link {
        self.link.expect("a model of texts predicts labels")
    }

    /// Where the label is predicted from: the weight of each position of a text of `length` at each place. With mean pooling, the
    /// mean over all queries.
    fn text_alpha(
        &self,
        tape: &Tape,
        read: &LabelledPassed,
        example: usize,
        length: usize,
    ) -> Vec<PlaceReading> {
        let of_place = |place: usize| {
            let attended = read.passed.attended[place / self.variant.heads];
            let alpha = tape.alpha_of_head(attended, example, place % self.variant.heads);
            let row: Vec<f32> = match self.pooling {
                Pooling::First => alpha[..length].to_vec(),
                Pooling::Mean => (0..length)
                    .map(|position| alpha.iter().skip(position).step_by(length).sum::<f32>() / length as f32)
                    .collect(),
            };
            PlaceReading { alpha: Rows::from_iter([row]), ..PlaceReading::default() }
        };
        (0..self.places.len()).map(of_place).collect()
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
        texts: &Ragged,
        attending: &Attending<'_>,
        scales: Option<Value>,
        dropout: Dropout<'_>,
    ) -> LabelledPassed {
        let sequences = Self::sequences(tape, texts.lengths(), |text| texts.row(text));
        let passed = self.forward(tape, sequences, attending, scales, dropout);
        let pooled = match self.pooling {
            Pooling::First => {
                let starts =
                    texts.lengths().scan(0, |sum, length| Some(std::mem::replace(sum, *sum + length as u32)));
                let first = tape.indices(starts);
                tape.embedding(passed.states, first)
            }
            Pooling::Mean => {
                let (packing, mode) = (sequences.packing, AttentionMode::Uniform);
                tape.attention_pool(None, passed.states, packing, None, mode, None).mean
            }
        };
        let pooled = match self.pooler {
            Some(pooler) => pooler.apply(tape, pooled, Activation::Tanh),
            None => pooled,
        };
        let logits = self.scores(tape, pooled);
        LabelledPassed { passed, logits, sequences }
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
                    let mut copies = Ragged::default();
                    (start..end).for_each(|_| copies.push(text.iter().copied()));
                    let fill = |at: usize, copy: usize, _: usize, row: &mut [f32]| {
                        if at != place {
                            return pass.fill(at, (example, 0), example, row);
                        }
                        row.fill(0.0);
                        row[start + copy] = 1.0;
                    };
                    let attending = Attending { mode_of: &mode_of, fill: &fill, removed: &[], keep: false };
                    let dropout = Dropout { rate: 0.0, random: None };
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
