//! `onset reproduce`: an experiment of the paper, from runs to report.

use anyhow::Result;
use onset::spec::Spec;
use onset::train::{Job, Prepared, Start};

use super::show::show;
use super::sweep::{read_back, report_to, run_jobs};
use crate::Ending;
use crate::args::{Experiment, ReproduceArguments};

/// Trains what is not there yet, then prints the table and writes the report.
pub fn reproduce(arguments: ReproduceArguments) -> Result<Ending> {
    let Experiment::Copying = arguments.experiment;
    let (mut jobs, mut names) = (Vec::new(), Vec::new());
    for &vocabulary in &arguments.vocabulary {
        let mut overrides = arguments.running.overrides.clone();
        overrides.push(format!("data.vocabulary={vocabulary}"));
        let spec = Spec::parse("task = 'copying'", "reproduce copying", &overrides)?;
        for &seed in &arguments.seeds.0 {
            let folder = format!("v{vocabulary}-seed-{seed}");
            let path = arguments.out.join(&folder);
            names.push(folder);
            jobs.push(Job { spec: spec.clone().with_seed(seed), data: Prepared::Synthetic, path });
        }
    }
    let report = arguments.out.join("report.html");
    let ending = run_jobs(&jobs, names, &arguments.running, Start::Resume, &report);
    let runs = read_back(&jobs)?;
    if !runs.is_empty() {
        show(&runs, arguments.running.json)?;
        report_to(&runs, &report)?;
    }
    if matches!(ending, Ok(Ending::Interrupted)) {
        eprintln!("stopped; the same command continues where it was left");
    }
    ending
}
