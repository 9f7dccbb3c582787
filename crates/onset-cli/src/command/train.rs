//! `onset train`: a text file, sentence pairs, a data set, a spec or a built-in task.

use anyhow::Result;
use onset::study::read_begun;
use onset::target::Target;
use onset::train::{Job, Prepared, Start};

use super::show::show;
use super::sweep::{report_to, run_jobs};
use super::target::{note_data, to_train};
use crate::Ending;
use crate::args::TrainArguments;

/// Trains, then prints the results and writes the report.
pub fn train(arguments: TrainArguments) -> Result<Ending> {
    let Target { name, spec, .. } = to_train(&arguments)?;
    let data = Prepared::load(&spec)?;
    note_data(&name, &data);
    let seeds = arguments.seeds.as_ref().map_or(vec![spec.seed()], |seeds| seeds.0.clone());
    let folder = arguments.out.join(&name);
    let (mut jobs, mut names) = (Vec::new(), Vec::new());
    for seed in seeds {
        names.push(format!("{name}, seed {seed}"));
        let path = folder.join(format!("seed-{seed}"));
        jobs.push(Job { spec: spec.clone().with_seed(seed), data: data.clone(), path });
    }
    let start = if arguments.resume { Start::Resume } else { Start::New };
    let report = folder.join("report.html");
    let ending = run_jobs(&jobs, &names, &arguments.running, start, Some(&report))?;
    let runs = read_begun(&jobs)?;
    report_to(&runs, &report)?;
    show(&runs, arguments.running.json)?;
    if ending == Ending::Interrupted {
        note!("stopped; the same command with --resume continues from here");
    }
    Ok(ending)
}
