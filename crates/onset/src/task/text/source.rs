//! The settings of text classification: where labelled texts come from and how they become words.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TextData;
use super::task::TextTask;
use crate::batch::Signature;
use crate::settings::{Amount, Record, Settings, SpecError, Training, require, require_size};
use crate::task::{Defaults, Task, TaskError, TaskSettings};

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

impl Settings for TextSource {
    const KIND: &'static str = "classification";
}

impl TaskSettings for TextSource {
    fn check(&self) -> Result<(), SpecError> {
        let fraction = self.validation_fraction;
        let possible = fraction > 0.0 && fraction < 1.0;
        require(possible, "task.validation_fraction", fraction, "it must lie between 0 and 1")?;
        for (key, value) in [
            ("task.max_validation", self.max_validation),
            ("task.min_count", self.min_count),
            ("task.max_words", self.max_words),
        ] {
            require(value >= 1, key, value, "it must be at least 1")?;
        }
        require(
            self.labels.is_none() || self.positive.is_none(),
            "task.positive",
            self.positive.as_deref().unwrap_or_default(),
            "task.labels is given too; keep one of them: `labels` picks two, `positive` sets one against the rest",
        )?;
        if let Some([negative, positive]) = &self.labels {
            require(negative != positive, "task.labels", negative, "the two labels must differ")?;
        }
        self.check_keyword()
    }

    fn resolve(&mut self) {
        for path in [&mut self.file, &mut self.validation_file].into_iter().flatten() {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    fn defaults(&self) -> Defaults {
        let record = Record {
            every: None,
            checkpoints: None,
            probes: Amount::All(true),
            influence: Amount::All(true),
            parameters: true,
        };
        Defaults { model: "rnn-classifier", train: Training::paper(4000, 32), record }
    }

    /// The paper's list.
    fn checkpoints(&self, steps: u64) -> Vec<u64> {
        let dense = [0, 10, 50, 100, 150, 200].into_iter();
        dense.chain((250..=steps).step_by(250)).filter(|&step| step <= steps).collect()
    }

    fn describe(&self) -> String {
        let name = self.file.as_ref().and_then(|file| file.file_name());
        name.map_or("keyword task".into(), |name| name.to_string_lossy().into_owned())
    }

    /// The built-in task knows where its keyword stands.
    fn knows_relevant(&self) -> bool {
        self.file.is_none()
    }

    fn files(&self) -> Vec<PathBuf> {
        [&self.file, &self.validation_file].into_iter().flatten().cloned().collect()
    }

    fn signature(&self) -> Signature {
        Signature::Labelled { vocabulary: 0, longest: 0, labels: 2 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(TextTask::new(self, Arc::new(TextData::load(self)?))))
    }
}

impl TextSource {
    fn check_keyword(&self) -> Result<(), SpecError> {
        let keyword = &self.keyword;
        require(keyword.examples >= 10, "task.keyword.examples", keyword.examples, "it must be at least 10")?;
        require_size(keyword.vocabulary, "task.keyword.vocabulary")?;
        require(
            (1..=keyword.max_length).contains(&keyword.min_length),
            "task.keyword.min_length",
            keyword.min_length,
            "it must be at least 1 and at most task.keyword.max_length",
        )?;
        if self.file.is_some() {
            return Ok(());
        }
        let needs_file = "there is no task.file for it to apply to; give a text file";
        let label = self.positive.as_ref().or(self.labels.as_ref().map(|labels| &labels[1]));
        require(label.is_none(), "task.positive or task.labels", label.map_or("", |l| l), needs_file)?;
        let file = self.validation_file.as_deref().map(|file| file.display().to_string());
        require(file.is_none(), "task.validation_file", file.unwrap_or_default(), needs_file)?;
        require(
            keyword.max_length <= self.max_words,
            "task.keyword.max_length",
            keyword.max_length,
            "texts are cut at task.max_words, which would lose keywords",
        )
    }
}
