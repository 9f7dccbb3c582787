//! The paper's model for "Translation": stacked bidirectional LSTM encoder and stacked LSTM decoder joined by general dot-product
//! attention (Luong et al. 2015).
//!
//! q_t = query(s_t), α_t = softmax_l(q_t·h_l), c_t = context(Σ_l α h_l), o_t = ReLU(readout([s_t; c_t])),
//! logits = output(o_t). Each layer of the decoder starts from the mean of the two directions of the same layer of the
//! encoder. A batch has too few rows for `context` and the second half of `readout` to be worth composing, but probes
//! read the composed map.

mod exported;
mod settings;

use std::any::Any;

use onset_engine::{
    Activation, Attended, AttentionMode, Direction, Indices, LstmOutput, Packing, Random, Tape, Term, Value,
};

pub use self::settings::TranslatorSettings;
use super::parameters::{Linear, LstmWeights, ParameterGroup, Parameters};
use super::{Model, Pass, Place, PlaceKind, PlaceReading, Read, Reading, Want};
use crate::batch::{Batch, Ragged, SequencePairs};
use crate::decode::{Decoder, Translates};

/// The translation model's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Translator {
    parameters: Parameters,
    embedding: Value,
    /// Both directions of each layer.
    encoder: Vec<[LstmWeights; 2]>,
    decoder: Vec<LstmWeights>,
    query: Linear,
    context: Linear,
    readout: Linear,
    output: Linear,
    dropout: f32,
    hidden: usize,
    places: [Place; 1],
}

/// A source as the encoder has read it.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The states of the last layer (source rows × 2·hidden).
    pub states: Value,
    /// Their layout: one sequence after the other.
    pub packing: Packing,
    /// Hidden and cell state from which each layer of the decoder starts (batch × hidden).
    pub starts: Vec<(Value, Value)>,
}

/// A forward pass of the translation model.
#[derive(Debug, Clone)]
pub struct Translated {
    /// The source.
    pub encoded: Encoded,
    /// The decoder's states (target rows × hidden).
    pub states: Value,
    /// Context vectors and α.
    pub attended: Attended,
    /// The layout of target rows: one sequence after the other.
    pub target: Packing,
    /// Scores of every subword (target rows × vocabulary).
    pub logits: Value,
    /// Mean token cross-entropy in nats (1 × 1).
    pub loss: Value,
}

/// The decoder's parameters.
#[derive(Debug, Clone, Copy)]
pub struct DecoderWeights<'a> {
    /// Embeddings of all subwords.
    pub embedding: Value,
    /// LSTM layers.
    pub layers: &'a [LstmWeights],
    /// From decoder states to queries.
    pub query: Linear,
    /// From contexts to the readout's second half.
    pub context: Linear,
    /// Of decoder state and mapped context.
    pub readout: Linear,
    /// From readout to scores of subwords.
    pub output: Linear,
}

/// Masks of dropout; none outside training.
type Dropout<'a> = Option<&'a mut Random>;

impl Translator {
    /// Draws the parameters of a model for `vocabulary` subwords.
    pub fn new(tape: &mut Tape, model: &TranslatorSettings, vocabulary: usize, seed: u64) -> Self {
        let TranslatorSettings { embedding, hidden, layers, dropout, .. } = *model;
        let mut parameters = Parameters::new(seed);
        let p = &mut parameters;
        let table = p.embedding(tape, "embedding", vocabulary, embedding);
        let encoder = (0..layers).map(|layer| {
            let ins = if layer == 0 { embedding } else { 2 * hidden };
            let weights = p.lstm(tape, ("encoder", layer), ins, hidden, true);
            [weights[0], weights[1]]
        });
        let encoder = encoder.collect();
        let decoder = (0..layers).map(|layer| {
            let ins = if layer == 0 { embedding } else { hidden };
            p.lstm(tape, ("decoder", layer), ins, hidden, false)[0]
        });
        let decoder = decoder.collect();
        let query = p.group(ParameterGroup::Attention).linear(tape, "query", hidden, 2 * hidden);
        let context = p.group(ParameterGroup::Value).linear(tape, "context", 2 * hidden, hidden);
        p.group(ParameterGroup::Body);
        Self {
            embedding: table,
            encoder,
            decoder,
            query,
            context,
            readout: p.linear(tape, "readout", 2 * hidden, hidden),
            output: p.linear(tape, "output", hidden, vocabulary),
            dropout,
            hidden,
            places: [Place { layer: 0, head: 0, kind: PlaceKind::Cross }],
            parameters,
        }
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The map from readout to scores of subwords.
    pub fn output(&self) -> Linear {
        self.output
    }

    /// What a decoder needs beside a source that has been read.
    pub fn decoder(&self) -> DecoderWeights<'_> {
        DecoderWeights {
            embedding: self.embedding,
            layers: &self.decoder,
            query: self.query,
            context: self.context,
            readout: self.readout,
            output: self.output,
        }
    }

