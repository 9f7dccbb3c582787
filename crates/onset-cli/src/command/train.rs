//! `onset train`: a text file, a spec or a built-in task.

use std::path::{Path, PathBuf};

use anyhow::Result;
use onset::spec::Spec;
use onset::task::text::is_text_file;
use onset::train::{Job, Prepared, Start};

use super::show::show;
use super::sweep::{LiveReport, read_back, report_to, run_jobs};
use super::text_options::{quoted, tell, tell_pairs, text_overrides};
use crate::Ending;
use crate::args::{TrainArguments, UsageError};

/// Trains, then prints what came of it and writes the report.
pub fn train(arguments: TrainArguments) -> Result<Ending> {
    let (spec, name) = read_target(&arguments)?;
    let data = Prepared::load(&spec)?;
    if let Prepared::Text(text) = &data {
        tell(&name, text);
    }
    if let Prepared::Pairs(pairs) = &data {
        tell_pairs(&name, pairs);
    }
    let seeds = arguments.seeds.as_ref().map_or(vec![spec.seed()], |seeds| seeds.0.clone());
    let folder = arguments.out.join(&name);
    let (mut jobs, mut names) = (Vec::new(), Vec::new());
    for seed in seeds {
        names.push(format!("{name}, seed {seed}"));
        let path = folder.join(format!("seed-{seed}"));
        jobs.push(Job { spec: spec.clone().with_seed(seed), data: data.clone(), path });
    }
    let start = if arguments.resume { Start::Resume } else { Start::New };
    let report = folder.join("report.html");
    let ending = run_jobs(&jobs, names, &arguments.running, start, LiveReport::At(&report))?;
    let runs = read_back(&jobs)?;
    report_to(&runs, &report)?;
    show(&runs, arguments.running.json)?;
    if ending == Ending::Interrupted {
        note!("stopped; the same command with --resume continues where it was left");
    }
    Ok(ending)
}

/// The spec that the target stands for, and a name for its runs.
pub(super) fn read_target(arguments: &TrainArguments) -> Result<(Spec, String)> {
    let target = &arguments.target;
    let stem = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('.').next().unwrap_or("run").to_owned()
    };
    let built_in = |text: &str, name: &str| (text.to_owned(), name.to_owned(), name.to_owned());
    let (text, origin, name) = match target.to_str() {
        Some("keyword") => built_in("task = 'classification'", "keyword"),
        Some("copying") => built_in("task = 'copying'", "copying"),
        _ if is_text_file(target) => {
            ("task = 'classification'".into(), target.display().to_string(), stem(target))
        }
        _ if target.extension().is_some_and(|ending| ending == "toml") => {
            let overrides = overrides(arguments, None)?;
            return Ok((Spec::read(target, &overrides)?, stem(target)));
        }
        _ => {
            return Err(UsageError(format!(
                "{} is no text file (.tsv, .csv, .jsonl, .ndjson, each also .gz), no spec (.toml) and no \
                 built-in task (keyword, copying)",
                target.display()
            ))
            .into());
        }
    };
    let file = is_text_file(target).then_some(target);
    Ok((Spec::parse(&text, &origin, &overrides(arguments, file)?)?, name))
}

/// The text options and `--set` as overrides of the spec; `--set` wins.
fn overrides(arguments: &TrainArguments, file: Option<&PathBuf>) -> Result<Vec<String>> {
    let mut overrides = Vec::new();
    if let Some(file) = file {
        overrides.push(format!("data.file={}", quoted(&file.to_string_lossy())));
    }
    overrides.extend(text_overrides(&arguments.text)?);
    overrides.extend(arguments.running.overrides.iter().cloned());
    Ok(overrides)
}
