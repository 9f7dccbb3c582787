//! `onset data`: public data sets, and what a file of texts holds.

mod inspection;
mod progress;

use std::path::Path;

use anyhow::Result;
use comfy_table::CellAlignment;
use onset::data::{
    CATALOGUE, DataError, DataSet, DataTask, FetchOptions, Fetched, find, inspect, inspect_pairs, locate,
};
use onset::spec::{PairSource, Spec};
use onset::task::text::is_text_file;

use self::progress::FetchProgress;
use super::text_options::{quoted, text_overrides};
use crate::Ending;
use crate::args::{DataArguments, DataCommand, FetchArguments, InspectArguments, UsageError};
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
    let header = ["name", "what", "rows", "to validate on", "download", "licence"];
    let mut list = table(&header, CATALOGUE.iter().map(row));
    for column in [1, 5] {
        if let Some(column) = list.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Left);
        }
    }
    say!("{list}");
    say!("`onset data fetch NAME` gets one; --json tells sources, checksums and what is changed");
    Ok(())
}

fn row(set: &DataSet) -> Vec<String> {
    let number = |number: Option<u64>| number.map_or("–".into(), |number| number.to_string());
    vec![
        set.name.into(),
        set.about.into(),
        number(set.rows[0]),
        number(set.rows[1]),
        set.download_bytes.map_or("–".into(), progress::megabytes),
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
            say!("{} is in {} already; --force fetches it anew", set.name, folder.display());
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
                note!("{}: no checksum is published; {sum} is recorded and held to", file.file);
            }
            note!("licence: {}; changes: {} ({})", set.licence, set.changes, set.page);
            note!("{}", next_step(set, &folder));
        }
    }
    Ok(())
}

/// How to train on what was fetched.
fn next_step(set: &DataSet, folder: &Path) -> String {
    if set.task == DataTask::Translation {
        let from = folder.parent().unwrap_or(folder).display();
        return format!("study it: onset reproduce translation --data {} --from {from} --quick", set.name);
    }
    let path = |index: usize| folder.join(set.files[index].name).display().to_string();
    let [negative, positive] = set.labels.unwrap_or(["negative", "positive"]);
    let validation = if set.files.len() > 1 { format!(" --validation {}", path(1)) } else { String::new() };
    format!("label 0 is {negative}, 1 {positive}; train on it: onset train {}{validation}", path(0))
}

fn look_into(arguments: InspectArguments) -> Result<()> {
    let InspectArguments { target, translations, mut text, overrides, data, json } = arguments;
    if let Some(translations) = translations {
        let found = inspect_pairs(&target, &translations, PairSource::default().max_subwords)?;
        match json {
            true => say!("{}", serde_json::to_string_pretty(&found)?),
            false => output::result(format_args!("{}", inspection::describe_pairs(&found))),
        }
        return Ok(());
    }
    let file = if is_text_file(&target) {
        target.clone()
    } else {
        let set = target.to_str().and_then(|name| find(name).ok()).ok_or_else(|| {
            let sets: Vec<&str> = CATALOGUE.iter().map(|set| set.name).collect();
            UsageError(format!(
                "{} is no text file (.tsv, .csv, .jsonl, .ndjson, each also .gz) and no data set ({})",
                target.display(),
                sets.join(", ")
            ))
        })?;
        let files = locate(set.name, None, &data)?;
        text.validation = text.validation.or(files.validation);
        files.train
    };
    let mut keys = text_overrides(&text)?;
    keys.push(format!("data.file={}", quoted(&file.to_string_lossy())));
    keys.extend(overrides);
    let spec = Spec::parse("task = 'classification'", &file.display().to_string(), &keys)?;
    let Spec::Classification(spec) = spec else {
        return Err(UsageError("--set task=… has no place here; only texts can be inspected".into()).into());
    };
    let found = inspect(&spec.data)?;
    if json {
        say!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        output::result(format_args!("{}", inspection::describe(&found)));
    }
    Ok(())
}

/// A name that is not known is the user's to mend.
fn usage(error: DataError) -> anyhow::Error {
    UsageError(error.to_string()).into()
}
