//! `onset reproduce copying`.

use anyhow::Result;
use onset::study::{Collected, CopyingPlan};
use onset::train::Start;

use super::shown::stopped;
use crate::Ending;
use crate::args::CopyingArguments;
use crate::command::collected::warn;
use crate::command::show::show;
use crate::command::sweep::{report_to, run_jobs};
use crate::interrupt;

/// Trains the missing runs, then prints the table and writes the report.
pub fn copying(arguments: &CopyingArguments) -> Result<Ending> {
    let CopyingArguments { seeds, vocabulary, running, out } = arguments;
    let CopyingPlan { jobs, names } = CopyingPlan::new(vocabulary, &seeds.0, &running.overrides, out)?;
    let report = out.join("report.html");
    let ending = run_jobs(&jobs, &names, running, Start::Resume, Some(&report));
    interrupt::end_at_once();
    let collected = Collected::of(jobs.iter().map(|job| job.path.clone()));
    warn(&collected);
    if !collected.runs.is_empty() {
        report_to(&collected.runs, &report)?;
        show(&collected.runs, running.json)?;
    }
    ending.map(|ending| if matches!(ending, Ending::Interrupted) { stopped() } else { ending })
}
