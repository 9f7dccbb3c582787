//! Text classification as a task: shuffled epochs, and every held-out text evaluated.

use std::any::Any;
use std::sync::Arc;

use super::{ClassWeights, KEYWORD, TextData, TextSource, Texts, Tokens, WordPieces};
use crate::batch::{Examples, Ragged, Signature};
use crate::measures::{Confusion, LabelScore};
use crate::store::{Column, Table};
use crate::task::subwords::SUBWORDS;
use crate::task::{Artifact, Draw, EpochOrder, Evaluated, Split, SplitFiles, Task, number};

/// Labelled texts, ready to be drawn.
pub struct TextTask {
    data: Arc<TextData>,
    split_seed: u64,
    /// The files of the splits; `None` for texts from memory.
    files: Option<SplitFiles>,
    /// The token that makes a text positive, in the built-in task.
    keyword: Option<u32>,
    tokens: Tokens,
    /// The weight of each label in the training loss.
    label_weights: Option<Vec<f32>>,
}

impl TextTask {
    /// The task of `data`, which was loaded from `source`.
    pub fn new(source: &TextSource, data: Arc<TextData>) -> Self {
        let keyword = source.file.is_none().then(|| data.vocabulary.id(KEYWORD));
        let files =
            source.file.as_deref().map(|file| SplitFiles::new(file, source.validation_file.as_deref()));
        let label_weights = (source.class_weights == ClassWeights::Balanced).then(|| data.balanced_weights());
        Self { data, split_seed: source.split_seed, files, keyword, tokens: source.tokens, label_weights }
    }

    fn texts(&self, split: Split) -> &Texts {
        match split {
            Split::Validation => &self.data.validation,
            Split::Training => &self.data.train,
        }
    }

    fn push(&self, split: Split, number: usize, examples: &mut Examples) {
        let texts = self.texts(split);
        examples.push_labelled(texts.tokens(number).iter().copied(), texts.label(number));
    }
}

impl Task for TextTask {
    /// An `Arc<TextData>`.
    fn as_any(&self) -> &dyn Any {
        &self.data
    }

    fn signature(&self) -> Signature {
        let lengths =
            |texts: &Texts| (0..texts.len()).map(|text| texts.tokens(text).len()).max().unwrap_or(0);
        let longest = lengths(&self.data.train).max(lengths(&self.data.validation));
        Signature::Labelled {
            vocabulary: self.data.vocabulary.len(),
            longest,
            labels: self.data.label_names.len(),
        }
    }

    fn digest(&self) -> Option<&str> {
        Some(&self.data.digest)
    }

    fn summary(&self) -> Option<String> {
        let (train, validation) = (self.data.train.len(), self.data.validation.len());
        let (size, kind) = (self.data.vocabulary.len(), self.tokens.name());
        Some(format!("{train} texts to train on, {validation} held out, {size} {kind} in the vocabulary"))
    }

    fn notices(&self) -> Vec<String> {
        self.data.remarks()
    }

    fn token_rows(&self) -> Option<&[u32]> {
        match &self.data.subwords {
            Some(WordPieces::Foreign(pieces)) => Some(pieces.rows()),
            _ => None,
        }
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let json = |value: serde_json::Result<String>| value.expect("plain data").into_bytes();
        let words = Some(self.data.vocabulary.len());
        let vocabulary = json(serde_json::to_string(&self.data.vocabulary));
        let facts = json(serde_json::to_string(&self.data.facts()));
        let lines = [Split::Training, Split::Validation].map(|split| (split, self.texts(split).lines()));
        let examples = self.files.as_ref().map(|files| files.artifact(lines));
        let own = [
            Artifact { name: "vocabulary.json", contents: vocabulary, vocabulary: words },
            Artifact { name: "data.json", contents: facts, vocabulary: None },
        ];
        let subwords = self.data.subwords.as_ref().map(|subwords| Artifact {
            name: SUBWORDS,
            contents: subwords.to_json().into_bytes(),
            vocabulary: None,
        });
        own.into_iter().chain(subwords).chain(examples).collect()
    }

    fn fill(&self, draw: Draw, order: &mut EpochOrder, examples: &mut Examples) {
        examples.clear();
        if let Draw::Training { seed, step, batch } = draw {
            for &number in order.shuffled(seed, step, batch, self.data.train.len()) {
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
                let mut sample = self.data.training_sample(self.split_seed);
                sample.truncate(count.of(held_out));
                Some(sample)
            }
        }
    }

    fn recorded_splits(&self) -> &'static [Split] {
        &Split::ALL
    }

    /// The places of the keyword; in a text without it no position is right.
    fn relevant(&self, examples: &Examples, relevant: &mut Ragged) -> bool {
        let Some(keyword) = self.keyword else { return false };
        relevant.clear();
        for example in 0..examples.len() {
            let tokens = examples.source.row(example).iter().enumerate();
            let places = tokens.filter(|(_, token)| **token == keyword);
            relevant.push(places.map(|(place, _)| place as u32));
        }
        true
    }

    fn token(&self, id: u32) -> String {
        self.data.vocabulary.word(id).to_owned()
    }

    fn source_tokens(&self, split: Split, number: usize, _tokens: &[u32]) -> Vec<String> {
        self.texts(split).words(number).map(String::from).collect()
    }

    fn label_weights(&self) -> Option<&[f32]> {
        self.label_weights.as_deref()
    }

    fn label(&self, id: u32) -> String {
        self.data.label_names[id as usize].clone()
    }

    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        let mut confusion = Confusion::new(self.data.label_names.len());
        let mut loss = 0.0;
        for (reading, &label) in evaluated.readings.iter().zip(&evaluated.examples.labels) {
            confusion.add(label, reading.predicted[0]);
            let odds = f64::from(reading.logit.unwrap_or(0.0));
            let odds = if self.data.label_names.len() > 2 || label == 1 { odds } else { -odds };
            loss += (-odds).max(0.0) + (-odds.abs()).exp().ln_1p();
        }
        let table = table
            .with("loss", number(loss / evaluated.readings.len() as f64))
            .with("accuracy", number(confusion.accuracy()));
        if let [negative, positive] = confusion.by_label()[..] {
            let recall = |label: LabelScore| if label.texts == 0 { f64::NAN } else { label.recall };
            return table
                .with("accuracy_negative", number(recall(negative)))
                .with("accuracy_positive", number(recall(positive)));
        }
        table
            .with("macro_f1", number(confusion.macro_f1()))
            .with("confusion", Column::Floats(vec![confusion.flat()]))
    }
}
