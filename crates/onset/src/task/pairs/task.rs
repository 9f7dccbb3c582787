//! Translation as a task: batches of similar length, and every held-out pair evaluated.

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{BleuScope, PairData, PairExample, PairSource};
use crate::batch::{Examples, Signature};
use crate::store::Table;
use crate::task::subwords::SUBWORDS;
use crate::task::{
    Artifact, Draw, EpochOrder, Evaluated, Generation, PassSize, Split, SplitFiles, Task, number,
};
use crate::watch::Watch;

/// Sentence pairs, ready to be drawn.
pub struct PairTask {
    data: Arc<PairData>,
    split_seed: u64,
    /// The files of the splits; `None` for pairs from memory.
    files: Option<SplitFiles>,
    bleu: BleuScope,
}

impl PairTask {
    /// The task of `data`, which was loaded from `source`.
    pub fn new(source: &PairSource, data: Arc<PairData>) -> Self {
        let validation = source.validation_source.as_deref();
        let files = source.source.as_deref().map(|file| SplitFiles::new(file, validation));
        Self { data, split_seed: source.split_seed, files, bleu: source.bleu }
    }

    fn pairs(&self, split: Split) -> &[PairExample] {
        match split {
            Split::Validation => &self.data.validation,
            Split::Training => &self.data.train,
        }
    }

    fn push(&self, split: Split, number: usize, examples: &mut Examples) {
        let pair = &self.pairs(split)[number];
        examples.push_pair(pair.source.iter().copied(), pair.target.iter().copied());
    }
}

impl Task for PairTask {
    /// An `Arc<PairData>`.
    fn as_any(&self) -> &dyn Any {
        &self.data
    }

    fn signature(&self) -> Signature {
        let pairs = self.data.train.iter().chain(&self.data.validation);
        let longest = pairs.map(|pair| pair.source.len() + pair.target.len()).max().unwrap_or(0);
        Signature::Pairs { vocabulary: self.data.subwords.len(), longest }
    }

    fn digest(&self) -> Option<&str> {
        Some(&self.data.digest)
    }

    fn summary(&self) -> Option<String> {
        let (train, validation) = (self.data.train.len(), self.data.validation.len());
        let subwords = self.data.subwords.len();
        Some(format!("{train} sentence pairs to train on, {validation} held out, {subwords} subwords"))
    }

    fn notices(&self) -> Vec<String> {
        self.data.remarks.iter().cloned().chain(self.data.notices.sentences()).collect()
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let facts = serde_json::to_string(&self.data.facts()).expect("plain data").into_bytes();
        let subwords = self.data.subwords.to_json().into_bytes();
        let [training, validation] = &self.data.lines;
        let lines = [(Split::Training, &training[..]), (Split::Validation, &validation[..])];
        let examples = self.files.as_ref().map(|files| files.artifact(lines));
        let own = [
            Artifact { name: SUBWORDS, contents: subwords, vocabulary: Some(self.data.subwords.len()) },
            Artifact { name: "data.json", contents: facts, vocabulary: None },
        ];
        own.into_iter().chain(examples).collect()
    }

    fn fill(&self, draw: Draw, order: &mut EpochOrder, examples: &mut Examples) {
        examples.clear();
        if let Draw::Training { seed, step, batch } = draw {
            for &number in order.batches.at(step, seed, batch, &self.data.train) {
                self.push(Split::Training, number as usize, examples);
            }
            return;
        }
        let split = if let Draw::Record { split, .. } = draw { split } else { Split::Validation };
        for number in self.numbers(draw).unwrap_or_default() {
            self.push(split, number, examples);
        }
    }

    fn numbers(&self, draw: Draw) -> Option<Vec<usize>> {
        let held_out = self.data.validation.len();
        match draw {
            Draw::Training { .. } => None,
            Draw::Evaluation { .. } => Some((0..held_out).collect()),
            Draw::Record { split: Split::Validation, count, .. } => Some((0..count.of(held_out)).collect()),
            Draw::Record { split: Split::Training, count, .. } => {
                Some(self.data.training_sample(count.or_all(held_out), self.split_seed))
            }
        }
    }

    fn recorded_splits(&self) -> &'static [Split] {
        &Split::ALL
    }

    fn token(&self, id: u32) -> String {
        self.data.subwords.piece(id)
    }

    fn evaluation_batch(&self) -> usize {
        32
    }

    /// About half a second's work for the paper's model.
    fn pass_size(&self) -> PassSize {
        PassSize { cells: 6000, tokens: 6000 }
    }

    /// Token accuracy, perplexity and loss, the tokens before each given.
    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        let (mut right, mut tokens, mut loss) = (0, 0, 0.0);
        for (example, reading) in evaluated.readings.iter().enumerate() {
            let target = evaluated.examples.predicted(example);
            right += reading.predicted.iter().zip(target).filter(|(guess, word)| guess == word).count();
            tokens += target.len();
            loss -= reading.log_probability.iter().map(|&log| f64::from(log)).sum::<f64>();
        }
        let loss = loss / tokens as f64;
        table
            .with("loss", number(loss))
            .with("perplexity", number(loss.exp()))
            .with("accuracy", number(right as f64 / tokens as f64))
    }

    /// BLEU, if it is asked for.
    fn generated_scores(
        &self,
        scores: Table,
        generation: Generation<'_>,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Table> {
        self.bleu.add(&self.data, scores, generation, watch)
    }
}
