//! `onset reproduce causes`: is it knowledge that attention waits for?

use anyhow::{Context, Result};
use onset::report::{causes_tables, write_causes_report};
use onset::store::RunDirectory;
use onset::study::{
    CausesPlan, CausesRuns, RunRecord, StudySize, Subject, causes_findings, causes_sentences,
};
use onset::train::Start;

use super::shown::{show, stopped};
use crate::Ending;
use crate::args::{CausesArguments, UsageError};
use crate::command::sweep::run_jobs;
use crate::interrupt;

/// Seals the predictions, trains the missing runs, prints what they show and writes the report.
pub fn causes(arguments: &CausesArguments) -> Result<Ending> {
    let CausesArguments { from, running, out, .. } = arguments;
    let plan = CausesPlan { subjects: subjects(arguments)?, from: from.clone() };
    let CausesRuns { jobs, names, parts } = plan.plan(&running.overrides, out)?;
    for (job, (subject, arm)) in jobs.iter().zip(&parts) {
        subject.seal(*arm, job)?;
    }
    // Runs that take parameters of others are trained when these are there.
    let first_taken = parts.iter().position(|(_, arm)| arm.donor_step().is_some()).unwrap_or(parts.len());
    for range in [0..first_taken, first_taken..parts.len()] {
        let ending = run_jobs(&jobs[range.clone()], &names[range], running, Start::Resume, None)?;
        if matches!(ending, Ending::Interrupted) {
            return Ok(stopped());
        }
    }
    interrupt::end_at_once();
    let mut runs = Vec::new();
    for (job, (subject, arm)) in jobs.iter().zip(parts).filter(|(job, _)| RunDirectory::exists(&job.path)) {
        runs.push((subject, arm, RunRecord::read(&job.path)?));
    }
    let findings = causes_findings(&runs)?;
    let shown: Vec<&RunRecord> = runs.iter().map(|(_, _, run)| run).collect();
    let report = out.join("report.html");
    write_causes_report(&findings, &shown, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    show(running.json, &findings, causes_tables(&findings), &causes_sentences(&findings))?;
    Ok(Ending::Done)
}

/// What is trained, each with its seeds.
fn subjects(arguments: &CausesArguments) -> Result<Vec<(Subject, Vec<u64>)>> {
    let CausesArguments { subjects, from, seeds, quick, .. } = arguments;
    let size = StudySize::quick(*quick);
    let has_data = |subject: &Subject| subject.data().is_some();
    if from.is_some() && !subjects.is_empty() && !subjects.iter().any(has_data) {
        let message = "--from is for sms_spam and multi30k, which are not among the subjects; leave it out";
        return Err(UsageError(message.into()).into());
    }
    let is_meant = |subject: &Subject| match subjects.is_empty() {
        true => from.is_some() || !has_data(subject),
        false => subjects.contains(subject),
    };
    let seeds_of =
        |subject| seeds.as_ref().map_or_else(|| size.causes_seeds(subject), |seeds| seeds.0.clone());
    Ok(Subject::ALL.into_iter().filter(is_meant).map(|subject| (subject, seeds_of(subject))).collect())
}