    /// Reads the sources and predicts every target token given those before it. With `dropout`, outputs between
    /// layers are dropped by its draws.
    pub fn forward(&self, tape: &mut Tape, batch: &SequencePairs, mut pass: Pass<'_>) -> Translated {
        let mut dropout = pass.dropout.take();
        let source = tape.pack(batch.source.lengths());
        let target = tape.pack(batch.target.lengths());
        let read = tape.pack_numbers(source, |example, step| batch.source.row(example)[step]);
        let fed = tape.pack_numbers(target, |example, step| batch.decoder_input.row(example)[step]);
        let inputs = self.embed(tape, read);
        let encoded = self.encode(tape, source, inputs, &mut dropout);
        let inputs = self.embed(tape, fed);
        let states = self.decode(tape, target, inputs, &encoded.starts, &mut dropout).hidden;
        let (states, target) = tape.regroup(states, target);
        let weights = pass.cross_weights(tape, batch, 1, |steps| 0..steps);
        let (attended, logits) = self.predict(tape, (states, target), &encoded, pass.modes.of(0), weights);
        let targets = tape.pack_numbers(target, |example, step| batch.target.row(example)[step]);
        let loss = tape.cross_entropy(logits, targets);
        Translated { encoded, states, attended, target, logits, loss }
    }

    /// Reads sources, without dropout.
    pub fn encode_sources(&self, tape: &mut Tape, sources: &Ragged) -> Encoded {
        let packing = tape.pack(sources.lengths());
        let read = tape.pack_numbers(packing, |example, step| sources.row(example)[step]);
        let inputs = self.embed(tape, read);
        self.encode(tape, packing, inputs, &mut None)
    }

    /// The embeddings of the distinct ones of `tokens`. Each side has its own: languages share few subwords, and
    /// what one LSTM reads the other need not multiply.
    fn embed(&self, tape: &mut Tape, tokens: Indices) -> Inputs {
        let (distinct, [rows]) = tape.distinct([tokens]);
        Inputs { embedded: tape.embedding(self.embedding, distinct), rows, scales: None }
    }

    /// The mean loss (1 × 1) of the last token of each target, given those before it, with a scalar of 1 (packed
    /// source rows × 1) that multiplies the embedding of each source token. Gradients reach these scalars and no
    /// parameter before them.
    pub fn forward_last(
        &self,
        tape: &mut Tape,
        batch: &SequencePairs,
        pass: &Pass<'_>,
    ) -> (Value, Value, Packing) {
        let source = tape.pack(batch.source.lengths());
        let target = tape.pack(batch.target.lengths());
        let last = tape.pack(batch.target.lengths().map(|_| 1));
        let last = tape.consecutive(last);
        let read = tape.pack_numbers(source, |example, step| batch.source.row(example)[step]);
        let fed = tape.pack_numbers(target, |example, step| batch.decoder_input.row(example)[step]);
        let scales = tape.filled(source.rows, 1, 1.0);
        let inputs = Inputs { scales: Some(scales), ..self.embed(tape, read) };
        let encoded = self.encode(tape, source, inputs, &mut None);
        let inputs = self.embed(tape, fed);
        let decoded = self.decode(tape, target, inputs, &encoded.starts, &mut None);
        let weights = pass.cross_weights(tape, batch, 1, |steps| steps - 1..steps);
        let rows = (decoded.last_hidden, last);
        let (_, logits) = self.predict(tape, rows, &encoded, pass.modes.of(0), weights);
        let word = |example: usize| batch.target.row(example)[batch.target.row(example).len() - 1];
        let targets = tape.indices((0..batch.target.len()).map(word));
        (tape.cross_entropy(logits, targets), scales, source)
    }

