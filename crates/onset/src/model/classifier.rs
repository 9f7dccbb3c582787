//! The classifier: bidirectional LSTM, feed-forward attention, and a score that is the attended mean of β
//! (paper, "Classification").
//!
//! a_l = w₂·ReLU(W₁ h_l + b₁) + b₂, α = softmax(a), β_l = beta(h_l), score = Σ_l α_l β_l.

use onset_engine::{Activation, Indices, Packing, Tape, Value, Weighting};

use super::parameters::{Linear, LstmWeights, Parameters};
use crate::spec::{Attention, ClassificationModel};
use crate::task::Ragged;

/// How the classifier's attention weights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassifierRoute {
    /// Softmax of learned logits.
    Learned,
    /// The same weight on every word.
    Uniform,
    /// All weight on the places that hold this word, in equal parts; in a text without it, the same on every word.
    Word(u32),
}

/// The classifier's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Classifier {
    parameters: Parameters,
    embedding: Value,
    encoder: Vec<LstmWeights>,
    attention: [Linear; 2],
    beta: Linear,
    route: ClassifierRoute,
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
            encoder: p.lstm(tape, ("encoder", 0), model.embedding, model.hidden, true),
            attention: [
                p.linear(tape, "attention.0", states, model.attention_hidden),
                p.linear(tape, "attention.2", model.attention_hidden, 1),
            ],
            beta: p.linear(tape, "beta", states, 1),
            route: match model.attention {
                Attention::Learned => ClassifierRoute::Learned,
                Attention::Uniform => ClassifierRoute::Uniform,
            },
            parameters,
        }
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Lets attention weights come about otherwise, from the next forward pass on.
    pub fn set_route(&mut self, route: ClassifierRoute) {
        self.route = route;
    }

    /// How attention weights come about.
    pub fn route(&self) -> ClassifierRoute {
        self.route
    }

    /// Scores each text.
    pub fn forward(&self, tape: &mut Tape, texts: &Ragged) -> Classified {
        let (packing, embedded, rows) = self.embed(tape, texts);
        let directions = [0, 1].map(|i| self.encoder[i].direction(tape, embedded, None, i == 1));
        let states = tape.lstm(packing, Some(rows), &directions).hidden;
        self.attend(tape, states, packing, texts)
    }

    /// As [`Classifier::forward`], with a scalar of 1 (packed rows × 1) that multiplies the embedding of each
    /// word. Gradients reach these scalars and no parameter before them.
    pub fn forward_scaled(&self, tape: &mut Tape, texts: &Ragged) -> (Classified, Value) {
        let (packing, embedded, rows) = self.embed(tape, texts);
        let scales = tape.filled(packing.rows, 1, 1.0);
        let directions =
            [0, 1].map(|i| self.encoder[i].scaled_direction(tape, embedded, rows, scales, i == 1));
        let states = tape.lstm(packing, None, &directions).hidden;
        (self.attend(tape, states, packing, texts), scales)
    }

    /// The embeddings of the distinct words of `texts`, and which of them each packed row has.
    fn embed(&self, tape: &mut Tape, texts: &Ragged) -> (Packing, Value, Indices) {
        let packing = tape.pack(texts.lengths());
        let tokens = tape.pack_numbers(packing, |example, step| texts.row(example)[step]);
        let (distinct, [rows]) = tape.distinct([tokens]);
        (packing, tape.embedding(self.embedding, distinct), rows)
    }

    /// β and α of each state, and the scores that they make.
    fn attend(&self, tape: &mut Tape, states: Value, packing: Packing, texts: &Ragged) -> Classified {
        let beta = self.beta.apply(tape, states, Activation::Identity);
        let weighting = match self.route {
            ClassifierRoute::Learned => {
                let hidden = self.attention[0].apply(tape, states, Activation::Relu);
                Weighting::Logits(self.attention[1].apply(tape, hidden, Activation::Identity))
            }
            ClassifierRoute::Uniform => Weighting::Equal,
            ClassifierRoute::Word(word) => Weighting::Given(weights_on(tape, word, packing, texts)),
        };
        let pooled = tape.attention_pool(weighting, beta, packing, None);
        Classified { logits: pooled.mean, alpha: pooled.alpha, beta, packing }
    }
}

/// α that lies on `word` alone where a text has it (packed rows × 1).
fn weights_on(tape: &mut Tape, word: u32, packing: Packing, texts: &Ragged) -> Value {
    let alpha = tape.filled(packing.rows, 1, 0.0);
    for example in 0..texts.len() {
        let tokens = texts.row(example);
        let holds = tokens.iter().filter(|&&token| token == word).count();
        let share = 1.0 / if holds == 0 { tokens.len() } else { holds } as f32;
        for (step, &token) in tokens.iter().enumerate() {
            if holds == 0 || token == word {
                let row = tape.layout(packing).row(step, example);
                tape.data_mut(alpha)[row] = share;
            }
        }
    }
    alpha
}
