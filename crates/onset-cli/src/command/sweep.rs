//! Runs side by side, with progress, and what came of them.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result};
use onset::report::write_report;
use onset::store::Status;
use onset::study::RunRecord;
use onset::train::{Job, RunOptions, Start, sweep};

use crate::Ending;
use crate::args::RunningArguments;
use crate::interrupt;
use crate::progress::Progress;

/// How often the report is written anew while runs go on.
const REPORT_EVERY: Duration = Duration::from_secs(20);

/// A report that is kept up to date while runs go on.
#[derive(Debug, Clone, Copy)]
pub enum LiveReport<'a> {
    /// None: what the runs say needs all of them.
    None,
    /// This file.
    At(&'a Path),
}

/// Does `jobs`, and keeps the `report` up to date meanwhile; an error of one is told once the others have
/// ended. `names` is what progress calls them.
pub fn run_jobs(
    jobs: &[Job],
    names: Vec<String>,
    arguments: &RunningArguments,
    start: Start,
    report: LiveReport<'_>,
) -> Result<Ending> {
    let cancel = interrupt::flag();
    let parallel = runs_at_once(arguments);
    let progress = Progress::new(names.clone());
    let options = RunOptions { start, threads: arguments.threads, cancel };
    let results = with_live_report(jobs, report, || {
        sweep(jobs, parallel, options, &|index, event| progress.observe(index, event))
    });
    let mut ending = Ending::Done;
    let mut failures = Vec::new();
    for (name, result) in names.iter().zip(results) {
        match result {
            Some(Ok(outcome)) if outcome.status == Status::Finished => {}
            Some(Ok(_)) | None => ending = Ending::Interrupted,
            Some(Err(error)) => failures.push((name, error)),
        }
    }
    let Some((name, error)) = failures.pop() else { return Ok(ending) };
    for (name, error) in failures {
        note!("error: {name}: {error}");
    }
    Err(anyhow::Error::new(error).context(name.clone()))
}

/// How many runs go on side by side.
pub fn runs_at_once(arguments: &RunningArguments) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.jobs.unwrap_or((cores / arguments.threads.max(1)).max(1)).max(1)
}

/// Does `work` and writes the report every now and then from what is on record by then.
fn with_live_report<T>(jobs: &[Job], report: LiveReport<'_>, work: impl FnOnce() -> T) -> T {
    let LiveReport::At(report) = report else { return work() };
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(REPORT_EVERY) == Err(RecvTimeoutError::Timeout) {
                // Whatever fails here is told when the last report is written.
                if let Ok(runs) = read_back(jobs)
                    && runs.iter().any(|run| run.evaluation.rows() > 0)
                {
                    let _ = write_report(&runs, report);
                }
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// Reads back what `jobs` recorded; those that never began are passed over.
pub fn read_back(jobs: &[Job]) -> Result<Vec<RunRecord>> {
    let begun = jobs.iter().filter(|job| job.path.join("manifest.json").exists());
    begun.map(|job| RunRecord::read(&job.path).map_err(Into::into)).collect()
}

/// Writes the report and says where it is.
pub fn report_to(runs: &[RunRecord], path: &Path) -> Result<()> {
    write_report(runs, path).context("cannot write the report")?;
    note!("report: {}", path.display());
    Ok(())
}
