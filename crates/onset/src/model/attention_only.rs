//! A Transformer of attention alone: one layer, one head, learned positions, no MLP and no norms (the plainest of
//! Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits", with one layer).
//!
//! x_t = E[token_t] + P[t], q = query(x), k = key(x), v = value(x), α_t = softmax_{l ≤ t}(q_t·k_l/√width),
//! h_t = x_t + projection(Σ_l α_l v_l), logits_t = output(h_t), which predict token t + 1.

mod exported;

use std::any::Any;

use onset_engine::{
    Activation, AttentionMode, HeadModes, Mask, MultiHead, MultiHeadOutput, Packing, Tape, Value,
};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::modes::attend_to_previous;
use super::parameters::{Linear, ParameterGroup, Parameters};
use super::{
    Model, ModelSettings, Pass, Place, PlaceKind, PlaceReading, Read, Reading, Twin, Want,
    attention_difference,
};
use crate::batch::{Batch, CausalBatch, Form, Rows, Signature};
use crate::onnx::{Graph, Weights};
use crate::settings::{Settings, SpecError, require_size};

/// Sizes and variants of the attention-only Transformer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct AttentionOnlySettings {
    /// Width of embeddings, queries, keys and values.
    #[key(from = 1, to = 1048576)]
    pub width: usize,
    /// Attention mode: learned, or uniform or clamped from the first step.
    #[key(except = "given")]
    pub attention: AttentionMode,
}

impl Default for AttentionOnlySettings {
    fn default() -> Self {
        Self { width: 64, attention: AttentionMode::Learned }
    }
}

impl Settings for AttentionOnlySettings {
    const KIND: &'static str = "attention-only";
}

impl ModelSettings for AttentionOnlySettings {
    fn check(&self) -> Result<(), SpecError> {
        require_size(self.width, "model.width")
    }

    fn forms(&self) -> &'static [Form] {
        &[Form::Causal]
    }

    fn attention(&self) -> AttentionMode {
        self.attention
    }

    fn differences(&self) -> Vec<String> {
        attention_difference(self.attention).into_iter().collect()
    }

    fn build(&self, tape: &mut Tape, signature: &Signature, seed: u64) -> Box<dyn Model> {
        Box::new(AttentionOnly::new(tape, self, signature, seed))
    }

    fn twin(&self, weights: &Weights<'_>) -> Option<Twin> {
        Some(exported::twin(self, weights))
    }

    fn graph(&self, weights: &Weights<'_>) -> Option<Graph> {
        Some(exported::graph(self, weights))
    }
}

/// The model's parameters on a tape.
#[derive(Debug, Clone)]
pub struct AttentionOnly {
    parameters: Parameters,
    embedding: Value,
    position: Value,
    query: Linear,
    key: Linear,
    value: Linear,
    projection: Linear,
    output: Linear,
    places: [Place; 1],
}

/// A forward pass.
#[derive(Debug, Clone, Copy)]
struct Passed {
    /// x (rows × width).
    inputs: Value,
    /// v (rows × width).
    values: Value,
    attended: MultiHeadOutput,
    /// Scores of every token at the predictions (predictions × vocabulary).
    logits: Value,
    /// Mean cross-entropy of the predictions, in nats (1 × 1).
    loss: Value,
    packing: Packing,
}

/// Which predictions of each sequence count.
#[derive(Clone, Copy, PartialEq)]
enum Count {
    /// All that are not given.
    All,
    /// The last one.
    Last,
}