    /// The states of the encoder's last layer, and the starts of the decoder's layers.
    fn encode(
        &self,
        tape: &mut Tape,
        packing: Packing,
        inputs: Inputs,
        dropout: &mut Dropout<'_>,
    ) -> Encoded {
        let [first, ..] = &self.encoder[..] else { unreachable!("a model has layers") };
        let directions = [0, 1].map(|side| inputs.direction(tape, &first[side], None, side == 1));
        let mut read = tape.lstm(packing, inputs.rows(), &directions);
        let mut starts = vec![start_of(tape, read)];
        for weights in &self.encoder[1..] {
            let below = self.drop(tape, read.hidden, dropout);
            let directions = [0, 1].map(|side| weights[side].direction(tape, below, None, side == 1));
            read = tape.lstm(packing, None, &directions);
            starts.push(start_of(tape, read));
        }
        let (states, packing) = tape.regroup(read.hidden, packing);
        Encoded { states, packing, starts }
    }

    /// What the decoder's last layer makes.
    fn decode(
        &self,
        tape: &mut Tape,
        packing: Packing,
        inputs: Inputs,
        starts: &[(Value, Value)],
        dropout: &mut Dropout<'_>,
    ) -> LstmOutput {
        let direction = inputs.direction(tape, &self.decoder[0], Some(starts[0]), false);
        let mut read = tape.lstm(packing, inputs.rows(), &[direction]);
        for (weights, &start) in self.decoder.iter().zip(starts).skip(1) {
            let below = self.drop(tape, read.hidden, dropout);
            let direction = weights.direction(tape, below, Some(start), false);
            read = tape.lstm(packing, None, &[direction]);
        }
        read
    }

    /// Attention of decoder states over the source, and the scores of every subword.
    fn predict(
        &self,
        tape: &mut Tape,
        (states, packing): (Value, Packing),
        encoded: &Encoded,
        mode: AttentionMode,
        weights: Option<Value>,
    ) -> (Attended, Value) {
        let queries = self.query.apply(tape, states, Activation::Identity);
        let memory = (encoded.states, encoded.packing);
        let attended = tape.attend((queries, packing), memory, None, mode, weights);
        let mapped = self.context.apply(tape, attended.context, Activation::Identity);
        let second = Term { input: mapped, weight: self.readout.weight, first_column: self.hidden };
        let terms = [Term::new(states, self.readout.weight), second];
        let readout = tape.affine(&terms, &[self.readout.bias], Activation::Relu);
        (attended, self.output.apply(tape, readout, Activation::Identity))
    }

    fn drop(&self, tape: &mut Tape, input: Value, dropout: &mut Dropout<'_>) -> Value {
        match dropout {
            Some(random) if self.dropout > 0.0 => tape.dropout(input, self.dropout, random),
            _ => input,
        }
    }

    /// `context` and the half of `readout` that reads it as one map: weight (hidden × 2·hidden) and bias.
    fn context_map(&self, tape: &mut Tape) -> (Value, Value) {
        let Linear { weight, bias } = self.readout;
        tape.compose((weight, self.hidden), bias, self.context.weight, self.context.bias, 1)
    }

    /// What a decoder state and a source state alone add to the readout: for every target row and for every source
    /// row, `hidden` numbers; ReLU of the sum of a pair is the readout, were the context that source state.
    pub fn readout_parts(&self, tape: &mut Tape, translated: &Translated) -> [Value; 2] {
        let (weight, bias) = self.context_map(tape);
        let own = [Term::new(translated.states, self.readout.weight)];
        let read = [Term::new(translated.encoded.states, weight)];
        [tape.affine(&own, &[bias], Activation::Identity), tape.affine(&read, &[], Activation::Identity)]
    }
}

/// What a first layer reads: the embeddings of distinct tokens, and which of them each packed row has.
#[derive(Debug, Clone, Copy)]
struct Inputs {
    embedded: Value,
    rows: Indices,
    /// What multiplies the embedding of each packed row (rows × 1), to see its influence.
    scales: Option<Value>,
}

