//! A request as Python gives it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use onset::runs::{Request, Seeds, Shard};
use onset::target::{PairOptions, TargetOptions, TextOptions};
use onset::task::rows::Reading;
use onset::task::text::Tokens;
use pyo3::prelude::*;

use crate::errors::exception;

/// What goes with a target; every field may be missing.
#[derive(FromPyObject, Default)]
#[pyo3(from_item_all)]
pub struct Options {
    overrides: Vec<String>,
    labels: Option<Vec<String>>,
    positive: Vec<String>,
    text_column: Option<String>,
    label_column: Option<String>,
    label_names: BTreeMap<String, String>,
    source_column: Option<String>,
    target_column: Option<String>,
    tokens: Option<String>,
    separator: Option<String>,
    header: Option<bool>,
    quotes: Option<bool>,
    encoding: Option<String>,
    validation: Option<String>,
    pretrained: Option<PathBuf>,
    from_: Option<PathBuf>,
}

impl Options {
    pub fn into_target(self, py: Python<'_>) -> PyResult<TargetOptions> {
        let tokens = match self.tokens.as_deref() {
            None => None,
            Some(name) => Some(tokens_of(py, name)?),
        };
        Ok(TargetOptions {
            from: self.from_,
            texts: TextOptions {
                labels: self.labels,
                positive: self.positive,
                text_column: self.text_column,
                label_column: self.label_column,
                label_names: self.label_names,
                tokens,
            },
            pairs: PairOptions { source_column: self.source_column, target_column: self.target_column },
            reading: Reading {
                separator: self.separator,
                header: self.header,
                quotes: self.quotes,
                encoding: self.encoding,
            },
            validation: self.validation,
            pretrained: self.pretrained,
            overrides: self.overrides,
            ..TargetOptions::default()
        })
    }
}

fn tokens_of(py: Python<'_>, name: &str) -> PyResult<Tokens> {
    [("words", Tokens::Words), ("characters", Tokens::Characters), ("subwords", Tokens::Subwords)]
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, tokens)| tokens)
        .ok_or_else(|| {
            let message = format!("tokens={name:?}: expected \"words\", \"characters\" or \"subwords\"");
            exception(py, "SpecError", &message, Some("tokens".into()), None)
        })
}

/// Which runs are wanted.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Wanted {
    target: String,
    options: Options,
    seeds: Option<Vec<u64>>,
    /// Seeds in one word, as on the command line.
    seed_words: Option<String>,
    out: Option<PathBuf>,
    name: Option<String>,
    resume: bool,
    shard: Option<String>,
}

impl Wanted {
    pub fn into_request(self, py: Python<'_>) -> PyResult<Request> {
        let wrong = |argument: &str, message: String| {
            exception(py, "TargetError", &message, Some(argument.into()), None)
        };
        let seeds = match self.seed_words {
            None => self.seeds,
            Some(words) => Some(words.parse::<Seeds>().map_err(|message| wrong("seeds", message))?.0),
        };
        let shard = match self.shard {
            None => Shard::default(),
            Some(words) => words.parse().map_err(|message| wrong("shard", message))?,
        };
        Ok(Request {
            target: self.target,
            options: self.options.into_target(py)?,
            seeds,
            out: self.out,
            name: self.name,
            resume: self.resume,
            shard,
        })
    }
}
