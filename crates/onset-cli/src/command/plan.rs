//! The runs that a command line asks for.

use anyhow::Result;
use onset::runs::{OUT, Plan, Request, RunsError, Seeds};

use super::standard_input::kept;
use super::target::options;
use crate::args::{ForecastArguments, TrainArguments, UsageError};
use crate::option_names::with_options;

/// The runs that `onset train` is to train.
pub fn to_train(arguments: &TrainArguments) -> Result<Request> {
    let mut options = options(&arguments.text, &arguments.running.overrides)?;
    options.pretrained.clone_from(&arguments.pretrained);
    Ok(Request {
        target: arguments.target.clone(),
        options,
        seeds: named_seeds(arguments.seeds.as_ref(), arguments.seed),
        out: arguments.out.clone(),
        name: arguments.name.clone(),
        resume: arguments.resume,
        shard: arguments.shard.unwrap_or_default(),
    })
}

/// The runs that `onset forecast` is about.
pub fn to_forecast(arguments: &ForecastArguments) -> Result<Request> {
    Ok(Request {
        target: arguments.target.clone(),
        options: options(&arguments.text, &arguments.overrides)?,
        seeds: named_seeds(arguments.seeds.as_ref(), arguments.seed),
        out: arguments.out.clone(),
        name: arguments.name.clone(),
        ..Request::default()
    })
}

/// The seeds of `--seeds`, or the one of `--seed`.
fn named_seeds(seeds: Option<&Seeds>, seed: Option<u64>) -> Option<Vec<u64>> {
    seeds.map(|seeds| seeds.0.clone()).or(seed.map(|seed| vec![seed]))
}

/// The runs that `request` asks for. Loads their data and prints what there is to know of it.
pub fn plan(mut request: Request) -> Result<Plan> {
    request.target = kept(&request.target, request.out.as_deref().unwrap_or(OUT.as_ref()))?;
    let plan = onset::runs::plan(&request).map_err(in_options)?;
    for notice in &plan.notices {
        note!("{}", with_options(notice));
    }
    Ok(plan)
}

/// An error of planning, in terms of the command line.
pub fn in_options(error: RunsError) -> anyhow::Error {
    let message = match error {
        RunsError::UnusedFolder { .. } => format!("--from {error}"),
        RunsError::TwoSeeds { given } => {
            format!("--set {given} and --seeds contradict each other; keep one of them")
        }
        RunsError::KeepsName { .. } => format!("{error}: leave out --name"),
        RunsError::KeepsFolder { .. } => format!("{error}: leave out --out"),
        RunsError::Target(error) => return (*error).into(),
        RunsError::Data(error) => return (*error).into(),
        RunsError::Path { .. } | RunsError::Differs { .. } | RunsError::Store(_) => return error.into(),
    };
    UsageError(message).into()
}

/// Says so if runs that exist are to be continued and there are fewer than requested, or none that can be continued.
pub fn note_resumed(plan: &Plan) {
    let (begun, finished) = plan.begun();
    let (all, folder) = (plan.jobs.len(), plan.folder.display());
    if begun == 0 {
        note!("--resume: there is no run to continue in {folder}; training starts from the beginning");
    } else if begun < all {
        note!("--resume: {begun} of {all} runs exist; the others start from the beginning");
    } else if finished == all {
        let runs = if all == 1 { "the run has" } else { "all runs have" };
        note!("--resume: {runs} finished; to extend with more steps, use --set train.steps=N");
    }
}
