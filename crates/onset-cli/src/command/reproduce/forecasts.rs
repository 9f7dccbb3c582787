//! `onset reproduce forecasts`: theories of when copying is learned and of where attention goes in texts, on what none was fitted on.

use anyhow::{Context, Result};
use onset::report::{round_tables, write_rounds_report};
use onset::store::RunDirectory;
use onset::study::{
    Distribution, Distributions, RoundPlan, RoundRuns, RunRecord, StudySize, TEXT_THEORIES, THEORIES,
    measured_of, round_findings, round_sentences,
};
use onset::theory::copying_table;
use onset::train::Start;

use super::shown::{show, stopped};
use crate::Ending;
use crate::args::{ForecastsArguments, UsageError};
use crate::command::sweep::run_jobs;
use crate::interrupt;
use crate::output_file::OutputFile;

/// Seals the predictions of all theories, trains the missing runs, prints the scores and writes the report; with `--calibrate`, trains
/// what the law is fitted on and writes its table.
pub fn forecasts(arguments: &ForecastsArguments) -> Result<Ending> {
    let ForecastsArguments { theories, seeds, quick, calibrate, from, running, out, .. } = arguments;
    let seeds = seeds.clone().map_or_else(|| StudySize::quick(*quick).round_seeds(), |seeds| seeds.0);
    let programs = named_programs(theories)?;
    let plan = RoundPlan { distributions: chosen(arguments)?, seeds, programs, from: from.clone() };
    let runs = plan.plan(&running.overrides, out)?;
    if !calibrate {
        interrupt::flag();
        let sealed = plan.seal(&runs, &interrupt::is_cancelled);
        if interrupt::is_cancelled() {
            return Ok(stopped());
        }
        note!("{} forecasts sealed", sealed?);
    }
    let RoundRuns { jobs, names, parts } = runs;
    let ending = run_jobs(&jobs, &names, running, Start::Resume, None)?;
    interrupt::end_at_once();
    if matches!(ending, Ending::Interrupted) {
        return Ok(stopped());
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

/// What is trained. Shipped sets of texts take part where they are there; others are named.
fn chosen(arguments: &ForecastsArguments) -> Result<Vec<Distribution>> {
    let ForecastsArguments { distributions, calibrate, from, .. } = arguments;
    let mut chosen = match (distributions, calibrate) {
        (Some(path), _) => {
            let own = Distributions::read(path)?.all;
            if from.is_some() && own.iter().all(|each| each.data.is_none()) {
                let message = format!(
                    "--from is for texts, and no distribution of {} has any; leave it out",
                    path.display()
                );
                return Err(UsageError(message).into());
            }
            return Ok(own);
        }
        (None, true) => Distributions::calibration().all,
        (None, false) => Distributions::held_out().all,
    };
    if let Some(from) = from {
        let texts = Distributions::held_out_texts().all;
        let (here, missing): (Vec<_>, Vec<_>) = texts.into_iter().partition(|each| each.is_here(Some(from)));
        let missing: Vec<&str> = missing.iter().map(|each| each.name.as_str()).collect();
        let there = from.display();
        if here.is_empty() {
            let named = missing.join(", ");
            let message = format!(
                "--from {there}: none of the sets of texts is there; expected at least one of the folders {named}"
            );
            return Err(UsageError(message).into());
        }
        if !missing.is_empty() {
            note!("left out, because they are not in {there}: {}", missing.join(", "));
        }
        chosen.extend(here);
    }
    Ok(chosen)
}

/// The programs by their names, each with a name of its own.
fn named_programs(theories: &[String]) -> Result<Vec<(String, String)>, UsageError> {
    let mut programs: Vec<(String, String)> = Vec::new();
    for given in theories {
        let (name, command) = named(given)?;
        let shipped =
            THEORIES.iter().map(|theory| theory.name).chain(TEXT_THEORIES.map(|theory| theory.name));
        let shipped = shipped.into_iter().any(|other| other == name);
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
