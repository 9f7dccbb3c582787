//! `onset reproduce classification`: gold, comparison and uniform runs, and what they say together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use onset::data::locate;
use onset::proxy::{EmbeddingSettings, Proxies};
use onset::report::{
    agreement_csv, agreement_latex, agreement_markdown, study_grids, write_classification_report,
};
use onset::spec::Spec;
use onset::store::write_atomically;
use onset::study::{ClassificationPlan, ClassificationSeeds, ClassificationStudy, analyse};
use onset::task::text::is_text_file;
use onset::train::{Job, Start};

use crate::Ending;
use crate::args::{ClassificationArguments, UsageError};
use crate::command::sweep::{LiveReport, run_jobs};
use crate::command::text_options::{quoted, tell, text_overrides};
use crate::interrupt;
use crate::table::table;

/// Steps of a quick study.
const QUICK_STEPS: u64 = 1000;

/// Trains what is not there yet, compares, prints the tables and writes them and the report.
pub fn classification(arguments: &ClassificationArguments) -> Result<Ending> {
    check(arguments)?;
    let plans = arguments.data.iter().map(|data| plan(arguments, data)).collect::<Result<Vec<_>>>()?;
    for plan in &plans {
        tell(&plan.name, &plan.data);
    }
    let (ending, proxies) = train(arguments, &plans);
    let mut studies = Vec::new();
    for (plan, proxies) in plans.iter().zip(proxies) {
        if let Some((gold, uniform, comparisons)) = plan.read()? {
            let Some(proxies) = proxies? else { continue };
            studies.push((analyse(plan, &gold, &uniform, &comparisons, &proxies)?, proxies));
        }
    }
    if !studies.is_empty() {
        write(arguments, &plans, &studies)?;
        let studies: Vec<ClassificationStudy> = studies.into_iter().map(|(study, _)| study).collect();
        show(&studies, arguments.running.json)?;
    }
    if matches!(ending, Ok(Ending::Interrupted)) {
        eprintln!("stopped; the same command continues where it was left");
    }
    ending
}

/// Refuses another task, and two sets that would share a folder.
fn check(arguments: &ClassificationArguments) -> Result<()> {
    let key = |assignment: &String| assignment.split('=').next().map(str::trim) == Some("task");
    if arguments.running.overrides.iter().any(key) {
        return Err(other_task().into());
    }
    let mut seen = BTreeMap::new();
    for data in &arguments.data {
        let name = name_of(data);
        if let Some(other) = seen.insert(name.clone(), data) {
            let message = format!("{other} and {data} are both called {name}; study them apart, with --out");
            return Err(UsageError(message).into());
        }
    }
    Ok(())
}

fn other_task() -> UsageError {
    UsageError("--set task=… has no place here: this study classifies texts".into())
}

/// What a data set is called: a file by its name without endings.
fn name_of(data: &str) -> String {
    let path = Path::new(data);
    if !is_text_file(path) {
        return data.into();
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or("text").into()
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
    let Spec::Classification(spec) = spec else { return Err(other_task().into()) };
    let paper = ClassificationSeeds::default();
    let comparisons = match &arguments.seeds {
        Some(seeds) => seeds.0.clone(),
        None if arguments.quick => paper.comparisons[..2].to_vec(),
        None => paper.comparisons,
    };
    let seeds = ClassificationSeeds { gold: arguments.gold, comparisons, uniform: arguments.uniform };
    if seeds.comparisons.contains(&seeds.gold) {
        let message =
            format!("seed {} is both the gold run's and a comparison's; change --seeds", seeds.gold);
        return Err(UsageError(message).into());
    }
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
    let files = locate(data, arguments.from.as_deref(), Path::new("data"))?;
    Ok(Some((files.train, files.validation)))
}

type ProxyResults = Vec<Result<Option<Proxies>>>;

/// Does the runs of all plans, and their proxies beside them.
fn train(
    arguments: &ClassificationArguments,
    plans: &[ClassificationPlan],
) -> (Result<Ending>, ProxyResults) {
    let jobs: Vec<Job> = plans.iter().flat_map(|plan| plan.jobs.clone()).collect();
    let names = plans.iter().flat_map(|plan| plan.names.clone()).collect();
    std::thread::scope(|scope| {
        let proxies = scope.spawn(|| plans.iter().map(|plan| proxies(arguments, plan)).collect());
        let ending = run_jobs(&jobs, names, &arguments.running, Start::Resume, LiveReport::None);
        (ending, proxies.join().expect("proxies do not panic"))
    })
}

/// The proxies of one data set; none if they were stopped.
fn proxies(arguments: &ClassificationArguments, plan: &ClassificationPlan) -> Result<Option<Proxies>> {
    let mut settings = EmbeddingSettings::default();
    if arguments.quick {
        settings.epochs = 20;
    }
    let cancel = interrupt::flag();
    let found = Proxies::ensure(&plan.folder, &plan.data, &settings, &|| cancel.load(Ordering::Relaxed));
    match found {
        Err(onset::proxy::ProxyError::Interrupted) => Ok(None),
        found => found.map(Some).with_context(|| format!("cannot keep the proxies of {}", plan.name)),
    }
}

/// Writes tables and report.
fn write(
    arguments: &ClassificationArguments,
    plans: &[ClassificationPlan],
    studies: &[(ClassificationStudy, Proxies)],
) -> Result<()> {
    let only: Vec<ClassificationStudy> = studies.iter().map(|(study, _)| study.clone()).collect();
    let out = &arguments.out;
    for (name, contents) in [
        ("agreement.md", agreement_markdown(&only)),
        ("agreement.csv", agreement_csv(&only)),
        ("agreement.tex", agreement_latex(&only)),
    ] {
        write_atomically(&out.join(name), contents.as_bytes())?;
    }
    let report = out.join("report.html");
    write_classification_report(plans, studies, &report).context("cannot write the report")?;
    eprintln!("tables: {} (also .csv and .tex)", out.join("agreement.md").display());
    eprintln!("report: {}", report.display());
    Ok(())
}

/// Prints a table for each part of each data set, or everything as JSON.
fn show(studies: &[ClassificationStudy], as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(studies)?);
        return Ok(());
    }
    for study in studies {
        for grid in study_grids(study) {
            let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
            println!("{}\n{}\n", grid.title, table(&header, grid.rows));
        }
        for sentence in study.remarks() {
            println!("{sentence}");
        }
        println!();
    }
    Ok(())
}
