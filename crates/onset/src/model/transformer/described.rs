//! Descriptions and texts that a bi-encoder reads each by itself: score = w·cos(d, t) + b, where d and t are the pooled states of
//! description and text (Reimers and Gurevych 2019).
//!
//! An example `[CLS] description [SEP] text [SEP]` is read as the two sequences `[CLS] description [SEP]` and `[CLS] text [SEP]`.

use onset_engine::{Tape, Value};

use super::labelled::LabelledPassed;
use super::parts::Dropout;
use super::{Attending, Transformer};
use crate::batch::{LabelledBatch, Ragged, Rows};
use crate::model::parameters::{Distribution, Parameters};
use crate::model::{AttentionModes, PlaceReading};

/// The initial scale w and offset b of cosines: with them a cosine of 0.12, which sentence encoders give to texts that have little
/// to do with each other, is as good as chance.
const SIMILARITY: [f32; 2] = [20.0, -2.4];

/// Adds `similarity.weight` (w) and `similarity.bias` (b).
pub(super) fn similarity(p: &mut Parameters, tape: &mut Tape) -> (Value, Option<Value>) {
    let [scale, offset] = SIMILARITY.map(Distribution::Constant);
    let map = p.linear_drawn(tape, "similarity", (1, 1), scale, offset);
    (map.weight, Some(map.bias))
}

/// The sequences that are read of a batch: descriptions, then the text of each example.
pub(super) struct Sides<'a> {
    batch: &'a LabelledBatch,
    /// Where each description is read once: an example that has it, and for each example its description among them. Without, the
    /// description of every example is read.
    distinct: Option<(Vec<usize>, Vec<usize>)>,
}

impl<'a> Sides<'a> {
    /// The description of every example, one after the other.
    pub fn all(batch: &'a LabelledBatch) -> Self {
        Self { batch, distinct: None }
    }

    /// Each description once.
    pub fn distinct(batch: &'a LabelledBatch) -> Self {
        let (mut owners, mut of) = (Vec::new(), Vec::new());
        for example in 0..batch.labels.len() {
            let own = description(batch, example);
            let known = owners.iter().position(|&other| description(batch, other) == own);
            of.push(known.unwrap_or(owners.len()));
            if known.is_none() {
                owners.push(example);
            }
        }
        Self { batch, distinct: Some((owners, of)) }
    }

    /// How many tokens there are.
    pub fn rows(&self) -> usize {
        (0..self.count()).map(|sequence| self.length(sequence)).sum()
    }

    fn descriptions(&self) -> usize {
        self.distinct.as_ref().map_or(self.batch.labels.len(), |(owners, _)| owners.len())
    }

    fn count(&self) -> usize {
        self.descriptions() + self.batch.labels.len()
    }

    /// The sequences of an example: of its description, and of its text.
    fn of(&self, example: usize) -> [usize; 2] {
        let description = self.distinct.as_ref().map_or(example, |(_, of)| of[example]);
        [description, self.descriptions() + example]
    }

    /// The example of a sequence, and whether it is that of its text.
    fn source(&self, sequence: usize) -> (usize, bool) {
        let descriptions = self.descriptions();
        match &self.distinct {
            _ if sequence >= descriptions => (sequence - descriptions, true),
            Some((owners, _)) => (owners[sequence], false),
            None => (sequence, false),
        }
    }

    fn length(&self, sequence: usize) -> usize {
        match self.source(sequence) {
            (example, false) => description(self.batch, example).len(),
            (example, true) => 1 + self.batch.texts.row(example).len() - self.batch.begins[example] as usize,
        }
    }

    fn token(&self, sequence: usize, step: usize) -> u32 {
        let (example, text) = self.source(sequence);
        let row = self.batch.texts.row(example);
        match (text, step) {
            (true, 1..) => row[self.batch.begins[example] as usize + step - 1],
            _ => row[step],
        }
    }

    /// Numbers over the positions of both sequences of an example as numbers over its own: those of the two first tokens, which are
    /// one token there, are added.
    pub fn joined(&self, example: usize, of: impl Fn(usize) -> Vec<f32>) -> Vec<f32> {
        let [description, text] = self.of(example).map(of);
        let mut both = description;
        both[0] += text[0];
        both.extend_from_slice(&text[1..]);
        both
    }
}

fn description(batch: &LabelledBatch, example: usize) -> &[u32] {
    &batch.texts.row(example)[..batch.begins[example] as usize]
}

