//! `onset branch`: runs that go on from the state of other runs, with a change.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use onset::spec::Intervene;
use onset::study::Collected;
use onset::train::{Branching, Job, Prepared, Start, TrainError};

use super::collected::warn;
use super::show::show;
use super::sweep::{ending_of, report_to, train_jobs};
use crate::Ending;
use crate::args::{BranchArguments, RunningArguments, UsageError};
use crate::interrupt;

/// Trains the branches, prints the results of runs and branches side by side, and writes a report.
pub fn branch(arguments: &BranchArguments) -> Result<Ending> {
    let changes = Intervene::of(&arguments.changes)
        .map_err(|error| UsageError(format!("{error}; `onset keys intervene` lists what can be changed")))?;
    let mut jobs = Vec::new();
    for parent in &arguments.runs {
        let branching = Branching {
            parent: std::path::absolute(parent)?,
            at: arguments.at,
            changes: changes.clone(),
            steps: arguments.steps,
            retrace: arguments.retrace,
        };
        let job = job(arguments, parent, &branching)?;
        if jobs.iter().any(|other: &Job| other.path == job.path) {
            let message = format!(
                "two of the runs would have their branch in {}; branch them one by one, with --name",
                job.path.display()
            );
            return Err(UsageError(message).into());
        }
        jobs.push(job);
    }
    let names: Vec<String> = jobs.iter().map(|job| job.path.display().to_string()).collect();
    let running = RunningArguments {
        overrides: Vec::new(),
        jobs: arguments.jobs,
        threads: arguments.threads,
        json: arguments.json,
    };
    let ended = train_jobs(&jobs, &names, &running, Start::Resume, None);
    let all_failed = ended.iter().all(|ended| matches!(ended, Some(Err(_))));
    let ending = ending_of(&names, ended);
    if all_failed {
        return ending;
    }
    interrupt::end_at_once();
    let branches = jobs.iter().map(|job| job.path.clone());
    let collected = Collected::of(arguments.runs.iter().cloned().chain(branches));
    warn(&collected);
    if let Some(folder) = jobs[0].path.parent() {
        report_to(&collected.runs, &folder.join("report.html"))?;
    }
    show(&collected.runs, arguments.json)?;
    if matches!(ending, Ok(Ending::Interrupted)) {
        note!("stopped; run the same command to continue");
    }
    ending
}

/// The branch of one run, ready to go on.
fn job(arguments: &BranchArguments, parent: &Path, branching: &Branching) -> Result<Job> {
    let spec = branching.spec()?;
    let data = Prepared::load(&spec).map_err(TrainError::from)?;
    let path = place(arguments, parent)?;
    branching.prepare(&spec, &data, &path)?;
    Ok(Job { spec, data, path })
}

/// OUT/NAME/SEED-FOLDER.
fn place(arguments: &BranchArguments, parent: &Path) -> Result<PathBuf> {
    let parent = std::path::absolute(parent)?;
    let of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let own = of(&parent).ok_or_else(|| anyhow!("{} is not a run directory", parent.display()))?;
    let group = parent.parent().and_then(of).unwrap_or_else(|| "branch".into());
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let changes: String = arguments.changes.join("-").chars().map(plain).collect();
    let usual = || format!("{group}-at-{}-{changes}", arguments.at);
    Ok(arguments.out.join(arguments.name.clone().unwrap_or_else(usual)).join(own))
}
