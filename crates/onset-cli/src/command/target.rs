//! Converts a target and its options from the command line, and summarises its data.

use anyhow::Result;
use onset::target::{TargetOptions, TextOptions};
use onset::train::Prepared;

use crate::args::{TextArguments, UsageError};

/// The options of a target; `overrides` take precedence over all others.
pub fn options(text: &TextArguments, overrides: &[String]) -> Result<TargetOptions> {
    let TextArguments { labels, positive, text_column, label_column, validation, from } = text;
    let labels = match &labels[..] {
        [] => None,
        [one] => {
            let message = format!("--labels {one}: expected at least two labels, as in --labels ham,spam");
            return Err(UsageError(message).into());
        }
        labels => Some(labels.to_vec()),
    };
    let texts = TextOptions {
        labels,
        positive: positive.clone(),
        text_column: text_column.clone(),
        label_column: label_column.clone(),
    };
    Ok(TargetOptions {
        from: from.clone(),
        texts,
        validation: validation.clone(),
        overrides: overrides.to_vec(),
        ..TargetOptions::default()
    })
}

/// Prints a summary of the data and what was left out.
pub fn note_data(name: &str, data: &Prepared) {
    let task = data.task();
    if let Some(summary) = task.summary() {
        note!("{name}: {summary}");
    }
    for sentence in task.notices() {
        note!("{name}: {sentence}");
    }
}
