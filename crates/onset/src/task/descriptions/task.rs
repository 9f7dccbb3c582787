//! Descriptions as a task: drawn for training, and every sampled pair of description and text evaluated.

use std::any::Any;

use super::attention::with_attention;
use super::encode::PairTokens;
use super::keywords::keyword_areas;
use super::sample::Urn;
use super::scores::DESCRIPTIONS;
use super::scores::{DescriptionRow, described_scores, rows};
use crate::batch::{Examples, Ragged, Signature};
use crate::store::Table;
use crate::task::subwords::SUBWORDS;
use crate::task::{Artifact, Draw, EpochOrder, Evaluated, Split, Task};

/// Described data sets, ready to be drawn from.
#[derive(Debug)]
pub struct DescribedTask {
    pub(super) tokens: PairTokens,
    pub(super) sets: Vec<ReadySet>,
    pub(super) descriptions: Vec<ReadyDescription>,
    pub(super) urn: Urn,
    /// What is evaluated, description by description.
    pub(super) pairs: Vec<Pair>,
    pub(super) digest: String,
    pub(super) notices: Vec<String>,
    pub(super) length: usize,
}

/// A set in tokens.
#[derive(Debug)]
pub(super) struct ReadySet {
    pub name: String,
    pub group: String,
    pub templated: bool,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// What is trained on; empty for a set that is held out.
    pub train: ReadyTexts,
    /// What is evaluated; empty for a set that is not.
    pub test: ReadyTexts,
}

/// Texts in tokens, with their labels.
#[derive(Debug)]
pub(super) struct ReadyTexts {
    pub tokens: Ragged,
    pub labels: Vec<u32>,
}

/// A description in tokens.
#[derive(Debug)]
pub(super) struct ReadyDescription {
    pub set: usize,
    pub label: usize,
    pub text: String,
    pub tokens: Vec<u32>,
}

/// A description with a text that is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub set: usize,
    pub description: usize,
    pub text: u32,
    pub holds: bool,
}

impl DescribedTask {
    /// How texts become tokens.
    pub fn tokens(&self) -> &PairTokens {
        &self.tokens
    }

    /// The descriptions that are evaluated, in the order of their scores.
    pub fn evaluated(&self) -> Vec<DescriptionRow> {
        rows(self)
    }

    /// For each of [`DescribedTask::evaluated`], the area under the ROC curve of how many rare words description and text share; NaN
    /// where there is only one kind of text. It shows what matching keywords can do.
    pub fn keyword_areas(&self) -> Vec<f64> {
        keyword_areas(self)
    }

    fn push(&self, Pair { set, description, text, holds }: Pair, trains: bool, examples: &mut Examples) {
        let texts = if trains { &self.sets[set].train } else { &self.sets[set].test };
        let (source, begin) =
            self.tokens.join(&self.descriptions[description].tokens, texts.tokens.row(text as usize));
        examples.push_described(source, begin, holds);
    }
}

impl Task for DescribedTask {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn signature(&self) -> Signature {
        Signature::Described { vocabulary: self.tokens.len(), longest: self.length }
    }

    fn digest(&self) -> Option<&str> {
        Some(&self.digest)
    }

    fn summary(&self) -> Option<String> {
        let questions: usize = self.urn.sets.iter().map(|set| set.descriptions.len()).sum();
        let trained = self.urn.sets.iter().map(|set| &self.sets[set.set]);
        let texts: usize = trained.map(|set| set.train.labels.len()).sum();
        let evaluated: Vec<&str> =
            self.sets.iter().filter(|set| !set.test.labels.is_empty()).map(|set| &*set.name).collect();
        Some(format!(
            "{} sets with {questions} descriptions and {texts} texts to train on; evaluated: {} ({} pairs)",
            self.urn.sets.len(),
            evaluated.join(", "),
            self.pairs.len()
        ))
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let json = |value: serde_json::Result<String>| value.expect("plain data").into_bytes();
        let descriptions = Artifact {
            name: DESCRIPTIONS,
            contents: json(serde_json::to_string_pretty(&self.evaluated())),
            vocabulary: None,
        };
        let tokenizer = self.tokens.to_json().map(|contents| Artifact {
            name: SUBWORDS,
            contents: contents.into_bytes(),
            vocabulary: Some(self.tokens.len()),
        });
        let words = self.tokens.vocabulary().map(|vocabulary| Artifact {
            name: "vocabulary.json",
            contents: json(serde_json::to_string(vocabulary)),
            vocabulary: Some(vocabulary.len()),
        });
        let labels = Artifact {
            name: "data.json",
            contents: json(serde_json::to_string(
                &serde_json::json!({ "label_names": [self.label(0), self.label(1)] }),
            )),
            vocabulary: None,
        };
        [descriptions, labels].into_iter().chain(tokenizer).chain(words).collect()
    }

    fn fill(&self, draw: Draw, order: &mut EpochOrder, examples: &mut Examples) {
        examples.clear();
        if let Draw::Training { seed, step, batch } = draw {
            let (first, count) = (step * batch as u64, batch as u64);
            self.urn.draw(seed, first, count, &mut order.uses, &mut |drawn| {
                let super::sample::Drawn { set, description, text, holds } = drawn;
                self.push(Pair { set, description, text, holds }, true, examples);
            });
            return;
        }
        for number in self.numbers(draw).unwrap_or_default() {
            self.push(self.pairs[number], false, examples);
        }
    }

    fn numbers(&self, draw: Draw) -> Option<Vec<usize>> {
        let all = self.pairs.len();
        match draw {
            Draw::Training { .. } => None,
            Draw::Evaluation { .. } => Some((0..all).collect()),
            // Spread over all descriptions.
            Draw::Record { count, .. } => {
                let count = count.of(all);
                Some((0..count).map(|place| place * all / count).collect())
            }
        }
    }

    fn recorded_splits(&self) -> &'static [Split] {
        &[Split::Validation]
    }

    fn token(&self, id: u32) -> String {
        self.tokens.token(id)
    }

    fn label(&self, id: u32) -> String {
        if id == 1 { "Yes".into() } else { "No".into() }
    }

    /// So that what a layer makes of them stays near the processor.
    fn evaluation_batch(&self) -> usize {
        16
    }

    fn scores_outputs_only(&self) -> bool {
        true
    }

    fn scores(&self, table: Table, mut evaluated: Evaluated<'_>) -> Table {
        with_attention(described_scores(self, table, &evaluated), &mut evaluated)
    }
}