impl AttentionOnly {
    /// Draws the parameters of a model for sequences of `signature`.
    pub fn new(tape: &mut Tape, model: &AttentionOnlySettings, signature: &Signature, seed: u64) -> Self {
        let (width, vocabulary) = (model.width, signature.vocabulary());
        let mut parameters = Parameters::new(seed);
        let p = &mut parameters;
        let embedding = p.embedding(tape, "embedding", vocabulary, width);
        let position = p.embedding(tape, "position", signature.longest().max(1), width);
        p.group(ParameterGroup::Attention);
        let (query, key) = (p.linear(tape, "query", width, width), p.linear(tape, "key", width, width));
        p.group(ParameterGroup::Value);
        let value = p.linear(tape, "value", width, width);
        let projection = p.linear(tape, "projection", width, width);
        let output = p.group(ParameterGroup::Body).linear(tape, "output", width, vocabulary);
        let places = [Place { layer: 0, head: 0, kind: PlaceKind::SelfAttention }];
        Self { parameters, embedding, position, query, key, value, projection, output, places }
    }

    /// Reads the sequences. `scales` (rows × 1) multiply the embedding of each token.
    fn forward(
        &self,
        tape: &mut Tape,
        batch: &CausalBatch,
        pass: &Pass<'_>,
        count: Count,
        scale: bool,
    ) -> (Passed, Option<Value>) {
        let lengths = || (0..batch.tokens.len()).map(|example| batch.inputs(example).len());
        let packing = tape.pack(lengths());
        let packing = tape.consecutive(packing);
        let tokens = tape.pack_numbers(packing, |example, step| batch.inputs(example)[step]);
        let steps = tape.pack_numbers(packing, |_, step| step as u32);
        let scales = scale.then(|| tape.filled(packing.rows, 1, 1.0));
        let embedded = match scales {
            Some(scales) => tape.scaled_rows(self.embedding, tokens, scales, &[]),
            None => tape.embedding(self.embedding, tokens),
        };
        let positions = tape.embedding(self.position, steps);
        let inputs = tape.add(embedded, positions);
        let [queries, keys, values] =
            [self.query, self.key, self.value].map(|map| map.apply(tape, inputs, Activation::Identity));
        let weights = self.weights(tape, batch, pass);
        let attended = tape.attend_heads(MultiHead {
            queries,
            keys,
            values,
            heads: 1,
            packing,
            memory: None,
            mask: Mask::Causal,
            modes: HeadModes::all(pass.modes.of(0)),
            weights,
            relative: None,
        });
        let projected = self.projection.apply(tape, attended.output, Activation::Identity);
        let states = tape.add(inputs, projected);
        // The rows whose next token is predicted, and those tokens.
        let first = |example: usize| match count {
            Count::All => batch.first[example] as usize,
            Count::Last => batch.inputs(example).len() - 1,
        };
        let starts = lengths().scan(0, |sum, length| Some(std::mem::replace(sum, *sum + length)));
        let rows = tape.indices(starts.zip(lengths()).enumerate().flat_map(|(example, (start, length))| {
            (first(example)..length).map(move |step| (start + step) as u32)
        }));
        let targets = tape.indices(
            (0..batch.tokens.len())
                .flat_map(|example| batch.tokens.row(example)[first(example) + 1..].iter().copied()),
        );
        let states = tape.embedding(states, rows);
        let logits = self.output.apply(tape, states, Activation::Identity);
        let loss = tape.cross_entropy(logits, targets);
        (Passed { inputs, values, attended, logits, loss, packing }, scales)
    }

    /// The weights of clamped or given attention (by example, steps × positions); a step that predicts nothing that
    /// counts has the same weight on all that it sees.
    fn weights(&self, tape: &mut Tape, batch: &CausalBatch, pass: &Pass<'_>) -> Option<Value> {
        let mode = pass.modes.of(0);
        if !mode.takes_weights() {
            return None;
        }
        let (mut weights, mut row) = (Vec::new(), 0);
        for example in 0..batch.tokens.len() {
            let (steps, first) = (batch.inputs(example).len(), batch.first[example] as usize);
            for step in 0..steps {
                let start = weights.len();
                weights.resize(start + steps, 0.0);
                let visible = &mut weights[start..=start + step];
                if mode == AttentionMode::Previous {
                    attend_to_previous(visible);
                } else if step < first {
                    visible.fill(1.0 / (step + 1) as f32);
                } else {
                    pass.fill(0, (example, step - first), row, visible);
                    row += 1;
                }
            }
        }
        Some(tape.constant(1, weights.len(), &weights))
    }

