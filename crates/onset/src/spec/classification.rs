//! The spec of a text classification run (paper, "Classification").

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Attention, Training, ordered};

/// A text classification run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassificationSpec {
    /// Always `classification`.
    pub task: String,
    /// Decides initial weights, the held-out part and the order of examples.
    pub seed: u64,
    /// Where texts come from.
    pub data: TextSource,
    /// Sizes and variants.
    pub model: ClassificationModel,
    /// Optimiser and budget.
    pub train: Training,
    /// What is kept, and when.
    pub record: ClassificationRecord,
}

impl Default for ClassificationSpec {
    fn default() -> Self {
        Self {
            task: "classification".into(),
            seed: 0,
            data: TextSource::default(),
            model: ClassificationModel::default(),
            train: Training::paper(4000, 32),
            record: ClassificationRecord::default(),
        }
    }
}

impl ClassificationSpec {
    /// Fills in the paper's checkpoints, adds the last step, and makes paths absolute so that the run can
    /// be resumed from anywhere.
    pub(super) fn resolve(&mut self) {
        let steps = self.train.steps;
        let mut checkpoints = self.record.checkpoints.take().unwrap_or_else(|| {
            let dense = [0, 10, 50, 100, 150, 200].into_iter();
            dense.chain((250..=steps).step_by(250)).filter(|&step| step <= steps).collect()
        });
        checkpoints.push(steps);
        self.record.checkpoints = Some(ordered(checkpoints));
        for path in [&mut self.data.file, &mut self.data.validation_file].into_iter().flatten() {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    /// Whether parameters, scores and probes are recorded after `step` steps.
    pub fn records(&self, step: u64) -> bool {
        self.record.checkpoints.as_ref().is_some_and(|steps| steps.binary_search(&step).is_ok())
    }
}

/// Where labelled texts come from and how they become words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextSource {
    /// TSV, CSV or JSON lines, plain or gzip; none means the built-in keyword task.
    pub file: Option<PathBuf>,
    /// A file of the same form to validate on; none means a seeded split of `file`.
    pub validation_file: Option<PathBuf>,
    /// Share of `file` held out when there is no `validation_file`.
    pub validation_fraction: f64,
    /// Validation examples at most.
    pub max_validation: usize,
    /// Seed of the split; apart from the run's seed so that several seeds share one split.
    pub split_seed: u64,
    /// Column of the text.
    pub text: String,
    /// Column of the label.
    pub label: String,
    /// Two labels to keep, the first negative, the second positive.
    pub labels: Option<[String; 2]>,
    /// One label set against all others.
    pub positive: Option<String>,
    /// Whether words are lower-cased.
    pub lowercase: bool,
    /// Occurrences in training that a word needs to be in the vocabulary.
    pub min_count: usize,
    /// Words of a text that are read; what follows is cut and counted.
    pub max_words: usize,
    /// The built-in keyword task, used when there is no file.
    pub keyword: KeywordTask,
}

/// The paper's toy as text: a text is positive exactly when it holds the keyword.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeywordTask {
    /// Number of texts.
    pub examples: usize,
    /// Number of filler words.
    pub vocabulary: usize,
    /// Words in the shortest text.
    pub min_length: usize,
    /// Words in the longest text.
    pub max_length: usize,
}

/// Sizes and variants of the classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassificationModel {
    /// Width of the embedding.
    pub embedding: usize,
    /// Width of each direction of the encoder.
    pub hidden: usize,
    /// Width of the hidden layer that scores a position.
    pub attention_hidden: usize,
    /// Learned, or frozen uniform.
    pub attention: Attention,
}

/// What a classification run records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassificationRecord {
    /// Steps at which parameters, scores and probes are kept; none means the paper's list.
    pub checkpoints: Option<Vec<u64>>,
    /// Whether α, β and Δ are kept; `onset probe` makes them later from parameters.
    pub probes: bool,
    /// Whether parameters are kept.
    pub parameters: bool,
}

impl Default for ClassificationRecord {
    fn default() -> Self {
        Self { checkpoints: None, probes: true, parameters: true }
    }
}

impl Default for TextSource {
    fn default() -> Self {
        Self {
            file: None,
            validation_file: None,
            validation_fraction: 0.2,
            max_validation: 4000,
            split_seed: 0,
            text: "text".into(),
            label: "label".into(),
            labels: None,
            positive: None,
            lowercase: true,
            min_count: 3,
            max_words: 1000,
            keyword: KeywordTask::default(),
        }
    }
}

impl Default for KeywordTask {
    fn default() -> Self {
        Self { examples: 4000, vocabulary: 200, min_length: 5, max_length: 25 }
    }
}

impl Default for ClassificationModel {
    fn default() -> Self {
        Self { embedding: 300, hidden: 256, attention_hidden: 256, attention: Attention::Learned }
    }
}
