//! The options of text files as keys of a spec.

use anyhow::Result;
use onset::task::pairs::PairData;
use onset::task::text::TextData;

use crate::args::{TextArguments, UsageError};

/// The options as overrides.
pub fn text_overrides(arguments: &TextArguments) -> Result<Vec<String>> {
    let TextArguments { labels, positive, text_column, label_column, validation } = arguments;
    let mut overrides = Vec::new();
    if let Some(file) = validation {
        overrides.push(format!("data.validation_file={}", quoted(&file.to_string_lossy())));
    }
    for (key, value) in [("positive", positive), ("text", text_column), ("label", label_column)] {
        if let Some(value) = value {
            overrides.push(format!("data.{key}={}", quoted(value)));
        }
    }
    match &labels[..] {
        [] => {}
        [negative, positive] => {
            overrides.push(format!("data.labels=[{}, {}]", quoted(negative), quoted(positive)));
        }
        other => {
            let found = other.join(",");
            let message = format!("--labels {found}: expected two labels, as in --labels ham,spam");
            return Err(UsageError(message).into());
        }
    }
    Ok(overrides)
}

/// A string as TOML writes it; JSON quotes alike for all that can stand in a path or a label on one line.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Says what the data holds and what was left out.
pub fn tell(name: &str, data: &TextData) {
    let (train, validation, words) = (data.train.len(), data.validation.len(), data.vocabulary.len());
    note!("{name}: {train} texts to train on, {validation} held out, {words} words known");
    for sentence in data.notices.sentences() {
        note!("{name}: {sentence}");
    }
}

/// Says what the sentence pairs hold and what was left out.
pub fn tell_pairs(name: &str, data: &PairData) {
    let (train, validation, subwords) = (data.train.len(), data.validation.len(), data.subwords.len());
    note!("{name}: {train} sentence pairs to train on, {validation} held out, {subwords} subwords");
    for sentence in data.notices.sentences() {
        note!("{name}: {sentence}");
    }
}
