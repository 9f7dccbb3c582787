//! β^px for sentence pairs: the effect of single words in a bag-of-embeddings model (paper, "Notation" and
//! "Translation").
//!
//! p(o|x) = softmax(W·mean_l E[x_l] + b), the same at every target position, trained to predict the target's bag of
//! words. Then β^px(i, o) = log softmax(W·E[i] + b)[o] is the log-probability of o for a source that consists of the
//! word i alone.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use onset_engine::{
    Activation, AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Random, Stream, Tape, Value,
};
use serde::{Deserialize, Serialize};

use super::EmbeddingSettings;
use crate::batch::Ragged;
use crate::model::{Linear, Parameters};
use crate::store::{Checkpoint, StoreError, write_checkpoint};
use crate::task::pairs::PairExample;
use crate::watch::{Progress, Watch, Work};

/// The result of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairEmbeddingFacts {
    /// The number of epochs.
    pub epochs: usize,
    /// The epoch whose parameters are kept, counted from 1.
    pub best_epoch: usize,
    /// Mean cross-entropy of a held-out target word after that epoch, in nats.
    pub validation_loss: f64,
}

/// The model with its own tape.
pub struct PairEmbeddings {
    tape: Tape,
    parameters: Parameters,
    embedding: Value,
    output: Linear,
}

impl PairEmbeddings {
    /// Initialises the parameters for `vocabulary` words, shared by both sides.
    pub fn new(width: usize, vocabulary: usize, seed: u64) -> Self {
        let mut tape = Tape::new(1);
        let mut parameters = Parameters::new(seed);
        let embedding = parameters.embedding(&mut tape, "embedding", vocabulary, width);
        let output = parameters.linear(&mut tape, "output", width, vocabulary);
        Self { tape, parameters, embedding, output }
    }

    /// Puts the mean loss per target word of `pairs` on the tape (1 × 1). Targets do not include `<s>`.
    fn loss(&mut self, pairs: &[&PairExample]) -> Value {
        let mut sources = Ragged::default();
        pairs.iter().for_each(|pair| sources.push(pair.source.iter().copied()));
        let tape = &mut self.tape;
        let packing = tape.pack(sources.lengths());
        let tokens = tape.pack_numbers(packing, |example, step| sources.row(example)[step]);
        let embedded = tape.embedding(self.embedding, tokens);
        let mean = tape.attention_pool(None, embedded, packing, None, AttentionMode::Uniform, None).mean;
        let logits = self.output.apply(tape, mean, Activation::Identity);
        let targets = tape.indices(pairs.iter().flat_map(|pair| pair.target[1..].iter().copied()));
        let lengths = tape.indices(pairs.iter().map(|pair| pair.target.len() as u32 - 1));
        tape.bag_cross_entropy(logits, targets, lengths)
    }

    /// The mean loss per target word over `pairs`, in nats, unless `go_on` breaks.
    fn mean_loss(
        &mut self,
        pairs: &[PairExample],
        batch: usize,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> ControlFlow<(), f64> {
        let (mut sum, mut words) = (0.0, 0);
        for pairs in pairs.chunks(batch) {
            go_on()?;
            let own: usize = pairs.iter().map(|pair| pair.target.len() - 1).sum();
            let loss = self.loss(&pairs.iter().collect::<Vec<_>>());
            sum += f64::from(self.tape.data(loss)[0]) * own as f64;
            words += own;
            self.tape.clear();
        }
        ControlFlow::Continue(sum / words.max(1) as f64)
    }

    /// Trains on `train` and keeps the parameters of the epoch with the lowest loss on `validation`. `watch` is called
    /// before each batch and can cancel the training.
    pub fn train(
        &mut self,
        train: &[PairExample],
        validation: &[PairExample],
        settings: &EmbeddingSettings,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), PairEmbeddingFacts> {
        let mut adam = Optimizer::new(OptimizerSettings::Adam(AdamSettings::default()), &self.tape);
        let mut order: Vec<u32> = (0..train.len() as u32).collect();
        let mut facts = PairEmbeddingFacts { epochs: 0, best_epoch: 0, validation_loss: f64::INFINITY };
        let mut best = Vec::new();
        let all = train.len().div_ceil(settings.batch) * settings.epochs;
        let mut done = 0;
        for epoch in 1..=settings.epochs {
            order.sort_unstable();
            Random::at(settings.seed, Stream::Data, epoch as u64).shuffle(&mut order);
            for numbers in order.chunks(settings.batch) {
                watch(Progress { work: Work::Embeddings, done, all })?;
                done += 1;
                let pairs: Vec<&PairExample> =
                    numbers.iter().map(|&number| &train[number as usize]).collect();
                let loss = self.loss(&pairs);
                self.tape.backward(loss);
                adam.update(&mut self.tape, settings.learning_rate, |_| true);
                self.tape.clear();
            }
            facts.epochs = epoch;
            let mut go_on = || watch(Progress { work: Work::Embeddings, done, all });
            let validation_loss = self.mean_loss(validation, settings.batch, &mut go_on)?;
            if validation_loss < facts.validation_loss {
                facts = PairEmbeddingFacts { epochs: epoch, best_epoch: epoch, validation_loss };
                best = self.parameters.iter().map(|p| self.tape.data(p.value).to_vec()).collect();
            } else if epoch - facts.best_epoch >= settings.patience {
                break;
            }
        }
        for (parameter, values) in self.parameters.iter().zip(&best) {
            self.tape.data_mut(parameter.value).copy_from_slice(values);
        }
        watch(Progress { work: Work::Embeddings, done: all, all })?;
        ControlFlow::Continue(facts)
    }

    /// Writes the parameters, with PyTorch's names.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let tensors: Vec<(&str, &[usize], &[f32])> = self
            .parameters
            .iter()
            .map(|p| (p.name.as_str(), p.shape.as_slice(), self.tape.data(p.value)))
            .collect();
        write_checkpoint(path, &tensors, &BTreeMap::new())
    }