impl Inputs {
    fn direction(
        self,
        tape: &mut Tape,
        weights: &LstmWeights,
        start: Option<(Value, Value)>,
        reversed: bool,
    ) -> Direction {
        match self.scales {
            Some(scales) => weights.scaled_direction(tape, self.embedded, self.rows, scales, reversed),
            None => weights.direction(tape, self.embedded, start, reversed),
        }
    }

    /// From packed rows to rows of gate inputs; scaled ones are packed rows themselves.
    fn rows(self) -> Option<Indices> {
        self.scales.is_none().then_some(self.rows)
    }
}

/// The means over both directions of the states that a layer ends with.
fn start_of(tape: &mut Tape, read: LstmOutput) -> (Value, Value) {
    (tape.fold(read.last_hidden, 2), tape.fold(read.last_cell, 2))
}

impl Model for Translator {
    fn clone_boxed(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn decoder(&self, tape: &mut Tape, uniform: bool) -> Option<Box<dyn Translates>> {
        Some(Box::new((self.clone(), Decoder::new(self, tape, uniform))))
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn places(&self) -> &[Place] {
        &self.places
    }

    fn loss(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Value {
        self.forward(tape, batch.pairs(), pass).loss
    }

    fn read(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, want: Want) -> Read {
        let pairs = batch.pairs();
        let translated = self.forward(tape, pairs, pass);
        let loss = tape.data(translated.loss)[0];
        let beta = if want.beta { self.beta(tape, &translated, pairs) } else { Vec::new() };
        let mut beta = beta.into_iter();
        let readings = (0..pairs.target.len()).map(|example| {
            let mut reading = Reading::default();
            let layout = tape.layout(translated.target);
            let rows = layout.rows_of(example);
            reading.predict(tape, translated.logits, rows, pairs.target.row(example), want.logits);
            let (steps, positions) = (reading.predicted.len(), pairs.source.row(example).len());
            let alpha = tape.alpha_of(translated.attended, example).chunks_exact(positions);
            let beta = (0..if want.beta { steps } else { 0 })
                .map(|_| beta.by_ref().take(positions).collect::<Vec<f32>>())
                .collect();
            let alpha = alpha.map(|row| row.iter().copied()).collect();
            reading.places = vec![PlaceReading { alpha, beta }];
            reading
        });
        let readings = readings.collect();
        tape.clear();
        Read { loss, readings }
    }

    fn influence_on_last(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Option<Vec<Vec<f32>>> {
        let (loss, scales, packing) = self.forward_last(tape, batch.pairs(), &pass);
        tape.backward_to_constants(loss);
        let slopes = tape.grad(scales).expect("every word has an influence");
        let layout = tape.layout(packing);
        // The loss is the mean over the batch; a row's influence is that on its own loss.
        let own = -(batch.len() as f32);
        let rows = |example| layout.rows_of(example).map(|row| own * slopes[row]).collect();
        let influence = (0..batch.len()).map(rows).collect();
        tape.clear();
        Some(influence)
    }
}

impl Translator {
    /// β of all pairs of a batch, one after the other, each row by row.
    fn beta(&self, tape: &mut Tape, translated: &Translated, pairs: &SequencePairs) -> Vec<f32> {
        let parts = self.readout_parts(tape, translated);
        let width = tape.shape(parts[0]).1;
        let (mut rows, mut targets) = (Vec::new(), Vec::new());
        let [steps, positions] =
            [translated.target, translated.encoded.packing].map(|packing| tape.layout(packing));
        for place in 0..pairs.source.len() {
            for (row, &word) in steps.rows_of(place).zip(pairs.target.row(place)) {
                rows.extend(positions.rows_of(place).map(|position| (row, position)));
                targets.resize(rows.len(), word);
            }
        }
        let [own, read] = parts.map(|part| tape.data(part).to_vec());
        tape.log_likelihoods((self.output.weight, self.output.bias), &targets, |row, readout| {
            let (step, position) = rows[row];
            let sums = own[step * width..][..width].iter().zip(&read[position * width..][..width]);
            readout.iter_mut().zip(sums).for_each(|(readout, (own, read))| *readout = (own + read).max(0.0));
        })
    }
}
