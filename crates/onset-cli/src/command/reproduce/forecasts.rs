//! `onset reproduce forecasts`: theories of when copying is learned, on distributions that none was fitted on.

use anyhow::{Context, Result};
use onset::report::{round_tables, write_rounds_report};
use onset::store::RunDirectory;
use onset::study::{
    Distribution, Distributions, RoundPlan, RoundRuns, RunRecord, StudySize, THEORIES, measured_of,
    round_findings, round_sentences,
};
use onset::theory::copying_table;
use onset::train::Start;

use super::shown::show;
use crate::Ending;
use crate::args::{ForecastsArguments, UsageError};
use crate::command::sweep::run_jobs;
use crate::interrupt;
use crate::output_file::OutputFile;

/// Seals the predictions of all theories, trains the missing runs, prints the scores and writes the report; with `--calibrate`, trains
/// what the law is fitted on and writes its table.
pub fn forecasts(arguments: &ForecastsArguments) -> Result<Ending> {
    let ForecastsArguments { distributions, theories, seeds, quick, calibrate, running, out } = arguments;
    let seeds = seeds.clone().map_or_else(|| StudySize::quick(*quick).round_seeds(), |seeds| seeds.0);
    let chosen = match (distributions, calibrate) {
        (Some(path), _) => Distributions::read(path)?,
        (None, true) => Distributions::calibration(),
        (None, false) => Distributions::held_out(),
    };
    let programs = named_programs(theories)?;
    let plan = RoundPlan { distributions: chosen.all, seeds, programs };
    let RoundRuns { jobs, names, parts } = plan.plan(&running.overrides, out)?;
    if !calibrate {
        let sealed = plan.seal(&jobs)?;
        note!("{sealed} forecasts sealed");
    }
    let ending = run_jobs(&jobs, &names, running, Start::Resume, None)?;
    interrupt::end_at_once();
    if matches!(ending, Ending::Interrupted) {
        note!("stopped; run the same command again to continue");
        return Ok(ending);
    }
    let mut runs: Vec<(&Distribution, RunRecord)> = Vec::new();
    for (job, part) in jobs.iter().zip(parts).filter(|(job, _)| RunDirectory::exists(&job.path)) {
        runs.push((&plan.distributions[part], RunRecord::read(&job.path)?));
    }
    if *calibrate {
        let measured = out.join("measured.tsv");
        let runs: Vec<&RunRecord> = runs.iter().map(|(_, run)| run).collect();
        let mut file = OutputFile::create(&measured)?;
        copying_table(&measured_of(&runs)?).lines().try_for_each(|line| file.line(line))?;
        file.finish()?;
        note!("the runs that the law is fitted on: {}", measured.display());
        return Ok(Ending::Done);
    }
    let findings = round_findings(&runs)?;
    let shown: Vec<&RunRecord> = runs.iter().map(|(_, run)| run).collect();
    let report = out.join("report.html");
    write_rounds_report(&findings, &shown, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    show(running.json, &findings, round_tables(&findings), &round_sentences(&findings))?;
    Ok(Ending::Done)
}

/// The programs by their names, each with a name of its own.
fn named_programs(theories: &[String]) -> Result<Vec<(String, String)>, UsageError> {
    let mut programs: Vec<(String, String)> = Vec::new();
    for given in theories {
        let (name, command) = named(given)?;
        let shipped = THEORIES.iter().any(|theory| theory.name == name);
        if shipped || programs.iter().any(|(other, _)| *other == name) {
            let message =
                format!("--theory {given}: there is a theory of the name {name}; give yours another one");
            return Err(UsageError(message));
        }
        programs.push((name, command));
    }
    Ok(programs)
}

/// The name and the command of `NAME=COMMAND`.
fn named(given: &str) -> Result<(String, String), UsageError> {
    match given.split_once('=') {
        Some((name, command)) if !name.trim().is_empty() && !command.trim().is_empty() => {
            Ok((name.trim().into(), command.trim().into()))
        }
        _ => {
            Err(UsageError(format!("--theory {given}: expected NAME=COMMAND, such as 'mine=python mine.py'")))
        }
    }
}
