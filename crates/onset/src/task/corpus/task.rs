//! Language modelling as a task: windows at random places of the training text, and even ones of what is held out.

use std::any::Any;
use std::sync::Arc;

use onset_engine::{Random, Stream};

use super::references::{References, reference_losses};
use super::scores::{losses_by_position, with_positions};
use super::windows::{even_places, random_place};
use super::{CorpusData, CorpusTask};
use crate::batch::{Examples, Ragged, Signature};
use crate::store::Table;
use crate::task::sequences::{behind_earlier_occurrences, sequence_scores};
use crate::task::{Artifact, Draw, EpochOrder, Evaluated, Task, number};

/// A text, ready to be drawn from.
pub(super) struct Corpus {
    data: Arc<CorpusData>,
    length: usize,
    sequences: usize,
    references: References,
}

/// Tokens of a recorded window that are read, at most: β takes a pass for each of them.
const RECORDED: usize = 32;

impl Corpus {
    /// The task of `data`, which was loaded from `source`.
    pub fn new(source: &CorpusTask, data: CorpusData) -> Self {
        let (length, sequences) = (source.length, source.sequences);
        let windows = even_places(data.validation.len(), length, sequences)
            .map(|place| &data.validation[place..=place + length]);
        let references = reference_losses(&data.train, data.codec.len(), windows);
        Self { data: Arc::new(data), length, sequences, references }
    }

    /// The held-out windows, and how many tokens of each are read.
    fn push_held_out(&self, count: usize, length: usize, examples: &mut Examples) {
        let held_out = &self.data.validation;
        for place in even_places(held_out.len(), self.length, count) {
            examples.push_sequence(held_out[place..=place + length].iter().copied(), 1);
        }
    }
}

impl Task for Corpus {
    /// An `Arc<CorpusData>`.
    fn as_any(&self) -> &dyn Any {
        &self.data
    }

    fn signature(&self) -> Signature {
        Signature::Sequence { vocabulary: self.data.codec.len(), longest: self.length + 1 }
    }

    fn digest(&self) -> Option<&str> {
        Some(&self.data.digest)
    }

    fn summary(&self) -> Option<String> {
        let CorpusData { train, validation, codec, .. } = &*self.data;
        let (train, held_out) = (train.len(), validation.len());
        let (size, kind) = (codec.len(), codec.tokens().name());
        Some(format!("{train} {kind} to train on, {held_out} held out, {size} in the vocabulary"))
    }

    fn notices(&self) -> Vec<String> {
        let mut sentences = self.data.notices();
        let windows = even_places(self.data.validation.len(), self.length, self.sequences).count();
        if windows < self.sequences {
            sentences.push(format!(
                "what is held out has {windows} windows, fewer than task.sequences = {}: all are evaluated",
                self.sequences
            ));
        }
        sentences
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let facts = serde_json::to_string(&self.data.facts()).expect("plain data").into_bytes();
        vec![self.data.codec.artifact(), Artifact { name: "data.json", contents: facts, vocabulary: None }]
    }

    fn fill(&self, draw: Draw, _order: &mut EpochOrder, examples: &mut Examples) {
        examples.clear();
        match draw {
            Draw::Training { seed, step, batch } => {
                let mut random = Random::at(seed, Stream::Data, step);
                for _ in 0..batch {
                    let place = random_place(self.data.train.len(), self.length, &mut random);
                    let window = &self.data.train[place..=place + self.length];
                    examples.push_sequence(window.iter().copied(), 1);
                }
            }
            Draw::Evaluation { .. } => self.push_held_out(self.sequences, self.length, examples),
            Draw::Record { count, .. } => {
                let count = count.or_all(self.sequences);
                self.push_held_out(count, self.length.min(RECORDED), examples);
            }
        }
    }

    /// Behind earlier occurrences of the present token.
    fn relevant(&self, examples: &Examples, relevant: &mut Ragged) -> bool {
        behind_earlier_occurrences(examples, relevant);
        true
    }

    fn token(&self, id: u32) -> String {
        self.data.codec.token(id)
    }

    /// Beside the scores of every sequence task: perplexity, bits per character, the losses of counts on the same tokens, and the loss
    /// by position.
    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        let mut relevant = Ragged::default();
        self.relevant(evaluated.examples, &mut relevant);
        let losses = losses_by_position(evaluated.readings);
        // All windows are of one length.
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        let tokens_per_character = self.data.validation.len() as f64 / self.data.validation_characters as f64;
        let table = sequence_scores(table, &evaluated, &relevant)
            .with("perplexity", number(loss.exp()))
            .with("bits_per_character", number(loss / std::f64::consts::LN_2 * tokens_per_character))
            .with("loss_unigram", number(self.references.unigram))
            .with("loss_bigram", number(self.references.bigram));
        with_positions(table, &losses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Amount;
    use crate::task::{Split, TaskSettings};

    /// A text in which every token tells its place: the first half has letters, the second half digits.
    fn task(folder: &tempfile::TempDir) -> Arc<dyn Task> {
        let path = folder.path().join("a.txt");
        let text = format!("{}{}", "abcdefghijklm".repeat(20), "9876543210".repeat(26));
        std::fs::write(&path, text).unwrap();
        let source = CorpusTask {
            file: Some(path),
            validation_fraction: 0.5,
            length: 40,
            sequences: 5,
            ..CorpusTask::default()
        };
        source.load().unwrap()
    }

    fn drawn(task: &dyn Task, draw: Draw) -> Examples {
        let mut examples = Examples::default();
        task.fill(draw, &mut EpochOrder::default(), &mut examples);
        examples
    }

    #[test]
    fn windows_never_cross_into_the_held_out_part_and_depend_on_seed_and_step_alone() {
        let folder = tempfile::tempdir().unwrap();
        let task = task(&folder);
        let of = |seed: u64, step: u64| drawn(&*task, Draw::Training { seed, step, batch: 200 });
        let first = of(1, 0);
        assert_eq!((first.len(), first.target.row(0).len(), first.predicted(0).len()), (200, 41, 40));
        for window in 0..first.len() {
            // No digit was seen in training: in the held-out part everything is unknown.
            assert!(first.target.row(window).iter().all(|&token| token >= 3));
        }
        assert_eq!(of(1, 0), first);
        assert!(of(1, 1) != first && of(2, 0) != first);
    }

    #[test]
    fn held_out_windows_are_the_same_at_every_step_and_recorded_ones_are_shorter() {
        let folder = tempfile::tempdir().unwrap();
        let task = task(&folder);
        let evaluated = drawn(&*task, Draw::Evaluation { seed: 1, step: 0 });
        assert_eq!(evaluated, drawn(&*task, Draw::Evaluation { seed: 2, step: 9 }));
        assert_eq!((evaluated.len(), evaluated.target.row(4).len()), (5, 41));
        assert!((0..5).all(|window| evaluated.target.row(window).iter().all(|&token| token == 0)));
        let draw = |count| Draw::Record { seed: 1, split: Split::Validation, count };
        let recorded = drawn(&*task, draw(Amount::Count(2)));
        assert_eq!((recorded.len(), recorded.target.row(0).len()), (2, RECORDED + 1));
        assert_eq!(drawn(&*task, draw(Amount::All(true))).len(), 5);
        assert!(drawn(&*task, draw(Amount::Count(0))).is_empty());
    }
}
