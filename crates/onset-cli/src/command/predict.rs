//! `onset predict`: what training will do, nothing trained.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use onset::data::{DataTask, find, locate, locate_pairs};
use onset::forecast::{Prediction, ReadableAttention, predict as predict_run, predict_pair_files};
use onset::spec::Spec;
use onset::task::text::is_text_file;
use onset::train::Prepared;

use super::predictions::{show_copying, show_words};
use super::text_options::{quoted, text_overrides};
use crate::Ending;
use crate::args::{PredictArguments, UsageError};

/// Predicts, and prints it.
pub fn predict(arguments: &PredictArguments) -> Result<Ending> {
    if let Some(files) = pair_files(arguments)? {
        return predict_files(arguments, &files);
    }
    let spec = spec_of(arguments)?;
    if let Spec::Translation(spec) = &spec {
        // Words do for a look ahead; learning subwords takes longer than all else.
        let source = spec.data.source.clone().unwrap_or_default();
        return predict_files(arguments, &PairFiles { source, target: spec.data.target.clone() });
    }
    let data = Prepared::load(&spec)?;
    if let Prepared::Text(texts) = &data {
        let (prediction, attention) = predict_run(&spec, &data)?;
        write_attention(arguments, &ReadableAttention::of_texts(texts, &attention))?;
        return print(arguments, vec![prediction]);
    }
    if arguments.attention.is_some() {
        let message = "--attention is for texts and sentence pairs; a copying task's curve is in --json";
        return Err(UsageError(message.into()).into());
    }
    let seeds = arguments.seeds.as_ref().map_or_else(|| vec![spec.seed()], |seeds| seeds.0.clone());
    let mut predictions = Vec::new();
    for seed in seeds {
        predictions.push(predict_run(&spec.clone().with_seed(seed), &data)?.0);
    }
    print(arguments, predictions)
}

fn predict_files(arguments: &PredictArguments, files: &PairFiles) -> Result<Ending> {
    let (words, attention) = predict_pair_files(&files.source, files.target.as_deref())?;
    write_attention(arguments, &attention)?;
    print(arguments, vec![Prediction::Words(words)])
}

/// One JSON object a line, where it is asked for.
fn write_attention(arguments: &PredictArguments, attention: &[ReadableAttention]) -> Result<()> {
    let Some(path) = &arguments.attention else { return Ok(()) };
    let place = || format!("cannot write {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(place)?);
    for each in attention {
        let line = serde_json::to_string(each)?;
        writeln!(file, "{line}").with_context(place)?;
    }
    file.flush().with_context(place)
}

/// A file of pairs, or two side by side.
struct PairFiles {
    source: PathBuf,
    target: Option<PathBuf>,
}

/// The files of the target, if it stands for sentence pairs.
fn pair_files(arguments: &PredictArguments) -> Result<Option<PairFiles>> {
    let target = &arguments.target;
    if let Some((source, target)) = target.split_once(',') {
        return Ok(Some(PairFiles { source: source.into(), target: Some(target.into()) }));
    }
    if Path::new(target).extension().is_some() {
        return Ok(None);
    }
    let name = target.split('/').next().unwrap_or(target);
    if !find(name).is_ok_and(|set| set.task == DataTask::Translation) {
        return Ok(None);
    }
    let [source, target] = locate_pairs(target, arguments.from.as_deref(), Path::new("data"))?.train;
    Ok(Some(PairFiles { source, target: Some(target) }))
}

/// The spec that the target stands for.
fn spec_of(arguments: &PredictArguments) -> Result<Spec> {
    let (target, path) = (arguments.target.as_str(), Path::new(&arguments.target));
    let mut overrides = Vec::new();
    let task = match target {
        "copying" => "task = 'copying'",
        "keyword" => "task = 'classification'",
        _ if path.extension().is_some_and(|ending| ending == "toml") => {
            return Ok(Spec::read(path, &arguments.overrides)?);
        }
        _ if is_text_file(path) => {
            overrides.push(format!("data.file={}", quoted(target)));
            "task = 'classification'"
        }
        _ if find(target).is_ok() => {
            let files = locate(target, arguments.from.as_deref(), Path::new("data"))?;
            overrides.push(format!("data.file={}", quoted(&files.train.to_string_lossy())));
            if let Some(validation) = files.validation {
                overrides.push(format!("data.validation_file={}", quoted(&validation.to_string_lossy())));
            }
            "task = 'classification'"
        }
        _ => {
            return Err(UsageError(format!(
                "{target} is no spec (.toml), no data set (`onset data list`), no text file (.tsv, .csv, .jsonl, .ndjson, \
                 each also .gz), no SOURCE,TARGET and no built-in task (keyword, copying)"
            ))
            .into());
        }
    };
    overrides.extend(text_overrides(&arguments.text)?);
    overrides.extend(arguments.overrides.iter().cloned());
    Ok(Spec::parse(task, target, &overrides)?)
}

fn print(arguments: &PredictArguments, predictions: Vec<Prediction>) -> Result<Ending> {
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&predictions)?);
        return Ok(Ending::Done);
    }
    let mut copying = Vec::new();
    for prediction in predictions {
        match prediction {
            Prediction::Copying(prediction) => copying.push(prediction),
            Prediction::Words(words) => show_words(&words, arguments.top),
        }
    }
    if !copying.is_empty() {
        show_copying(&copying);
    }
    Ok(Ending::Done)
}
