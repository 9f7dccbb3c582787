//! Converts a target and its options from the command line, and summarises its data.

use std::borrow::Borrow;
use std::path::Path;

use anyhow::Result;
use onset::runs::{Seeds, refuse_two_seeds};
use onset::spec::Spec;
use onset::target::{PairOptions, Target, TargetOptions, TextOptions, resolve};
use onset::train::Prepared;

use super::plan::in_options;
use crate::args::{TextArguments, UsageError};
use crate::option_names::with_options;

/// The options of a target; `overrides` take precedence over all others.
pub fn options(text: &TextArguments, overrides: &[String]) -> Result<TargetOptions> {
    let TextArguments { labels, positive, label_names, text_column, label_column, .. } = text;
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
        label_names: label_names.iter().cloned().collect(),
        tokens: text.reading.tokens,
    };
    let pairs =
        PairOptions { source_column: text.source_column.clone(), target_column: text.target_column.clone() };
    Ok(TargetOptions {
        from: text.from.clone(),
        texts,
        pairs,
        reading: text.reading.reading(),
        validation: text.validation.clone(),
        overrides: overrides.to_vec(),
        ..TargetOptions::default()
    })
}

/// What the target stands for; a folder of data sets that says nothing about it is refused.
pub fn resolved(target: &str, text: &TextArguments, overrides: &[String]) -> Result<Target> {
    let target = resolve(target, &options(text, overrides)?)?;
    refuse_unused_folder(std::slice::from_ref(&target), "--from", text.from.as_deref())?;
    Ok(target)
}

/// Refuses a folder of data sets that is named by `option` where none of `targets` is a data set.
pub fn refuse_unused_folder<T: Borrow<Target>>(
    targets: &[T],
    option: &str,
    folder: Option<&Path>,
) -> Result<()> {
    let refused = onset::runs::refuse_unused_folder(targets, folder);
    refused.map_err(|error| UsageError(format!("{option} {error}")).into())
}

/// The seeds that were named, else that of the spec.
pub fn seeds_of(spec: &Spec, seeds: Option<&Seeds>, overrides: &[String]) -> Result<Vec<u64>> {
    refuse_two_seeds(seeds.is_some(), overrides).map_err(in_options)?;
    Ok(seeds.map_or_else(|| vec![spec.seed()], |seeds| seeds.0.clone()))
}

/// Prints a summary of the data and what was left out.
pub fn note_data(name: &str, data: &Prepared) {
    let task = data.task();
    if let Some(summary) = task.summary() {
        note!("{name}: {summary}");
    }
    note_remarks(name, &task.notices());
}

/// Says what was left out, and what should be known about how the data was read.
pub fn note_remarks(name: &str, sentences: &[String]) {
    for sentence in sentences {
        note!("{name}: {}", with_options(sentence));
    }
}
