//! The runs that a command line asks for: each point of a grid with each seed.

use std::path::{Path, PathBuf};

use anyhow::Result;
use onset::spec::{ModelSpec, TaskSpec};
use onset::store::{RunDirectory, Status};
use onset::target::{GridPoint, Target, free_name, resolve_grid};
use onset::train::{Job, Prepared};

use super::standard_input::kept;
use super::target::{note_data, options, refuse_two_seeds, refuse_unused_folder};
use crate::args::{TextArguments, UsageError};

/// The default folder for runs.
const OUT: &str = "runs";

/// The requested runs.
pub struct Plan {
    /// The runs.
    pub jobs: Vec<Job>,
    /// Their names in progress output.
    pub names: Vec<String>,
    /// The folder of their common report.
    pub folder: PathBuf,
}

/// What the arguments of a command say about the runs that it is about.
pub struct Request<'a> {
    /// The target.
    pub target: &'a str,
    /// The seeds that were named.
    pub seeds: Option<Vec<u64>>,
    /// How the target is read.
    pub text: &'a TextArguments,
    /// The folder of the checkpoint that training starts from.
    pub pretrained: Option<&'a Path>,
    /// Keys of the spec.
    pub overrides: &'a [String],
    /// The folder for runs, if it was named.
    pub out: Option<&'a Path>,
    /// The name of the runs, if it was given.
    pub name: Option<&'a str>,
    /// Whether runs that exist are continued.
    pub resume: bool,
}

/// The runs that `arguments` ask for. Loads their data and prints a summary of it.
pub fn plan(arguments: &Request<'_>) -> Result<Plan> {
    let mut options = options(arguments.text, arguments.overrides)?;
    options.pretrained = arguments.pretrained.map(Path::to_path_buf);
    let target = kept(arguments.target, arguments.out.unwrap_or(Path::new(OUT)))?;
    let points = resolve_grid(&target, &options)?;
    let targets: Vec<&Target> = points.iter().map(|point| &point.target).collect();
    refuse_unused_folder(&targets, "--from", arguments.text.from.as_deref())?;
    refuse_two_seeds(arguments.seeds.is_some(), arguments.overrides)?;
    let mut shared: Vec<(Shared, Prepared)> = Vec::new();
    let mut plan = Plan { jobs: Vec::new(), names: Vec::new(), folder: PathBuf::new() };
    for GridPoint { target, label, folder } in points {
        let own = shared_by(&target);
        let known = shared.iter().find(|(by, _)| *by == own).map(|(_, data)| data.clone());
        let data = match known {
            Some(data) => data,
            None => {
                let data = Prepared::load(&target.spec)?;
                note_data(&target.name, &data);
                shared.push((own, data.clone()));
                data
            }
        };
        let name = name_of(arguments, &target, &data)?;
        plan.folder = common_folder(arguments, &target, &name)?;
        let title = if label.is_empty() { name } else { format!("{name}, {label}") };
        for seed in seeds(arguments, &target) {
            let path = plan.folder.join(&folder).join(format!("seed-{seed}"));
            // A run that is continued with its own spec stays in its directory, whatever its name.
            let own = target.run.as_ref().filter(|_| arguments.resume && label.is_empty());
            let own = own.filter(|_| seed == target.spec.seed()).cloned();
            let spec = target.spec.clone().with_seed(seed);
            plan.jobs.push(Job { spec, data: data.clone(), path: own.unwrap_or(path) });
            plan.names.push(format!("{title}, seed {seed}"));
        }
    }
    Ok(plan)
}

/// What is alike in runs that share their data: the task, and the model where its parameters are read as well.
type Shared = (TaskSpec, Option<ModelSpec>);

fn shared_by(target: &Target) -> Shared {
    let model = target.spec.model();
    (target.spec.task().clone(), model.settings().pretrained().map(|_| model.clone()))
}

fn seeds(arguments: &Request<'_>, target: &Target) -> Vec<u64> {
    arguments.seeds.clone().unwrap_or_else(|| vec![target.spec.seed()])
}

/// The name of the runs: `--name`, or the target's name unless runs of other data have it.
fn name_of(arguments: &Request<'_>, target: &Target, data: &Prepared) -> Result<String> {
    if let Some(name) = arguments.name {
        return Ok(name.into());
    }
    if continued(arguments, target).is_some() {
        return Ok(target.name.clone());
    }
    let out = arguments.out.unwrap_or(Path::new(OUT));
    let name = free_name(out, &target.name, &target.spec, data.digest())?;
    if name != target.name {
        let folder = out.join(&target.name);
        note!(
            "{} contains runs of other data, so these runs are named {name} (--name sets another name)",
            folder.display()
        );
    }
    Ok(name)
}

/// The run directory, if a run is continued with its own spec.
fn continued<'a>(arguments: &Request<'_>, target: &'a Target) -> Option<&'a Path> {
    target.run.as_deref().filter(|_| arguments.resume)
}

/// The folder of the runs with this name.
fn common_folder(arguments: &Request<'_>, target: &Target, name: &str) -> Result<PathBuf> {
    let out = arguments.out.unwrap_or(Path::new(OUT));
    let Some(run) = continued(arguments, target) else { return Ok(out.join(name)) };
    if arguments.name.is_some() {
        let message =
            format!("--name: {} keeps its folder when it is continued; leave out --name", run.display());
        return Err(UsageError(message).into());
    }
    let inside = |out: &Path| {
        out.canonicalize().is_ok_and(|out| run.canonicalize().is_ok_and(|run| run.starts_with(out)))
    };
    match arguments.out {
        Some(out) if !inside(out) => {
            let (run, out) = (run.display(), out.display());
            let message =
                format!("--out {out}: {run} keeps its folder when it is continued; leave out --out");
            Err(UsageError(message).into())
        }
        _ => {
            let parent = run.parent().filter(|parent| !parent.as_os_str().is_empty());
            let absolute = std::path::absolute(run)?;
            Ok(parent.or(absolute.parent()).unwrap_or(run).into())
        }
    }
}

/// Says so if `--resume` finds fewer runs than were requested, or none that can be continued.
pub fn note_resumed(plan: &Plan) {
    let begun = plan.jobs.iter().filter(|job| RunDirectory::exists(&job.path)).count();
    let finished = plan.jobs.iter().filter(|job| has_finished(job)).count();
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

/// Whether the run of a job has taken all its steps.
fn has_finished(job: &Job) -> bool {
    let run = RunDirectory::view(&job.path);
    run.is_ok_and(|run| {
        let manifest = run.manifest();
        manifest.status == Status::Finished && manifest.steps == job.spec.training().steps
    })
}
