//! A classifier: bidirectional LSTM, feed-forward attention, and scores that are the attended mean of β (paper,
//! "Classification").
//!
//! a_l = w₂·ReLU(W₁ h_l + b₁) + b₂, α = softmax(a), β_l = beta(h_l), score = Σ_l α_l β_l. Two labels have one score and
//! the logistic loss, as in the paper; more labels have a score each and softmax cross-entropy.

mod exported;

use std::any::Any;

use onset_engine::{Activation, AttentionMode, Indices, Packing, Tape, Value};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::labels::{loss_of_labels, reading_of_label, scores_at};
use super::parameters::{Linear, LstmWeights, ParameterGroup, Parameters};
use super::{
    Model, ModelSettings, Pass, Place, PlaceKind, PlaceReading, Read, Twin, Want, attention_difference,
};
use crate::batch::{Batch, Form, LabelledBatch, Link, Ragged, Rows, Signature};
use crate::onnx::{Graph, Weights};
use crate::settings::{Settings, SpecError, require_size};

/// Sizes and variants of the classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierSettings {
    /// Width of the embedding.
    #[key(from = 1, to = 1048576)]
    pub embedding: usize,
    /// Width of each direction of the encoder.
    #[key(from = 1, to = 1048576)]
    pub hidden: usize,
    /// Width of the hidden layer that scores a position.
    #[key(from = 1, to = 1048576)]
    pub attention_hidden: usize,
    /// Attention mode: learned, or uniform or clamped from the first step.
    #[key(except = "given, previous")]
    pub attention: AttentionMode,
}

impl Default for ClassifierSettings {
    fn default() -> Self {
        Self { embedding: 300, hidden: 256, attention_hidden: 256, attention: AttentionMode::Learned }
    }
}

impl Settings for ClassifierSettings {
    const KIND: &'static str = "rnn-classifier";
}

impl ModelSettings for ClassifierSettings {
    fn check(&self) -> Result<(), SpecError> {
        require_size(self.embedding, "model.embedding")?;
        require_size(self.hidden, "model.hidden")?;
        require_size(self.attention_hidden, "model.attention_hidden")
    }

    fn forms(&self) -> &'static [Form] {
        &[Form::Classification]
    }

    fn attention(&self) -> AttentionMode {
        self.attention
    }

    fn differences(&self) -> Vec<String> {
        attention_difference(self.attention).into_iter().collect()
    }

    fn build(&self, tape: &mut Tape, signature: &Signature, seed: u64) -> Box<dyn Model> {
        Box::new(Classifier::new(tape, self, signature.vocabulary(), signature.labels(), seed))
    }

    fn twin(&self, weights: &Weights<'_>) -> Option<Twin> {
        Some(exported::twin(self, weights))
    }

    fn graph(&self, weights: &Weights<'_>) -> Option<Graph> {
        Some(exported::graph(self, weights))
    }
}

/// The classifier's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Classifier {
    parameters: Parameters,
    embedding: Value,
    encoder: Vec<LstmWeights>,
    attention: [Linear; 2],
    beta: Linear,
    link: Link,
    places: [Place; 1],
}

/// A forward pass of the classifier.
#[derive(Debug, Clone, Copy)]
pub struct Classified {
    /// The scores of each example (batch × scores): of two labels one, positive for the second.
    pub logits: Value,
    /// α (packed rows × 1).
    pub alpha: Value,
    /// The scores, were the context the state of this position alone (packed rows × scores).
    pub beta: Value,
    /// The layout of the rows.
    pub packing: Packing,
}

impl Classifier {
    /// Draws the parameters of a model for `vocabulary` words and `labels` labels.
    pub fn new(
        tape: &mut Tape,
        model: &ClassifierSettings,
        vocabulary: usize,
        labels: usize,
        seed: u64,
    ) -> Self {
        let (states, link) = (2 * model.hidden, Link::of(labels));
        let mut parameters = Parameters::new(seed);
        let p = &mut parameters;
        let embedding = p.embedding(tape, "embedding", vocabulary, model.embedding);
        let encoder = p.lstm(tape, ("encoder", 0), model.embedding, model.hidden, true);
        p.group(ParameterGroup::Attention);
        let attention = [
            p.linear(tape, "attention.0", states, model.attention_hidden),
            p.linear(tape, "attention.2", model.attention_hidden, 1),
        ];
        let beta = p.group(ParameterGroup::Value).linear(tape, "beta", states, link.width());
        let places = [Place { layer: 0, head: 0, kind: PlaceKind::Pooling }];
        Self { parameters, embedding, encoder, attention, beta, link, places }
    }

