//! `onset reproduce forecasts`: theories of when copying is learned, on distributions that none was fitted on.

use anyhow::{Context, Result};
use onset::report::{Grid, round_tables, write_rounds_report};
use onset::store::RunDirectory;
use onset::study::{
    Distribution, Distributions, RoundPlan, RoundRuns, RunRecord, StudySize, measured_of, round_findings,
    round_sentences,
};
use onset::theory::copying_table;
use onset::train::Start;
use serde_json::json;

use crate::Ending;
use crate::args::{ForecastsArguments, UsageError};
use crate::command::sweep::run_jobs;
use crate::interrupt;
use crate::output_file::OutputFile;
use crate::table::table;

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
    let programs = theories.iter().map(|given| named(given)).collect::<Result<_, _>>()?;
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
    let sentences = round_sentences(&findings);
    if running.json {
        say!("{}", serde_json::to_string_pretty(&json!({ "findings": findings, "sentences": sentences }))?);
        return Ok(Ending::Done);
    }
    for Grid { title, header, rows } in round_tables(&findings) {
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        say!("{title}\n{}\n", table(&header, rows));
    }
    sentences.iter().for_each(|sentence| say!("{sentence}"));
    Ok(Ending::Done)
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
