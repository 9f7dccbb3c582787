//! The settings of text classification: where labelled texts come from and how they become words.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::task::TextTask;
use super::{TextData, Tokens};
use crate::batch::Signature;
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::task::rows::Reading;
use crate::task::{Defaults, Task, TaskError, TaskSettings, called};

/// Where labelled texts come from and how they become words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct TextSource {
    /// What the data is called in all that is shown; none means as its file.
    #[serde(skip_serializing_if = "is_default")]
    pub title: Option<String>,
    /// A table of texts and labels in any supported format, or a folder of such tables; none means the built-in keyword task.
    pub file: Option<PathBuf>,
    /// A file of the same form to validate on; none means a seeded split of `file`.
    pub validation_file: Option<PathBuf>,
    /// Share of `file` held out when there is no `validation_file`.
    #[key(above = 0, below = 1)]
    pub validation_fraction: f64,
    /// Validation examples at most.
    #[key(from = 1, unit = "texts")]
    pub max_validation: usize,
    /// Seed of the split; apart from the run's seed so that several seeds share one split.
    pub split_seed: u64,
    /// Column of the text, by name or number; several, with commas between, are joined by a space.
    pub text: String,
    /// Column of the label, by name or number.
    pub label: String,
    /// What separates fields: a character, or `tab`; none means that it is found in the first lines.
    #[serde(skip_serializing_if = "is_default")]
    pub separator: Option<String>,
    /// Whether the first line names the columns; none means that it does.
    #[serde(skip_serializing_if = "is_default")]
    pub header: Option<bool>,
    /// Whether quotation marks quote; none means in CSV only.
    #[serde(skip_serializing_if = "is_default")]
    pub quotes: Option<bool>,
    /// The encoding, by a name of the Encoding Standard; none means UTF-8.
    #[serde(skip_serializing_if = "is_default")]
    pub encoding: Option<String>,
    /// The labels to keep, at least two; of two, the first is negative and the second positive.
    pub labels: Option<Vec<String>>,
    /// Labels that are set against all others.
    pub positive: Option<Positive>,
    /// What labels are called in all that is shown, by the value in the file: `{ 0 = "ham", 1 = "spam" }`.
    #[serde(skip_serializing_if = "is_default")]
    pub label_names: BTreeMap<String, String>,
    /// Whether the same share of each label is held out; if it is not given, so it is for more than two labels.
    pub stratified: Option<bool>,
    /// How the labels are weighted in the training loss.
    #[serde(skip_serializing_if = "is_default")]
    pub class_weights: ClassWeights,
    /// What the tokens of a text are.
    #[serde(skip_serializing_if = "is_default")]
    pub tokens: Tokens,
    /// Subwords at most, with `tokens = "subwords"`; a small text has fewer. None means 8000.
    #[serde(skip_serializing_if = "is_default")]
    #[key(from = 5, to = 1048576, unit = "subwords")]
    pub vocabulary: Option<usize>,
    /// The `tokenizer.json` of a pretrained model whose subwords are used (`--pretrained`).
    #[serde(skip_serializing_if = "is_default")]
    pub tokenizer: Option<PathBuf>,
    /// Whether words are lower-cased.
    pub lowercase: bool,
    /// Occurrences in training that a word needs to be in the vocabulary.
    #[key(from = 1, unit = "occurrences")]
    pub min_count: usize,
    /// Words of a text that are read; what follows is cut and counted.
    #[key(from = 1, unit = "words")]
    pub max_words: usize,
    /// The built-in keyword task, used when there is no file.
    #[key(table)]
    pub keyword: KeywordTask,
}

/// How labels are weighted in the training loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// Every text counts the same.
    #[default]
    None,
    /// Every label counts the same: a text counts in inverse proportion to the number of training texts of its label.
    Balanced,
}

/// One label, or several that count as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a label or a list of labels")]
pub enum Positive {
    /// A label.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Positive {
    /// The labels.
    pub fn list(&self) -> &[String] {
        match self {
            Self::One(label) => std::slice::from_ref(label),
            Self::Several(labels) => labels,
        }
    }
}

/// The paper's toy as text: a text is positive exactly when it holds the keyword.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct KeywordTask {
    /// Number of texts.
    #[key(from = 10, unit = "texts")]
    pub examples: usize,
    /// Number of filler words.
    #[key(from = 1, to = 1048576, unit = "words")]
    pub vocabulary: usize,
    /// Words in the shortest text.
    #[key(from = 1, unit = "words")]
    pub min_length: usize,
    /// Words in the longest text.
    #[key(unit = "words")]
    pub max_length: usize,
}