    /// Scores each text.
    pub fn forward(&self, tape: &mut Tape, texts: &Ragged, pass: &Pass<'_>) -> Classified {
        let (packing, embedded, rows) = self.embed(tape, texts);
        let directions = [0, 1].map(|i| self.encoder[i].direction(tape, embedded, None, i == 1));
        let states = tape.lstm(packing, Some(rows), &directions).hidden;
        self.attend(tape, states, packing, pass)
    }

    /// As [`Classifier::forward`], with a scalar of 1 (packed rows × 1) that multiplies the embedding of each
    /// word. Gradients reach these scalars and no parameter before them.
    pub fn forward_scaled(&self, tape: &mut Tape, texts: &Ragged, pass: &Pass<'_>) -> (Classified, Value) {
        let (packing, embedded, rows) = self.embed(tape, texts);
        let scales = tape.filled(packing.rows, 1, 1.0);
        let directions =
            [0, 1].map(|i| self.encoder[i].scaled_direction(tape, embedded, rows, scales, i == 1));
        let states = tape.lstm(packing, None, &directions).hidden;
        (self.attend(tape, states, packing, pass), scales)
    }

    /// The embeddings of the distinct words of `texts`, and which of them each packed row has.
    fn embed(&self, tape: &mut Tape, texts: &Ragged) -> (Packing, Value, Indices) {
        let packing = tape.pack(texts.lengths());
        let tokens = tape.pack_numbers(packing, |example, step| texts.row(example)[step]);
        let (distinct, [rows]) = tape.distinct([tokens]);
        (packing, tape.embedding(self.embedding, distinct), rows)
    }

    /// β and α of each state, and the scores that they make.
    fn attend(&self, tape: &mut Tape, states: Value, packing: Packing, pass: &Pass<'_>) -> Classified {
        let beta = self.beta.apply(tape, states, Activation::Identity);
        let mode = pass.modes.of(0);
        let logits = (mode == AttentionMode::Learned).then(|| {
            let hidden = self.attention[0].apply(tape, states, Activation::Relu);
            self.attention[1].apply(tape, hidden, Activation::Identity)
        });
        let given = matches!(mode, AttentionMode::Clamped | AttentionMode::Given);
        let weights = given.then(|| weights(tape, packing, pass));
        let pooled = tape.attention_pool(logits, beta, packing, None, mode, weights);
        Classified { logits: pooled.mean, alpha: pooled.alpha, beta, packing }
    }
}

/// Clamped or given α (packed rows × 1).
fn weights(tape: &mut Tape, packing: Packing, pass: &Pass<'_>) -> Value {
    let alpha = tape.filled(packing.rows, 1, 0.0);
    for example in 0..tape.layout(packing).batch() {
        let rows: Vec<usize> = tape.layout(packing).rows_of(example).collect();
        let mut weights = vec![0.0; rows.len()];
        pass.fill(0, (example, 0), example, &mut weights);
        rows.into_iter().zip(weights).for_each(|(row, weight)| tape.data_mut(alpha)[row] = weight);
    }
    alpha
}

impl Model for Classifier {
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
        let LabelledBatch { texts, labels, .. } = batch.labelled();
        let read = self.forward(tape, texts, &pass);
        loss_of_labels(tape, self.link, read.logits, labels, pass.label_weights)
    }

    fn read(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, want: Want) -> Read {
        let LabelledBatch { texts, labels, .. } = batch.labelled();
        let (read, scales) = if want.delta {
            let (read, scales) = self.forward_scaled(tape, texts, &pass);
            (read, Some(scales))
        } else {
            (self.forward(tape, texts, &pass), None)
        };
        let loss = loss_of_labels(tape, self.link, read.logits, labels, None);
        let mean = tape.data(loss)[0];
        if scales.is_some() {
            tape.backward_to_constants(loss);
        }
        let slopes = scales.map(|scales| tape.grad(scales).expect("every word has an influence"));
        // The loss is the mean over the batch; a text's influence is that on its own loss.
        let own = -(labels.len() as f32);
        let layout = tape.layout(read.packing);
        let readings = labels.iter().enumerate().map(|(example, &label)| {
            let rows = || layout.rows_of(example);
            let scores = scores_at(tape, read.logits, example);
            let mut reading = reading_of_label(self.link, &scores, label, want);
            let mut place = PlaceReading::default();
            place.alpha.push(rows().map(|row| tape.data(read.alpha)[row]));
            if want.beta {
                let odds = |row| self.link.log_odds(&scores_at(tape, read.beta, row), label) as f32;
                place.beta.push(rows().map(odds));
            }
            reading.places.push(place);
            if let Some(slopes) = slopes {
                reading.delta = Rows::from_iter([rows().map(|row| own * slopes[row])]);
            }
            reading
        });
        let readings = readings.collect();
        tape.clear();
        Read { loss: mean, readings }
    }
}
