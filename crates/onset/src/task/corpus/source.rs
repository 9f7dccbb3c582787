//! The settings of language modelling: which text is read, and how it becomes tokens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::CorpusData;
use super::task::Corpus;
use crate::batch::Signature;
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::task::rows::Reading;
use crate::task::text::Tokens;
use crate::task::{Defaults, Task, TaskError, TaskSettings, called};

/// Which text is read, and how it becomes tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct CorpusTask {
    /// What the data is called in all that is shown; if not set, as its file.
    #[serde(skip_serializing_if = "is_default")]
    pub title: Option<String>,
    /// A file of running text.
    pub file: Option<PathBuf>,
    /// A file of text to validate on; if not set, the last part of `file`.
    pub validation_file: Option<PathBuf>,
    /// Share of `file` held out if there is no `validation_file`: its last part, as one piece.
    #[key(above = 0, below = 1)]
    pub validation_fraction: f64,
    /// Encoding, by its name in the Encoding Standard; UTF-8 if not set.
    #[serde(skip_serializing_if = "is_default")]
    pub encoding: Option<String>,
    /// What the tokens are.
    pub tokens: Tokens,
    /// The `tokenizer.json` of a pretrained model whose subwords are used (`--pretrained`); `vocabulary` is then the number of rows
    /// of that model's table.
    #[serde(skip_serializing_if = "is_default")]
    pub tokenizer: Option<PathBuf>,
    /// Maximum number of different tokens, including special ones; rarer ones become `<unk>`. If not set, 4000 words or subwords, and
    /// every character.
    #[serde(skip_serializing_if = "is_default")]
    #[key(from = 5, to = 1048576, unit = "tokens")]
    pub vocabulary: Option<usize>,
    /// Tokens that are read at once.
    #[key(from = 2, to = 1048576, unit = "tokens")]
    pub length: usize,
    /// Maximum number of held-out windows per evaluation, spread evenly.
    #[key(from = 1, to = 1048576, unit = "windows")]
    pub sequences: usize,
}

impl Default for CorpusTask {
    fn default() -> Self {
        Self {
            title: None,
            file: None,
            validation_file: None,
            validation_fraction: 0.1,
            encoding: None,
            tokens: Tokens::Characters,
            tokenizer: None,
            vocabulary: None,
            length: 128,
            sequences: 64,
        }
    }
}

impl Settings for CorpusTask {
    const KIND: &'static str = "corpus";
}

/// Words or subwords at most, if `task.vocabulary` is not given.
const SIZE: usize = 4000;

impl TaskSettings for CorpusTask {
    fn check(&self) -> Result<(), SpecError> {
        require(self.file.is_some(), "task.file", "nothing", "give the text file to train on")?;
        // Whatever the file is called, it is read as text.
        self.reading().check(Path::new(""))?;
        let fraction = self.validation_fraction;
        let possible = fraction > 0.0 && fraction < 1.0;
        require(possible, "task.validation_fraction", fraction, "it must lie between 0 and 1")?;
        if let Some(size) = self.vocabulary {
            require(size >= 5, "task.vocabulary", size, "up to four tokens are special; give more")?;
            require_size(size, "task.vocabulary")?;
        }
        if let Some(path) = &self.tokenizer {
            let alone = "its tokens are subwords; set task.tokens = \"subwords\" too";
            require(self.tokens == Tokens::Subwords, "task.tokenizer", path.display(), alone)?;
        }
        require_size(self.length, "task.length")?;
        require(self.length >= 2, "task.length", self.length, "it must be at least 2")?;
        require_size(self.sequences, "task.sequences")
    }

    fn resolve(&mut self) {
        for path in [&mut self.file, &mut self.validation_file, &mut self.tokenizer].into_iter().flatten() {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    /// Those of a small GPT. The learning rate stays constant, so that a run can be extended.
    fn defaults(&self) -> Defaults {
        let record = Record {
            every: Some(100),
            checkpoints: None,
            probes: Amount::Count(2),
            influence: Amount::Count(2),
            ..Record::default()
        };
        let train = Budget { steps: 1000, batch: 32, learning_rate: 3e-3 };
        Defaults { model: "transformer", train, record }
    }

    fn checkpoints(&self, _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    fn describe(&self) -> String {
        let name = called(self.title.as_deref(), self.file.as_deref()).unwrap_or_default();
        format!("{} of {name}", self.tokens.name())
    }

    fn knows_relevant(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<PathBuf> {
        [&self.file, &self.validation_file].into_iter().flatten().cloned().collect()
    }

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        [&mut self.file, &mut self.validation_file, &mut self.tokenizer].into_iter().flatten().collect()
    }

    fn signature(&self) -> Signature {
        Signature::Sequence { vocabulary: 0, longest: 0 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(Corpus::new(self, CorpusData::load(self)?)))
    }
}

impl CorpusTask {
    /// How its files are read.
    pub fn reading(&self) -> Reading {
        Reading { encoding: self.encoding.clone(), ..Reading::default() }
    }

    /// Different tokens at most, special ones included.
    pub(super) fn size(&self) -> usize {
        let most = if self.tokens == Tokens::Characters { usize::MAX } else { SIZE };
        self.vocabulary.unwrap_or(most)
    }
}
