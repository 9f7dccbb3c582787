//! `onset reproduce classification`: gold, comparison and uniform runs, and what they say together.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use onset::data::locate;
use onset::proxy::{EmbeddingSettings, Proxies};
use onset::report::write_classification_report;
use onset::spec::Spec;
use onset::study::{ClassificationPlan, Study, StudySeeds, analyse_texts};
use onset::task::text::is_text_file;

use super::study::{check, conduct, seeds, show, stem, write_tables};
use crate::Ending;
use crate::args::{ClassificationArguments, UsageError};
use crate::command::text_options::{quoted, tell, text_overrides};

/// Steps of a quick study, its comparison runs, and the passes of its bag of embeddings at most.
const QUICK_STEPS: u64 = 1000;
const QUICK_COMPARISONS: usize = 2;
const QUICK_EPOCHS: usize = 20;

/// Trains what is not there yet, compares, prints the tables and writes them and the report.
pub fn classification(arguments: &ClassificationArguments) -> Result<Ending> {
    check(&arguments.running, &arguments.data, name_of, "classifies texts")?;
    let plans = arguments.data.iter().map(|data| plan(arguments, data)).collect::<Result<Vec<_>>>()?;
    for plan in &plans {
        tell(&plan.name, &plan.data);
    }
    let mut settings = EmbeddingSettings::default();
    if arguments.quick {
        settings.epochs = QUICK_EPOCHS;
    }
    let conducted = conduct(&plans, &arguments.running, |plan, cancel| {
        Proxies::ensure(&plan.folder, &plan.data, &settings, cancel)
    })?;
    let mut studies = Vec::new();
    for (plan, runs, proxies) in conducted.plans {
        studies.push((analyse_texts(plan, &runs, &proxies)?, proxies));
    }
    if !studies.is_empty() {
        write(arguments, &plans, &studies)?;
    }
    conducted.ending
}

/// What a data set is called: a file by its name without endings.
fn name_of(data: &str) -> String {
    let path = Path::new(data);
    if is_text_file(path) { stem(path) } else { data.into() }
}

/// The runs of one data set.
fn plan(arguments: &ClassificationArguments, data: &str) -> Result<ClassificationPlan> {
    let (name, files) = (name_of(data), find(arguments, data)?);
    // The tables need no parameters, and a set's are some gigabytes; --set record.parameters=true keeps them.
    let mut overrides = vec!["record.parameters=false".to_string()];
    if arguments.quick {
        overrides.push(format!("train.steps={QUICK_STEPS}"));
    }
    if let Some((file, validation)) = files {
        overrides.push(format!("data.file={}", quoted(&file.to_string_lossy())));
        if let Some(file) = validation {
            overrides.push(format!("data.validation_file={}", quoted(&file.to_string_lossy())));
        }
    }
    overrides.extend(text_overrides(&arguments.text)?);
    overrides.extend(arguments.running.overrides.iter().cloned());
    let spec = Spec::parse("task = 'classification'", "reproduce classification", &overrides)?;
    let Spec::Classification(spec) = spec else {
        return Err(UsageError("this study classifies texts".into()).into());
    };
    let quick = arguments.quick.then_some(QUICK_COMPARISONS);
    let seeds = seeds(&arguments.study, StudySeeds::classification(), quick)?;
    Ok(ClassificationPlan::new(&name, &spec, &seeds, &arguments.out.join(&name))?)
}

type Files = Option<(PathBuf, Option<PathBuf>)>;

/// Where the files of a data set are; none for the built-in task.
fn find(arguments: &ClassificationArguments, data: &str) -> Result<Files> {
    if data == "keyword" {
        return Ok(None);
    }
    let path = Path::new(data);
    if is_text_file(path) {
        return Ok(Some((path.into(), None)));
    }
    let files = locate(data, arguments.study.from.as_deref(), Path::new("data"))?;
    Ok(Some((files.train, files.validation)))
}

/// Writes tables and report, and prints the tables, or everything as JSON.
fn write(
    arguments: &ClassificationArguments,
    plans: &[ClassificationPlan],
    studies: &[(Study, Proxies)],
) -> Result<()> {
    let only: Vec<Study> = studies.iter().map(|(study, _)| study.clone()).collect();
    write_tables(&arguments.out, &only)?;
    let report = arguments.out.join("report.html");
    write_classification_report(plans, studies, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    if arguments.running.json {
        say!("{}", serde_json::to_string_pretty(&only)?);
    } else {
        show(&only, &|_| None);
    }
    Ok(())
}
