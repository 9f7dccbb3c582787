//! `onset train`: a text file, sentence pairs, a data set, a spec or a built-in task.

use anyhow::Result;
use onset::study::Collected;
use onset::train::Start;

use super::collected::warn;
use super::plan::{note_resumed, plan, to_train};
use super::show::show;
use super::sweep::{ending_of, report_to, train_jobs};
use crate::Ending;
use crate::args::TrainArguments;
use crate::interrupt;

/// Trains, then prints the results and writes the report.
pub fn train(arguments: TrainArguments) -> Result<Ending> {
    let plan = plan(to_train(&arguments)?)?;
    if plan.jobs.is_empty() {
        note!("this shard has no runs: there are fewer runs than shards");
        return Ok(Ending::Done);
    }
    let start = if arguments.resume { Start::Resume } else { Start::New };
    if arguments.resume {
        note_resumed(&plan);
    }
    let report = plan.folder.join("report.html");
    let ended = train_jobs(&plan.jobs, &plan.names, &arguments.running, start, Some(&report));
    let all_failed = ended.iter().all(|ended| matches!(ended, Some(Err(_))));
    let ending = ending_of(&plan.names, ended);
    if all_failed {
        return ending;
    }
    interrupt::end_at_once();
    // Report on the other runs if one has failed.
    let collected = Collected::of(plan.jobs.iter().map(|job| job.path.clone()));
    warn(&collected);
    if !collected.runs.is_empty() {
        report_to(&collected.runs, &report)?;
        show(&collected.runs, arguments.running.json)?;
    }
    if matches!(ending, Ok(Ending::Interrupted)) {
        note!("stopped; run the same command with --resume to continue");
    }
    ending
}