impl Transformer {
    pub(super) fn pass_apart(
        &self,
        tape: &mut Tape,
        sides: &Sides<'_>,
        attending: &Attending<'_>,
        scales: Option<Value>,
        dropout: Dropout<'_>,
    ) -> LabelledPassed {
        let lengths = || (0..sides.count()).map(|sequence| sides.length(sequence));
        let mut sequences = Self::sequences(tape, lengths(), |sequence, step| sides.token(sequence, step));
        // Each is read as the first of a pair, as a sentence encoder reads it.
        sequences.segments = Some(tape.pack_numbers(sequences.packing, |_, _| 0));
        let passed = self.forward(tape, sequences, attending, scales, dropout);
        let pooled = self.pooled(tape, passed.states, (sequences, lengths()));
        let examples = sides.batch.labels.len();
        let [descriptions, texts] = [0, 1].map(|side| {
            let rows = tape.indices((0..examples).map(|example| sides.of(example)[side] as u32));
            tape.embedding(pooled, rows)
        });
        let cosines = tape.cosine(descriptions, texts);
        let logits = self.scores(tape, cosines);
        LabelledPassed { passed, logits, sequences }
    }

    /// Whether descriptions and texts are read each by itself.
    pub fn reads_apart(&self) -> bool {
        self.apart
    }

    /// The pooled states of `texts`, each with the tokens around it, as a bi-encoder compares them. Leaves the tape cleared.
    pub fn embeddings(&self, tape: &mut Tape, texts: &Ragged, modes: &AttentionModes) -> Vec<Vec<f32>> {
        let mut sequences = Self::sequences(tape, texts.lengths(), |text, step| texts.row(text)[step]);
        sequences.segments = Some(tape.pack_numbers(sequences.packing, |_, _| 0));
        let mode_of = |place: usize| modes.of(place);
        let attending = Attending { mode_of: &mode_of, fill: &|_, _, _, _| {}, removed: &[], keep: false };
        let pooled = tape.forward_only(|tape| {
            let passed = self.forward(tape, sequences, &attending, None, Dropout::none());
            self.pooled(tape, passed.states, (sequences, texts.lengths()))
        });
        let width = tape.shape(pooled).1;
        let rows = tape.data(pooled).chunks_exact(width).map(<[f32]>::to_vec).collect();
        tape.clear();
        rows
    }

    /// The score of two pooled states.
    pub fn similarity(&self, tape: &Tape, a: &[f32], b: &[f32]) -> f32 {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let norms = (dot(a, a) * dot(b, b)).sqrt();
        let cosine = if norms > 0.0 { dot(a, b) / norms } else { 0.0 };
        let (scale, offset) = self.output;
        let offset = offset.map_or(0.0, |offset| f64::from(tape.data(offset)[0]));
        (f64::from(tape.data(scale)[0]) * cosine + offset) as f32
    }

    /// α of an example at each place: half of the weight is that within the description, half that within the text.
    pub(super) fn alpha_apart(
        &self,
        tape: &Tape,
        read: &LabelledPassed,
        sides: &Sides<'_>,
        example: usize,
    ) -> Vec<PlaceReading> {
        let of_place = |place: usize| {
            let half = |sequence: usize| {
                let mut row = self.pooled_alpha(tape, read, place, (sequence, sides.length(sequence)));
                row.iter_mut().for_each(|weight| *weight *= 0.5);
                row
            };
            let alpha = Rows::from_iter([sides.joined(example, half)]);
            PlaceReading { alpha, ..PlaceReading::default() }
        };
        (0..self.places.len()).map(of_place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> LabelledBatch {
        let mut texts = Ragged::default();
        for row in [&[9, 1, 2, 8, 5, 8][..], &[9, 1, 2, 8, 6, 7, 8], &[9, 3, 8, 5, 8]] {
            texts.push(row.iter().copied());
        }
        LabelledBatch { texts, labels: vec![0, 1, 0], begins: vec![4, 4, 3] }
    }

    fn sequences(sides: &Sides<'_>) -> Vec<Vec<u32>> {
        let of = |sequence| (0..sides.length(sequence)).map(|step| sides.token(sequence, step)).collect();
        (0..sides.count()).map(of).collect()
    }

    #[test]
    fn descriptions_and_texts_are_read_each_with_a_token_around_it() {
        let batch = batch();
        let texts = [vec![9, 5, 8], vec![9, 6, 7, 8], vec![9, 5, 8]];
        let all = Sides::all(&batch);
        let descriptions = [vec![9, 1, 2, 8], vec![9, 1, 2, 8], vec![9, 3, 8]];
        assert_eq!(sequences(&all), [&descriptions[..], &texts].concat());
        let distinct = Sides::distinct(&batch);
        assert_eq!(sequences(&distinct), [&descriptions[1..], &texts].concat());
        assert_eq!([0, 1, 2].map(|example| distinct.of(example)), [[0, 2], [0, 3], [1, 4]]);
        assert_eq!((all.rows(), distinct.rows()), (21, 17));
    }

    #[test]
    fn numbers_of_both_sequences_have_the_length_of_the_example() {
        let batch = batch();
        let sides = Sides::all(&batch);
        for example in 0..3 {
            let joined = sides.joined(example, |sequence| vec![0.5; sides.length(sequence)]);
            assert_eq!(joined.len(), batch.texts.row(example).len());
            assert_eq!((joined[0], joined[1]), (1.0, 0.5));
        }
    }
}