impl Default for TextSource {
    fn default() -> Self {
        Self {
            title: None,
            file: None,
            validation_file: None,
            tokenizer: None,
            validation_fraction: 0.2,
            max_validation: 4000,
            split_seed: 0,
            text: "text".into(),
            label: "label".into(),
            separator: None,
            header: None,
            quotes: None,
            encoding: None,
            labels: None,
            positive: None,
            label_names: BTreeMap::new(),
            stratified: None,
            class_weights: ClassWeights::None,
            tokens: Tokens::Words,
            vocabulary: None,
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
            self.positive.as_ref().map_or_else(String::new, |positive| positive.list().join(",")),
            "task.labels is given too; keep one of them: `labels` picks some, `positive` sets some against the rest",
        )?;
        self.check_labels()?;
        self.check_vocabulary()?;
        self.file.iter().try_for_each(|file| self.reading().check(file))?;
        self.check_keyword()
    }

    fn resolve(&mut self) {
        for path in [&mut self.file, &mut self.validation_file, &mut self.tokenizer].into_iter().flatten() {
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
            ..Record::default()
        };
        Defaults { model: "rnn-classifier", train: Budget::paper(4000, 32), record }
    }

    /// The paper's list.
    fn checkpoints(&self, steps: u64) -> Vec<u64> {
        let dense = [0, 10, 50, 100, 150, 200].into_iter();
        dense.chain((250..=steps).step_by(250)).filter(|&step| step <= steps).collect()
    }

    fn describe(&self) -> String {
        called(self.title.as_deref(), self.file.as_deref()).unwrap_or_else(|| "keyword task".into())
    }

    /// The built-in task knows where its keyword stands.
    fn knows_relevant(&self) -> bool {
        self.file.is_none()
    }

    fn files(&self) -> Vec<PathBuf> {
        [&self.file, &self.validation_file].into_iter().flatten().cloned().collect()
    }

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        [&mut self.file, &mut self.validation_file, &mut self.tokenizer].into_iter().flatten().collect()
    }

    fn signature(&self) -> Signature {
        Signature::Labelled { vocabulary: 0, longest: 0, labels: 2 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(TextTask::new(self, Arc::new(TextData::load(self)?))))
    }
}

impl TextSource {
    fn check_labels(&self) -> Result<(), SpecError> {
        let positive = self.positive.as_ref().map(Positive::list);
        for (key, labels, at_least) in
            [("task.labels", self.labels.as_deref(), 2), ("task.positive", positive, 1)]
        {
            let Some(labels) = labels else { continue };
            let enough = labels.len() >= at_least;
            let needed = if at_least == 2 { "it needs at least two labels" } else { "it needs a label" };
            require(enough, key, labels.join(","), needed)?;
            let repeated = labels.iter().enumerate().find(|(place, label)| labels[..*place].contains(label));
            require(repeated.is_none(), key, labels.join(","), "the labels must differ")?;
        }
        Ok(())
    }

    fn check_vocabulary(&self) -> Result<(), SpecError> {
        if let Some(path) = &self.tokenizer {
            let alone = "its tokens are subwords; set task.tokens = \"subwords\" too";
            require(self.tokens == Tokens::Subwords, "task.tokenizer", path.display(), alone)?;
        }
        let (key, Some(size)) = ("task.vocabulary", self.vocabulary) else { return Ok(()) };
        let alone = "it is the number of subwords; set task.tokens = \"subwords\" too";
        require(self.tokens == Tokens::Subwords, key, size, alone)?;
        require(size >= 5, key, size, "four subwords are special; give more")?;
        require_size(size, key)
    }

    /// How its files are read.
    pub fn reading(&self) -> Reading {
        Reading {
            separator: self.separator.clone(),
            header: self.header,
            quotes: self.quotes,
            encoding: self.encoding.clone(),
        }
    }

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
        let labels = self.positive.as_ref().map(Positive::list).or(self.labels.as_deref());
        let given = labels.map_or_else(String::new, |labels| labels.join(","));
        require(labels.is_none(), "task.positive or task.labels", given, needs_file)?;
        if let Some((key, value)) = self.reading().given() {
            require(false, key, value, needs_file)?;
        }
        let words = "a keyword is a word; give a text file";
        require(self.tokens == Tokens::Words, "task.tokens", self.tokens.name(), words)?;
        let file = self.validation_file.as_deref().map(|file| file.display().to_string());
        require(file.is_none(), "task.validation_file", file.unwrap_or_default(), needs_file)?;
        let usual = Self::default();
        for (key, column, usual) in
            [("task.text", &self.text, &usual.text), ("task.label", &self.label, &usual.label)]
        {
            require(column == usual, key, column, needs_file)?;
        }
        require(
            keyword.max_length <= self.max_words,
            "task.keyword.max_length",
            keyword.max_length,
            "texts are cut at task.max_words, which would lose keywords",
        )
    }
}
