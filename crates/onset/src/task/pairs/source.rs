//! The settings of translation: where sentence pairs come from and how they become subwords.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::task::PairTask;
use super::{BleuScope, PairData};
use crate::batch::Signature;
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::task::rows::Reading;
use crate::task::subwords::Normalization;
use crate::task::{Defaults, Task, TaskError, TaskSettings, called};

/// Where sentence pairs come from and how they become subwords.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct PairSource {
    /// What the data is called in all that is shown; if not set, as its file.
    #[serde(skip_serializing_if = "is_default")]
    pub title: Option<String>,
    /// Sentences to translate, one per line; without `target`, a table (or a folder of tables) with both sides, in any
    /// supported format.
    pub source: Option<PathBuf>,
    /// Translations of the lines of `source`, one per line.
    pub target: Option<PathBuf>,
    /// Validation data in the form of `source`; if not set, a seeded share of the pairs.
    pub validation_source: Option<PathBuf>,
    /// Validation data in the form of `target`.
    pub validation_target: Option<PathBuf>,
    /// Share of the pairs held out if there is no `validation_source`.
    #[key(above = 0, below = 1)]
    pub validation_fraction: f64,
    /// Maximum number of validation pairs.
    #[key(from = 1, unit = "pairs")]
    pub max_validation: usize,
    /// Seed of the split; separate from the run's seed, so that several seeds share one split.
    pub split_seed: u64,
    /// Column of the sentence to translate, by name or number.
    pub source_column: String,
    /// Column of the translation, by name or number.
    pub target_column: String,
    /// Field separator: a character, or `tab`; detected if not set.
    #[serde(skip_serializing_if = "is_default")]
    pub separator: Option<String>,
    /// Whether the first line names the columns; true if not set.
    #[serde(skip_serializing_if = "is_default")]
    pub header: Option<bool>,
    /// Whether quotation marks enclose fields; if not set, in CSV only.
    #[serde(skip_serializing_if = "is_default")]
    pub quotes: Option<bool>,
    /// Encoding, by its name in the Encoding Standard; UTF-8 if not set.
    #[serde(skip_serializing_if = "is_default")]
    pub encoding: Option<String>,
    /// Maximum size of the joint subword vocabulary, including the four special subwords; a small text has fewer.
    #[key(from = 5, to = 1048576, unit = "subwords")]
    pub vocabulary: usize,
    /// Maximum number of subwords per side, including `<s>` and `</s>`; training leaves out longer pairs.
    #[key(from = 3, unit = "subwords")]
    pub max_subwords: usize,
    /// Unicode normalisation before subword segmentation.
    #[serde(skip_serializing_if = "is_default")]
    pub normalization: Normalization,
    /// Which BLEU is computed at evaluations: "sample", "beam", "full" (true) or "off" (false).
    pub bleu: BleuScope,
}

impl Default for PairSource {
    fn default() -> Self {
        Self {
            title: None,
            source: None,
            target: None,
            validation_source: None,
            validation_target: None,
            validation_fraction: 0.05,
            max_validation: 1024,
            split_seed: 0,
            source_column: "source".into(),
            target_column: "target".into(),
            separator: None,
            header: None,
            quotes: None,
            encoding: None,
            vocabulary: 8000,
            max_subwords: 100,
            normalization: Normalization::default(),
            bleu: BleuScope::default(),
        }
    }
}

impl Settings for PairSource {
    const KIND: &'static str = "translation";
}

impl TaskSettings for PairSource {
    fn check(&self) -> Result<(), SpecError> {
        let needs_file = "give the file of sentences to translate, or one with both sides";
        require(self.source.is_some(), "task.source", "nothing", needs_file)?;
        let target = self.validation_target.as_deref().map(|file| file.display().to_string());
        require(
            target.is_none() || self.validation_source.is_some(),
            "task.validation_target",
            target.unwrap_or_default(),
            "task.validation_source is not set; set both or neither",
        )?;
        self.check_reading()?;
        let fraction = self.validation_fraction;
        let possible = fraction > 0.0 && fraction < 1.0;
        require(possible, "task.validation_fraction", fraction, "it must lie between 0 and 1")?;
        let most = self.max_validation;
        require(most >= 1, "task.max_validation", most, "it must be at least 1")?;
        let subwords = self.vocabulary;
        require(subwords >= 5, "task.vocabulary", subwords, "four subwords are special; give more")?;
        require_size(subwords, "task.vocabulary")?;
        require(self.max_subwords >= 3, "task.max_subwords", self.max_subwords, "it must be at least 3")
    }

    fn resolve(&mut self) {
        for path in self.files_mut() {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    fn defaults(&self) -> Defaults {
        let record = Record {
            every: None,
            checkpoints: None,
            // An evaluation takes no longer than 50 training steps.
            probes: Amount::Count(24),
            influence: Amount::Count(6),
            ..Record::default()
        };
        // 20 epochs of Multi30k.
        Defaults { model: "rnn-translator", train: Budget::paper(36_250, 16), record }
    }

    /// The paper's list.
    fn checkpoints(&self, steps: u64) -> Vec<u64> {
        let dense = [0, 50, 100, 500, 1000, 1500].into_iter();
        dense.chain((2000..=steps).step_by(2000)).filter(|&step| step <= steps).collect()
    }

    fn moved_keys(&self) -> &'static [(&'static str, &'static str)] {
        &[("record.bleu", "bleu")]
    }

    fn describe(&self) -> String {
        called(self.title.as_deref(), self.source.as_deref()).unwrap_or_default()
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = [&self.source, &self.target, &self.validation_source, &self.validation_target];
        files.into_iter().flatten().cloned().collect()
    }

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        let Self { source, target, validation_source, validation_target, .. } = self;
        [source, target, validation_source, validation_target].into_iter().flatten().collect()
    }

    fn signature(&self) -> Signature {
        Signature::Pairs { vocabulary: 0, longest: 0 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(PairTask::new(self, Arc::new(PairData::load(self)?))))
    }
}

impl PairSource {
    /// How its files are read.
    pub fn reading(&self) -> Reading {
        Reading {
            separator: self.separator.clone(),
            header: self.header,
            quotes: self.quotes,
            encoding: self.encoding.clone(),
        }
    }

    fn check_reading(&self) -> Result<(), SpecError> {
        let reading = self.reading();
        match (&self.source, &self.target) {
            (Some(table), None) => reading.check(table),
            // Whatever two files of lines are called, they are read as lines.
            _ => reading.check(Path::new("")).and_then(|()| reading.check_lines()),
        }
    }
}
