//! What goes with a target.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::key;
use crate::data::DataTask;
use crate::task::rows::{Reading, holds_pairs, holds_prose};
use crate::task::text::Tokens;

/// What goes with a target.
#[derive(Debug, Clone, Default)]
pub struct TargetOptions {
    /// What it must be for; none where any task will do.
    pub needed: Option<DataTask>,
    /// Folder with copies of data sets; none means that `data` is looked in.
    pub from: Option<PathBuf>,
    /// Folder of fetched data sets; none means `data`.
    pub data: Option<PathBuf>,
    /// How labelled texts are read.
    pub texts: TextOptions,
    /// How sentence pairs are read.
    pub pairs: PairOptions,
    /// How files of either are read.
    pub reading: Reading,
    /// What to validate on: a file, or `SOURCE,TARGET`; it takes the place of a set's own file.
    pub validation: Option<String>,
    /// A folder with a checkpoint in the Hugging Face layout that training starts from.
    pub pretrained: Option<PathBuf>,
    /// Whether only the form of that checkpoint is taken, and parameters are drawn.
    pub form_only: bool,
    /// Keys of the spec, `table.key=value`, for what neither a spec file nor `overrides` give.
    pub defaults: Vec<String>,
    /// Keys of the spec, `table.key=value`; they win over everything else.
    pub overrides: Vec<String>,
}

/// How a file of labelled texts is read, where its columns or labels are not the usual ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// Labels to keep; of two, the first is negative.
    pub labels: Option<Vec<String>>,
    /// Labels to set against all others; none of them if it is empty.
    pub positive: Vec<String>,
    /// Column of the text.
    pub text_column: Option<String>,
    /// Column of the label.
    pub label_column: Option<String>,
    /// What labels are called, by the value in the file.
    pub label_names: BTreeMap<String, String>,
    /// What the tokens of a text are.
    pub tokens: Option<Tokens>,
}

/// How a table of sentence pairs is read, where its columns are not the usual ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PairOptions {
    /// Column of the sentence to translate.
    pub source_column: Option<String>,
    /// Column of its translation.
    pub target_column: Option<String>,
}

impl TextOptions {
    /// The first option that is given, by its name here.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.given_labelled().or(self.given_tokens())
    }

    /// As [`TextOptions::given`], of those that only texts with labels have.
    pub(super) fn given_labelled(&self) -> Option<&'static str> {
        let Self { labels, positive, text_column, label_column, label_names, tokens: _ } = self;
        first_given([
            ("labels", labels.is_some()),
            ("positive", !positive.is_empty()),
            ("text column", text_column.is_some()),
            ("label column", label_column.is_some()),
            ("label names", !label_names.is_empty()),
        ])
    }

    pub(super) fn given_tokens(&self) -> Option<&'static str> {
        self.tokens.map(|_| "tokens")
    }
}

impl PairOptions {
    /// The first option that is given, by its name here.
    pub(super) fn given(&self) -> Option<&'static str> {
        let Self { source_column, target_column } = self;
        first_given([("source column", source_column.is_some()), ("target column", target_column.is_some())])
    }
}

impl TargetOptions {
    /// The first option of reading tables that is given, by its name here.
    pub(super) fn given_table(&self) -> Option<&'static str> {
        let Reading { separator, header, quotes, encoding: _ } = &self.reading;
        first_given([
            ("separator", separator.is_some()),
            ("no header", header.is_some()),
            ("no quotes", quotes.is_some()),
        ])
    }

    /// The option that gives the encoding of files, by its name here, if it is given.
    pub(super) fn given_encoding(&self) -> Option<&'static str> {
        self.reading.encoding.as_ref().map(|_| "encoding")
    }

    /// All but the validation, as keys of the data's table.
    pub(super) fn keys(&self) -> Vec<String> {
        let TextOptions { labels, positive, text_column, label_column, label_names, tokens } = &self.texts;
        let PairOptions { source_column, target_column } = &self.pairs;
        let Reading { separator, header, quotes, encoding } = &self.reading;
        let mut keys = Vec::new();
        let list =
            |labels: &[String]| labels.iter().map(String::as_str).map(toml::Value::from).collect::<Vec<_>>();
        keys.extend(labels.as_ref().map(|labels| key("labels", list(labels))));
        match &positive[..] {
            [] => {}
            [one] => keys.push(key("positive", one.as_str())),
            several => keys.push(key("positive", list(several))),
        }
        if !label_names.is_empty() {
            let names = label_names.iter().map(|(label, name)| (label.clone(), name.as_str().into()));
            keys.push(key("label_names", names.collect::<toml::Table>()));
        }
        for (name, value) in [
            ("text", text_column),
            ("label", label_column),
            ("source_column", source_column),
            ("target_column", target_column),
            ("separator", separator),
            ("encoding", encoding),
        ] {
            keys.extend(value.as_deref().map(|value| key(name, value)));
        }
        for (name, value) in [("header", header), ("quotes", quotes)] {
            keys.extend(value.map(|value| key(name, value)));
        }
        keys.extend(tokens.map(|tokens| key("tokens", tokens.name())));
        keys
    }

    /// Whether the file of rows at `path` is read for sentence pairs: because these are needed, because an option says so, or
    /// because it has their columns.
    pub(super) fn mean_pairs(&self, path: &Path) -> bool {
        if let Some(task) = self.needed {
            return task == DataTask::Translation;
        }
        if self.pairs.given().is_some() {
            return true;
        }
        self.texts.given().is_none() && holds_pairs(path, &self.reading)
    }

    /// Whether the file of rows at `path` is read as running text: because nothing else is needed or told by an option, and because
    /// it looks like it.
    pub(super) fn mean_prose(&self, path: &Path) -> bool {
        let told = self.texts.given_labelled().or(self.pairs.given()).or(self.given_table());
        self.needed.is_none() && told.is_none() && holds_prose(path, &self.reading)
    }
}

fn first_given<const N: usize>(options: [(&'static str, bool); N]) -> Option<&'static str> {
    options.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
}
