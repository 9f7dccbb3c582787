//! `onset reproduce induction`: an induction head appears, with attention learned and clamped.

use anyhow::{Context, Result};
use onset::report::{induction_table, write_induction_report};
use onset::study::{
    InductionPlan, RunRecord, StudySize, induction_findings, induction_sentences, read_begun,
};
use onset::train::Start;

use super::shown::{show, stopped};
use crate::Ending;
use crate::args::InductionArguments;
use crate::command::sweep::run_jobs;
use crate::interrupt;

/// Trains the missing runs, prints what they show and writes the report.
pub fn induction(arguments: &InductionArguments) -> Result<Ending> {
    let InductionArguments { seeds, quick, running, out } = arguments;
    let size = StudySize::quick(*quick);
    let seeds = seeds.clone().map_or_else(|| size.induction_seeds(), |seeds| seeds.0);
    let (jobs, names) = InductionPlan { seeds }.plan(&running.overrides, out)?;
    let ending = run_jobs(&jobs, &names, running, Start::Resume, None)?;
    interrupt::end_at_once();
    if matches!(ending, Ending::Interrupted) {
        return Ok(stopped());
    }
    let runs = read_begun(&jobs)?;
    let findings = induction_findings(&runs)?;
    let shown: Vec<&RunRecord> = runs.iter().collect();
    let report = out.join("report.html");
    write_induction_report(&findings, &shown, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    show(running.json, &findings, vec![induction_table(&findings)], &induction_sentences(&findings))?;
    Ok(Ending::Done)
}
