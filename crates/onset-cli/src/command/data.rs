//! `onset data`: public data sets, and the contents of a file before training.

mod inspection;

use std::path::Path;
use std::slice::from_ref;

use anyhow::Result;
use comfy_table::CellAlignment;
use onset::audit::inspect_with_leaks;
use onset::data::{CATALOGUE, DataError, DataSet, DataTask, FetchOptions, Fetched, find, inspect_pairs};
use onset::target::{TargetKind, TargetOptions, resolve};

use super::fetch_progress::{FetchProgress, megabytes};
use super::standard_input::Passing;
use super::target;
use crate::Ending;
use crate::args::{DataArguments, DataCommand, FetchArguments, InspectArguments, UsageError};
use crate::data_advice;
use crate::output;
use crate::table::table;

/// Lists, fetches or inspects.
pub fn data(arguments: DataArguments) -> Result<Ending> {
    match arguments.command {
        DataCommand::List { json } => list(json)?,
        DataCommand::Fetch(arguments) => fetch(arguments)?,
        DataCommand::Inspect(arguments) => look_into(arguments)?,
    }
    Ok(Ending::Done)
}

fn list(json: bool) -> Result<()> {
    if json {
        say!("{}", serde_json::to_string_pretty(CATALOGUE)?);
        return Ok(());
    }
    let header = ["name", "what", "training rows", "validation rows", "download", "licence"];
    let mut list = table(&header, CATALOGUE.iter().map(row));
    for column in [1, 5] {
        if let Some(column) = list.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Left);
        }
    }
    say!("{list}");
    say!("`onset data fetch NAME` fetches one; --json adds sources, checksums and changes");
    Ok(())
}

fn row(set: &DataSet) -> Vec<String> {
    let number = |number: Option<u64>| number.map_or("–".into(), |number| number.to_string());
    vec![
        set.name.into(),
        set.about.into(),
        number(set.rows[0]),
        number(set.rows[1]),
        set.download_bytes.map_or("–".into(), megabytes),
        set.licence.into(),
    ]
}

fn fetch(arguments: FetchArguments) -> Result<()> {
    let set = find(&arguments.name).map_err(usage)?;
    let FetchArguments { from, out, force, .. } = arguments;
    let mirror = std::env::var("ONSET_DATA_MIRROR").ok().filter(|mirror| !mirror.is_empty());
    if from.is_none() && (force || mirror.is_some()) {
        let place = mirror.as_deref().unwrap_or("its publisher");
        note!("{}: from {place}", set.name);
    }
    let options = FetchOptions { out, from, force, mirror };
    let mut progress = FetchProgress::new(set.name);
    match onset::data::fetch(set, &options, &mut |event| progress.observe(event))? {
        Fetched::AlreadyThere(folder) => {
            say!("{} already exists in {}; --force fetches it again", set.name, folder.display());
        }
        Fetched::New(folder, record) => {
            progress.finish();
            for file in &record.files {
                say!("{}: {} rows", folder.join(&file.file).display(), file.rows);
                for (reason, count) in &file.left_out {
                    say!("  {count} left out: {reason}");
                }
            }
            for file in record.upstream.iter().filter(|file| !file.verified) {
                let sum = &file.sha256;
                note!(
                    "{}: no checksum is published; later downloads must match the recorded one, {sum}",
                    file.file
                );
            }
            note!("licence: {}; changes: {} ({})", set.licence, set.changes, set.page);
            note!("{}", next_step(set, &folder));
        }
    }
    Ok(())
}

/// How to train on the fetched set.
fn next_step(set: &DataSet, folder: &Path) -> String {
    if set.task == DataTask::Translation {
        let from = folder.parent().unwrap_or(folder).display();
        return format!("to study it: onset reproduce translation --data {} --from {from} --quick", set.name);
    }
    let path = |index: usize| folder.join(set.files[index].name).display().to_string();
    let [negative, positive] = set.labels.unwrap_or(["negative", "positive"]);
    let validation = if set.files.len() > 1 { format!(" --validation {}", path(1)) } else { String::new() };
    format!("label 0 is {negative}, 1 {positive}; to train: onset train {}{validation}", path(0))
}

fn look_into(arguments: InspectArguments) -> Result<()> {
    let InspectArguments { target, translations, text, overrides, data, json } = arguments;
    let target = translations.map_or(target.clone(), |translations| format!("{target},{translations}"));
    let passing = Passing::new(&target)?;
    let options = TargetOptions { data: data.clone(), ..target::options(&text, &overrides)? };
    let target = resolve(&passing.target, &options)?;
    target::refuse_unused_folder(from_ref(&target), "--from", text.from.as_deref())?;
    target::refuse_unused_folder(from_ref(&target), "--data", data.as_deref())?;
    if let Some(texts) = target.texts() {
        let found = inspect_with_leaks(texts)?;
        return print(json, || serde_json::to_string_pretty(&found), || inspection::describe(&found));
    }
    let Some(pairs) = target.pairs() else {
        let name = &target.name;
        let message = if target.kind == TargetKind::Prose {
            format!(
                "{} is running text without labels, which `onset data inspect` does not describe; `onset train` prints its size",
                passing.target
            )
        } else {
            format!("{name} has no data to inspect: its examples are generated")
        };
        return Err(UsageError(message).into());
    };
    if let Some(validation) = &text.validation {
        let message = format!(
            "--validation {validation} would be ignored: for sentence pairs, `onset data inspect` reads \
             only the training pairs; to inspect these, give them as the target"
        );
        return Err(UsageError(message).into());
    }
    let found = inspect_pairs(pairs)?;
    print(json, || serde_json::to_string_pretty(&found), || inspection::describe_pairs(&found))
}

/// Prints the findings as text or as JSON.
fn print(
    json: bool,
    as_json: impl FnOnce() -> serde_json::Result<String>,
    as_text: impl FnOnce() -> String,
) -> Result<()> {
    match json {
        true => say!("{}", as_json()?),
        false => output::result(format_args!("{}", as_text())),
    }
    Ok(())
}

/// An unknown name is a usage error.
fn usage(error: DataError) -> anyhow::Error {
    let advice = data_advice::of(&error).map_or(String::new(), |advice| format!("; {advice}"));
    UsageError(format!("{error}{advice}")).into()
}
