//! Trains runs in parallel, with progress, and reports how they ended.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result};
use onset::report::{with_live_report, write_report};
use onset::store::Status;
use onset::study::RunRecord;
use onset::train::{Job, Outcome, RunOptions, Start, TrainError, sweep};

use crate::Ending;
use crate::advice;
use crate::args::RunningArguments;
use crate::interrupt;
use crate::option_names::with_options;
use crate::progress::Progress;

/// The ending of each run; `None` if it was not begun.
pub type Ended = Vec<Option<Result<Outcome, TrainError>>>;

/// Trains `jobs` and meanwhile keeps the `report`, if there is one, up to date. If a job fails, its error is returned
/// once the others have ended. `names` are the names of the jobs in progress output.
pub fn run_jobs(
    jobs: &[Job],
    names: &[String],
    arguments: &RunningArguments,
    start: Start,
    report: Option<&Path>,
) -> Result<Ending> {
    ending_of(names, train_jobs(jobs, names, arguments, start, report))
}

/// As [`run_jobs`]; returns the ending of each job.
pub fn train_jobs(
    jobs: &[Job],
    names: &[String],
    arguments: &RunningArguments,
    start: Start,
    report: Option<&Path>,
) -> Ended {
    let progress = Progress::new(names.to_vec());
    let train = || {
        sweep(jobs, runs_at_once(arguments), run_options(arguments, start), &|index, event| {
            progress.observe(index, event);
            ControlFlow::Continue(())
        })
    };
    match report {
        Some(report) => with_live_report(jobs, report, train),
        None => train(),
    }
}

/// The options of each run.
pub fn run_options(arguments: &RunningArguments, start: Start) -> RunOptions<'static> {
    RunOptions { start, threads: arguments.threads, cancel: interrupt::flag() }
}

/// The number of runs that train at the same time.
pub fn runs_at_once(arguments: &RunningArguments) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.jobs.unwrap_or((cores / arguments.threads.max(1)).max(1))
}

/// The joint ending of several runs. The last error is returned; the errors before it are printed.
pub fn ending_of(names: &[String], ended: Ended) -> Result<Ending> {
    let mut ending = Ending::Done;
    let mut failures = Vec::new();
    for (name, result) in names.iter().zip(ended) {
        match result {
            Some(Ok(outcome)) if outcome.status == Status::Finished => {}
            Some(Ok(_)) | None => ending = Ending::Interrupted,
            Some(Err(error)) => failures.push((name, error)),
        }
    }
    let Some((name, error)) = failures.pop() else { return Ok(ending) };
    for (name, error) in failures {
        let advice = advice::of(&error).map_or_else(String::new, |advice| format!("; {advice}"));
        note!("error: {name}: {}", with_options(&format!("{error}{advice}")));
    }
    Err(anyhow::Error::new(error).context(name.clone()))
}

/// Writes the report and prints its path.
pub fn report_to(runs: &[RunRecord], path: &Path) -> Result<()> {
    write_report(runs, path).context("cannot write the report")?;
    note!("report: {}", path.display());
    Ok(())
}