    /// β of each prediction of each example: ln p of the right token, were h_t = x_t + projection(v_l).
    fn beta(&self, tape: &mut Tape, passed: Passed, batch: &CausalBatch) -> Vec<Rows> {
        let parts = self.projection.apply(tape, passed.values, Activation::Identity);
        let width = tape.shape(parts).1;
        let [inputs, parts] = [passed.inputs, parts].map(|value| tape.data(value).to_vec());
        let (mut pairs, mut targets) = (Vec::new(), Vec::new());
        for example in 0..batch.tokens.len() {
            let start = tape.layout(passed.packing).row(0, example);
            for (place, &target) in batch.targets(example).iter().enumerate() {
                let step = batch.first[example] as usize + place;
                pairs.extend((0..=step).map(|position| (start + step, start + position)));
                targets.resize(pairs.len(), target);
            }
        }
        let output = (self.output.weight, self.output.bias);
        let beta = tape.log_likelihoods(output, &targets, |row, state| {
            let (step, position) = pairs[row];
            let sums = inputs[step * width..][..width].iter().zip(&parts[position * width..][..width]);
            state.iter_mut().zip(sums).for_each(|(state, (own, part))| *state = own + part);
        });
        let mut beta = beta.into_iter();
        let rows = |example: usize| {
            let first = batch.first[example] as usize;
            (first..batch.inputs(example).len()).map(|step| step + 1).collect::<Vec<usize>>()
        };
        (0..batch.tokens.len())
            .map(|example| {
                let lengths = rows(example).into_iter();
                lengths.map(|length| beta.by_ref().take(length).collect::<Vec<f32>>()).collect()
            })
            .collect()
    }
}

impl Model for AttentionOnly {
    fn clone_boxed(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn places(&self) -> &[Place] {
        &self.places
    }

    fn loss(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Value {
        self.forward(tape, batch.causal(), &pass, Count::All, false).0.loss
    }

    fn read(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, want: Want) -> Read {
        let batch = batch.causal();
        let (passed, _) = self.forward(tape, batch, &pass, Count::All, false);
        let loss = tape.data(passed.loss)[0];
        let beta = if want.beta { self.beta(tape, passed, batch) } else { Vec::new() };
        let mut beta = beta.into_iter();
        let mut row = 0;
        let readings = (0..batch.tokens.len()).map(|example| {
            let mut reading = Reading::default();
            let targets = batch.targets(example);
            reading.predict(tape, passed.logits, row..row + targets.len(), targets, want.logits);
            row += targets.len();
            let steps = batch.first[example] as usize..batch.inputs(example).len();
            let alpha = tape.alpha_of_head(passed.attended, example, 0);
            let length = batch.inputs(example).len();
            let alpha = steps.map(|step| alpha[step * length..][..=step].iter().copied()).collect();
            reading.places = vec![PlaceReading { alpha, beta: beta.next().unwrap_or_default() }];
            reading
        });
        let readings = readings.collect();
        tape.clear();
        Read { loss, readings }
    }

    fn influence_on_last(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Option<Vec<Vec<f32>>> {
        let batch = batch.causal();
        let (passed, scales) = self.forward(tape, batch, &pass, Count::Last, true);
        tape.backward_to_constants(passed.loss);
        let slopes = tape.grad(scales?).expect("every token has an influence");
        let layout = tape.layout(passed.packing);
        // The loss is the mean over the batch; a row's influence is that on its own loss.
        let own = -(batch.tokens.len() as f32);
        let rows = |example| layout.rows_of(example).map(|row| own * slopes[row]).collect();
        let influence = (0..batch.tokens.len()).map(rows).collect();
        tape.clear();
        Some(influence)
    }
}
