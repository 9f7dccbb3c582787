//! `onset reproduce translation`: gold, comparison and uniform runs, and what they say together.

use std::path::Path;

use anyhow::{Context, Result};
use onset::data::locate_pairs;
use onset::proxy::{EmbeddingSettings, PairProxies};
use onset::report::{StudiedPairs, write_translation_report};
use onset::spec::Spec;
use onset::store::write_atomically;
use onset::study::{Lexicon, Study, StudySeeds, TranslationPlan, analyse_pairs};

use super::study::{check, conduct, seeds, show, stem, write_tables};
use crate::Ending;
use crate::args::{TranslationArguments, UsageError};
use crate::command::text_options::{quoted, tell_pairs};

/// What a quick study makes smaller.
const QUICK: [&str; 4] =
    ["train.steps=4000", "data.max_validation=400", "record.probes=200", "record.influence=50"];

/// Passes of a quick study's bag of embeddings at most.
const QUICK_EPOCHS: usize = 12;

/// Trains what is not there yet, compares, prints the tables and writes them, the lexicon and the report.
pub fn translation(arguments: &TranslationArguments) -> Result<Ending> {
    check(&arguments.running, &arguments.data, name_of, "translates sentences")?;
    let plans = arguments.data.iter().map(|data| plan(arguments, data)).collect::<Result<Vec<_>>>()?;
    for plan in &plans {
        tell_pairs(&plan.name, &plan.data);
    }
    let mut settings = EmbeddingSettings::default();
    if arguments.quick {
        settings.epochs = QUICK_EPOCHS;
    }
    let conducted = conduct(&plans, &arguments.running, |plan, cancel| {
        PairProxies::ensure(&plan.folder, &plan.data, &settings, cancel)
    })?;
    let mut studies = Vec::new();
    for (plan, runs, mut proxies) in conducted.plans {
        let study = analyse_pairs(plan, &runs, &mut proxies)?;
        let lexicon = Lexicon::new(plan, &runs, &mut proxies)?;
        let path = plan.folder.join("lexicon.csv");
        write_atomically(&path, lexicon.to_csv().as_bytes())?;
        note!("lexicon: {}", path.display());
        studies.push(StudiedPairs { study, runs, lexicon });
    }
    if !studies.is_empty() {
        write(arguments, &studies)?;
    }
    conducted.ending
}

/// One file, or a source and its target.
fn files(data: &str) -> Option<(&Path, Option<&Path>)> {
    if let Some((source, target)) = data.split_once(',') {
        return Some((Path::new(source), Some(Path::new(target))));
    }
    let path = Path::new(data);
    (path.extension().is_some() || path.is_file()).then_some((path, None))
}

/// What a data set is called: files by the first one's name without endings.
fn name_of(data: &str) -> String {
    files(data).map_or_else(|| data.replace('/', "-"), |(source, _)| stem(source))
}

/// The runs of one data set.
fn plan(arguments: &TranslationArguments, data: &str) -> Result<TranslationPlan> {
    let name = name_of(data);
    let mut overrides: Vec<String> = Vec::new();
    if arguments.quick {
        overrides.extend(QUICK.map(String::from));
    }
    let mut set = |key: &str, path: &Path| {
        overrides.push(format!("data.{key}={}", quoted(&path.to_string_lossy())));
    };
    match files(data) {
        Some((source, target)) => {
            set("source", source);
            target.iter().for_each(|target| set("target", target));
        }
        None => {
            let found = locate_pairs(data, arguments.study.from.as_deref(), Path::new("data"))?;
            let sides = found.train.into_iter().chain(found.validation.into_iter().flatten());
            let keys = ["source", "target", "validation_source", "validation_target"];
            keys.iter().zip(sides).for_each(|(key, path)| set(key, &path));
        }
    }
    if let Some(validation) = &arguments.validation {
        let Some((source, target)) = files(validation) else {
            let message = format!("--validation {validation}: expected a file, or two with a comma between");
            return Err(UsageError(message).into());
        };
        set("validation_source", source);
        target.iter().for_each(|target| set("validation_target", target));
    }
    overrides.extend(arguments.running.overrides.iter().cloned());
    let spec = Spec::parse("task = 'translation'", "reproduce translation", &overrides)?;
    let Spec::Translation(spec) = spec else {
        return Err(UsageError("this study translates sentences".into()).into());
    };
    let seeds = seeds(&arguments.study, StudySeeds::translation(), None)?;
    Ok(TranslationPlan::new(&name, &spec, &seeds, &arguments.out.join(&name))?)
}

/// Writes tables and report, and prints the tables, or everything as JSON.
fn write(arguments: &TranslationArguments, studies: &[StudiedPairs]) -> Result<()> {
    let only: Vec<Study> = studies.iter().map(|each| each.study.clone()).collect();
    write_tables(&arguments.out, &only)?;
    let report = arguments.out.join("report.html");
    write_translation_report(studies, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    if arguments.running.json {
        say!("{}", serde_json::to_string_pretty(&only)?);
    } else {
        show(&only, &|place| studies[place].lexicon.remark());
    }
    Ok(())
}