    /// Loads the parameters that [`PairEmbeddings::write`] wrote. Errors if they belong to another model.
    pub fn load(&mut self, path: &Path) -> Result<(), StoreError> {
        let wanted: Vec<(&str, &[usize])> =
            self.parameters.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
        for (parameter, values) in self.parameters.iter().zip(Checkpoint::read(path)?.into_values(&wanted)?) {
            self.tape.data_mut(parameter.value).copy_from_slice(&values);
        }
        Ok(())
    }

    /// β^px(`source`, o) for every target word o, in nats.
    pub fn row(&mut self, source: u32) -> Vec<f32> {
        let token = self.tape.indices([source]);
        let embedded = self.tape.embedding(self.embedding, token);
        let logits = self.output.apply(&mut self.tape, embedded, Activation::Identity);
        let mut row = self.tape.data(logits).to_vec();
        self.tape.clear();
        let largest = onset_engine::largest(&row);
        let normaliser =
            f64::from(largest) + row.iter().map(|&z| f64::from(z - largest).exp()).sum::<f64>().ln();
        row.iter_mut().for_each(|z| *z = (f64::from(*z) - normaliser) as f32);
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::{uncancelled, unwatched};

    /// A language of eight words that translate one to one; ids 4 to 11 and 12 to 19.
    fn pairs(count: u64) -> Vec<PairExample> {
        let pair = |number: u64| {
            let mut random = Random::at(7, Stream::Data, number);
            let length = 3 + random.below(4);
            let words: Vec<u32> = (0..length).map(|_| random.below(8)).collect();
            let frame = |shift: u32| {
                [1].into_iter().chain(words.iter().map(move |word| word + shift)).chain([2]).collect()
            };
            PairExample { source: frame(4), target: frame(12), text: Default::default() }
        };
        (0..count).map(pair).collect()
    }

    #[test]
    fn each_word_predicts_its_translation_best() {
        let (train, validation) = (pairs(400), pairs(40));
        let mut model = PairEmbeddings::new(16, 20, 1);
        let settings =
            EmbeddingSettings { width: 16, learning_rate: 1e-2, batch: 16, epochs: 12, patience: 5, seed: 0 };
        let facts = uncancelled(model.train(&train, &validation, &settings, &mut unwatched));
        assert!(facts.validation_loss < 2.2 && facts.best_epoch > 1, "{facts:?}");
        for word in 0..8 {
            let row = model.row(4 + word);
            let total: f64 = row.iter().map(|&log| f64::from(log).exp()).sum();
            assert!((total - 1.0).abs() < 1e-5);
            let words = &row[12..20];
            let best = (0..8).max_by(|&a, &b| words[a].total_cmp(&words[b])).unwrap();
            assert_eq!(best, word as usize, "{words:?}");
        }
        let mut batches = 0;
        let mut third = |progress: Progress| {
            assert_eq!((progress.done, progress.all), (batches, 25 * 12));
            batches += 1;
            if batches == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert!(model.train(&train, &validation, &settings, &mut third).is_break());
        assert_eq!(batches, 3);
    }
}
