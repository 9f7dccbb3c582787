//! `onset reproduce drops`: when the loss on Markov chains drops, said in advance.

use anyhow::{Context, Result};
use onset::forecast::{Forecast, Prediction, predict};
use onset::report::{drops_table, write_drops_report};
use onset::store::RunDirectory;
use onset::study::{
    DropPlan, DropRuns, Part, RunRecord, StudySize, drop_findings, drop_sentences, read_begun,
};
use onset::train::{Job, Start};

use super::shown::{show, stopped};
use crate::Ending;
use crate::args::{DropsArguments, UsageError};
use crate::command::sweep::run_jobs;
use crate::interrupt;
use crate::output_file::OutputFile;

/// Seals the forecasts, trains the missing runs, prints what they show and writes the report.
pub fn drops(arguments: &DropsArguments) -> Result<Ending> {
    let DropsArguments { seeds, quick, running, out } = arguments;
    let (fitted, held_out) = StudySize::quick(*quick).drop_seeds();
    let held_out = seeds.clone().map_or(held_out, |seeds| seeds.0);
    let DropRuns { jobs, names, parts } = DropPlan { fitted, held_out }.plan(&running.overrides, out)?;
    for (job, _) in jobs.iter().zip(&parts).filter(|(_, part)| **part == Part::HeldOut) {
        seal(job)?;
    }
    let ending = run_jobs(&jobs, &names, running, Start::Resume, None)?;
    interrupt::end_at_once();
    if matches!(ending, Ending::Interrupted) {
        return Ok(stopped());
    }
    let runs = read_begun(&jobs)?;
    let findings = drop_findings(&runs)?;
    let shown: Vec<&RunRecord> = runs.iter().collect();
    let report = out.join("report.html");
    write_drops_report(&findings, &shown, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    if !findings.laws.is_empty() {
        let measured = out.join("measured.tsv");
        let mut file = OutputFile::create(&measured)?;
        findings.table.lines().try_for_each(|line| file.line(line))?;
        file.finish()?;
        note!("the runs that a law is fitted on: {}", measured.display());
    }
    show(running.json, &findings, vec![drops_table(&findings)], &drop_sentences(&findings))?;
    Ok(Ending::Done)
}

/// Seals the forecast of a run that has none and has not begun.
fn seal(job: &Job) -> Result<()> {
    if RunDirectory::exists(&job.path) || Forecast::read(&job.path)?.is_some() {
        return Ok(());
    }
    let predicted = predict(&job.spec, &job.data)?;
    if let Prediction::Levels(levels) = &predicted.0
        && let Some(reason) = &levels.withheld
    {
        let path = job.path.display();
        let message = format!("no step can be predicted for {path}: {reason}; leave out what --set changes");
        return Err(UsageError(message).into());
    }
    Forecast::write(&job.path, &job.spec, &job.data, &predicted)?;
    Ok(())
}
