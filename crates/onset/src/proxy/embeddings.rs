//! β^px: the effect of single words in a bag-of-embeddings model (paper, "Notation" and "Classification").
//!
//! score = u·mean_l E[x_l] + c = mean_l (u·E[x_l] + c), so that β^px(i) = u·E[i] + c is the score of a text
//! that is the word i alone. More than two labels have a score each.

use onset_engine::{
    Activation, AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Random, Stream, Tape, Value,
};
use serde::{Deserialize, Serialize};

use crate::batch::{Link, Ragged};
use crate::model::{Linear, Parameters};
use crate::task::text::{Bags, WordTable};

/// Training settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingSettings {
    /// Width of the embedding.
    pub width: usize,
    /// Adam's step size.
    pub learning_rate: f32,
    /// Texts in a batch.
    pub batch: usize,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Training stops after this many epochs without a better validation loss.
    pub patience: usize,
    /// Seed of the initial weights and of the order of texts.
    pub seed: u64,
}

impl Default for EmbeddingSettings {
    /// The paper's settings, with the largest of its learning rates and early stopping.
    fn default() -> Self {
        Self { width: 256, learning_rate: 2e-4, batch: 64, epochs: 60, patience: 5, seed: 0 }
    }
}

/// The result of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingFacts {
    /// The number of epochs.
    pub epochs: usize,
    /// The epoch whose table is kept, counted from 1.
    pub best_epoch: usize,
    /// Loss on held-out texts after it.
    pub validation_loss: f64,
    /// Accuracy on held-out texts after that epoch.
    pub validation_accuracy: f64,
}

/// The model; its parameters are on a tape.
#[derive(Debug, Clone)]
pub struct BagOfEmbeddings {
    parameters: Parameters,
    embedding: Value,
    output: Linear,
}

impl BagOfEmbeddings {
    /// Draws the parameters.
    pub fn new(tape: &mut Tape, width: usize, vocabulary: usize, link: Link, seed: u64) -> Self {
        let mut parameters = Parameters::new(seed);
        let embedding = parameters.embedding(tape, "embedding", vocabulary, width);
        let output = parameters.linear(tape, "output", width, link.width());
        Self { parameters, embedding, output }
    }

    /// The parameters with their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The scores of each text (batch × scores).
    pub fn forward(&self, tape: &mut Tape, texts: &Ragged) -> Value {
        let packing = tape.pack(texts.lengths());
        let tokens = tape.pack_numbers(packing, |example, step| texts.row(example)[step]);
        let embedded = tape.embedding(self.embedding, tokens);
        let beta = self.output.apply(tape, embedded, Activation::Identity);
        tape.attention_pool(None, beta, packing, None, AttentionMode::Uniform, None).mean
    }

    /// β^px: the scores of each word alone (vocabulary × scores).
    pub fn table(&self, tape: &mut Tape) -> Vec<f32> {
        let beta = self.output.apply(tape, self.embedding, Activation::Identity);
        let table = tape.data(beta).to_vec();
        tape.clear();
        table
    }
}

/// Trains on `texts` (token ids) with their `labels` and returns the table of the epoch with the lowest loss on
/// `validation`. Returns `None` if `cancel` returns true between two batches.
pub fn train_embeddings(
    texts: &[&[u32]],
    labels: &[u32],
    validation: &Bags,
    settings: &EmbeddingSettings,
    cancel: &dyn Fn() -> bool,
) -> Option<(WordTable, EmbeddingFacts)> {
    let (mut tape, link) = (Tape::new(1), validation.link);
    let model = BagOfEmbeddings::new(&mut tape, settings.width, validation.vocabulary, link, settings.seed);
    let mut adam = Optimizer::new(OptimizerSettings::Adam(AdamSettings::default()), &tape);
    let mut order: Vec<u32> = (0..texts.len() as u32).collect();
    let mut batch = Ragged::default();
    let mut best: Option<(Vec<f32>, EmbeddingFacts)> = None;
    for epoch in 1..=settings.epochs {
        order.sort_unstable();
        Random::at(settings.seed, Stream::Data, epoch as u64).shuffle(&mut order);
        for examples in order.chunks(settings.batch) {
            if cancel() {
                return None;
            }
            batch.clear();
            examples.iter().for_each(|&text| batch.push(texts[text as usize].iter().copied()));
            let scores = model.forward(&mut tape, &batch);
            let labels = tape.indices(examples.iter().map(|&text| labels[text as usize]));
            let loss = match link {
                Link::Logistic => tape.logistic(scores, labels),
                Link::Softmax(_) => tape.cross_entropy(scores, labels),
            };
            tape.backward(loss);
            adam.update(&mut tape, settings.learning_rate, |_| true);
            tape.clear();
        }
        let table = model.table(&mut tape);
        let [validation_loss, validation_accuracy] = validation.loss_and_accuracy(&table);
        match &mut best {
            Some((_, facts)) if facts.validation_loss <= validation_loss => {
                facts.epochs = epoch;
                if epoch - facts.best_epoch >= settings.patience {
                    break;
                }
            }
            _ => {
                let facts =
                    EmbeddingFacts { epochs: epoch, best_epoch: epoch, validation_loss, validation_accuracy };
                best = Some((table, facts));
            }
        }
    }
    best.map(|(table, facts)| (WordTable::scores(link, table), facts))
}
