//! The classifier: bidirectional LSTM, feed-forward attention, and a score that is the attended mean of β
//! (paper, "Classification").
//!
//! a_l = w₂·ReLU(W₁ h_l + b₁) + b₂, α = softmax(a), β_l = beta(h_l), score = Σ_l α_l β_l.

use onset_engine::{Activation, Packing, Tape, Value};

use super::parameters::{Linear, LstmWeights, Parameters};
use crate::spec::{Attention, ClassificationModel};
use crate::task::Ragged;

/// The classifier's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Classifier {
    parameters: Parameters,
    embedding: Value,
    encoder: Vec<LstmWeights>,
    attention: [Linear; 2],
    beta: Linear,
    learned: bool,
}

/// A forward pass of the classifier.
#[derive(Debug, Clone, Copy)]
pub struct Classified {
    /// One score an example, positive for the positive label (batch × 1).
    pub logits: Value,
    /// α (packed rows × 1).
    pub alpha: Value,
    /// β, with the model's sign: positive for the positive label (packed rows × 1).
    pub beta: Value,
    /// The layout of the rows.
    pub packing: Packing,
}

impl Classifier {
    /// Draws the parameters of a model for `vocabulary` words.
    pub fn new(tape: &mut Tape, model: &ClassificationModel, vocabulary: usize, seed: u64) -> Self {
        let states = 2 * model.hidden;
        let mut parameters = Parameters::new(seed);
        let p = &mut parameters;
        Self {
            embedding: p.embedding(tape, "embedding", vocabulary, model.embedding),
            encoder: p.lstm(tape, "encoder", model.embedding, model.hidden, true),
            attention: [
                p.linear(tape, "attention.0", states, model.attention_hidden),
                p.linear(tape, "attention.2", model.attention_hidden, 1),
            ],
            beta: p.linear(tape, "beta", states, 1),
            learned: model.attention == Attention::Learned,
            parameters,
        }
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Scores each text.
    pub fn forward(&self, tape: &mut Tape, texts: &Ragged) -> Classified {
        let packing = tape.pack(texts.lengths());
        let tokens = tape.pack_numbers(packing, |example, step| texts.row(example)[step]);
        let (distinct, [rows]) = tape.distinct([tokens]);
        let embedded = tape.embedding(self.embedding, distinct);
        let directions = [0, 1].map(|i| self.encoder[i].direction(tape, embedded, None, i == 1));
        let states = tape.lstm(packing, Some(rows), &directions).hidden;
        let beta = self.beta.apply(tape, states, Activation::Identity);
        let scores = self.learned.then(|| {
            let hidden = self.attention[0].apply(tape, states, Activation::Relu);
            self.attention[1].apply(tape, hidden, Activation::Identity)
        });
        let pooled = tape.attention_pool(scores, beta, packing, None);
        Classified { logits: pooled.mean, alpha: pooled.alpha, beta, packing }
    }
}
