//! From a request to the runs that it stands for.

use std::borrow::Borrow;
use std::path::{Path, PathBuf};

use super::{RunsError, Shard};
use crate::model::ModelSpec;
use crate::store::{RunDirectory, Status};
use crate::target::{GridPoint, Target, TargetKind, TargetOptions, free_name, resolve_grid};
use crate::task::TaskSpec;
use crate::train::{Job, Prepared};

/// The folder for runs, where none is named.
pub const OUT: &str = "runs";

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The target (see [`crate::target`]).
    pub target: String,
    /// How it is read, and keys of its spec; a key with a list of values is an axis of a grid.
    pub options: TargetOptions,
    /// The seeds that were named; none means the spec's.
    pub seeds: Option<Vec<u64>>,
    /// The folder for runs; none means [`OUT`].
    pub out: Option<PathBuf>,
    /// The name of the runs; none means the target's.
    pub name: Option<String>,
    /// Whether runs that exist are continued.
    pub resume: bool,
    /// The part of the runs that is wanted.
    pub shard: Shard,
}

/// The runs of a request.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The runs.
    pub jobs: Vec<Job>,
    /// Their names, as progress shows them.
    pub names: Vec<String>,
    /// The folder of their common report.
    pub folder: PathBuf,
    /// What to know about the data and the names, a sentence each.
    pub notices: Vec<String>,
}

/// The runs that `request` asks for. Loads their data, once for all runs that share it.
pub fn plan(request: &Request) -> Result<Plan, RunsError> {
    let points = resolve_grid(&request.target, &request.options)?;
    let targets: Vec<&Target> = points.iter().map(|point| &point.target).collect();
    refuse_unused_folder(&targets, request.options.from.as_deref())?;
    refuse_two_seeds(request.seeds.is_some(), &request.options.overrides)?;
    let mut shared: Vec<(Shared, Prepared)> = Vec::new();
    let (mut plan, mut number) = (Plan::default(), 0);
    for GridPoint { target, label, folder } in points {
        let seeds = request.seeds.clone().unwrap_or_else(|| vec![target.spec.seed()]);
        let first = number;
        number += seeds.len();
        let seeds: Vec<u64> = seeds
            .into_iter()
            .enumerate()
            .filter(|(place, _)| request.shard.has(first + place))
            .map(|(_, seed)| seed)
            .collect();
        // What another machine does need not be loaded here.
        if seeds.is_empty() {
            continue;
        }
        let own = shared_by(&target);
        let known = shared.iter().find(|(by, _)| *by == own).map(|(_, data)| data.clone());
        let data = match known {
            Some(data) => data,
            None => {
                let data = Prepared::load(&target.spec)?;
                plan.note_data(&target.name, &data);
                shared.push((own, data.clone()));
                data
            }
        };
        let name = plan.name_of(request, &target, &data)?;
        plan.folder = common_folder(request, &target, &name)?;
        let title = if label.is_empty() { name } else { format!("{name}, {label}") };
        for seed in seeds {
            let path = plan.folder.join(&folder).join(format!("seed-{seed}"));
            // A run that is continued with its own spec stays in its directory, whatever its name.
            let own = target.run.as_ref().filter(|_| request.resume && label.is_empty());
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

impl Plan {
    fn note_data(&mut self, name: &str, data: &Prepared) {
        let sentences = data.task().summary().into_iter().chain(data.task().notices());
        self.notices.extend(sentences.map(|sentence| format!("{name}: {sentence}")));
    }

    /// The name of the runs: the given one, or the target's unless runs of other data have it.
    fn name_of(&mut self, request: &Request, target: &Target, data: &Prepared) -> Result<String, RunsError> {
        if let Some(name) = &request.name {
            return Ok(name.clone());
        }
        if continued(request, target).is_some() {
            return Ok(target.name.clone());
        }
        let out = request.out.as_deref().unwrap_or(Path::new(OUT));
        let name = free_name(out, &target.name, &target.spec, data.digest())?;
        if name != target.name {
            let folder = out.join(&target.name);
            let folder = folder.display();
            self.notices
                .push(format!("{folder} contains runs of other data, so these runs are named {name}"));
        }
        Ok(name)
    }

    /// How many of its runs there are already, and how many of those have taken all their steps.
    pub fn begun(&self) -> (usize, usize) {
        let begun = self.jobs.iter().filter(|job| RunDirectory::exists(&job.path)).count();
        (begun, self.jobs.iter().filter(|job| has_finished(job)).count())
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

/// The run directory, if a run is continued with its own spec.
fn continued<'a>(request: &Request, target: &'a Target) -> Option<&'a Path> {
    target.run.as_deref().filter(|_| request.resume)
}

/// The folder of the runs with this name.
fn common_folder(request: &Request, target: &Target, name: &str) -> Result<PathBuf, RunsError> {
    let out = request.out.as_deref().unwrap_or(Path::new(OUT));
    let Some(run) = continued(request, target) else { return Ok(out.join(name)) };
    if let Some(name) = &request.name {
        return Err(RunsError::KeepsName { run: run.into(), name: name.clone() });
    }
    let inside = |out: &Path| {
        out.canonicalize().is_ok_and(|out| run.canonicalize().is_ok_and(|run| run.starts_with(out)))
    };
    match &request.out {
        Some(out) if !inside(out) => Err(RunsError::KeepsFolder { run: run.into(), out: out.clone() }),
        _ => {
            let parent = run.parent().filter(|parent| !parent.as_os_str().is_empty());
            let absolute =
                std::path::absolute(run).map_err(|source| RunsError::Path { path: run.into(), source })?;
            Ok(parent.or(absolute.parent()).unwrap_or(run).into())
        }
    }
}

/// Refuses a folder of data sets where none of `targets` is a data set.
pub fn refuse_unused_folder<T: Borrow<Target>>(
    targets: &[T],
    folder: Option<&Path>,
) -> Result<(), RunsError> {
    let Some(folder) = folder else { return Ok(()) };
    let has_sets = |kind| matches!(kind, TargetKind::DataSet | TargetKind::Collection);
    if targets.iter().any(|target| has_sets(target.borrow().kind)) {
        return Ok(());
    }
    let names: Vec<&str> = targets.iter().map(|target| target.borrow().name.as_str()).collect();
    Err(RunsError::UnusedFolder { folder: folder.into(), targets: names.join(", ") })
}

/// Refuses seeds that are given twice: as such, and as a key of the spec.
pub fn refuse_two_seeds(named: bool, overrides: &[String]) -> Result<(), RunsError> {
    let is_seed = |given: &&String| given.split('=').next().map(str::trim) == Some("seed");
    match overrides.iter().find(is_seed).filter(|_| named) {
        Some(given) => Err(RunsError::TwoSeeds { given: given.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(shard: &str) -> Request {
        let overrides = ["model.hidden=[8,16]", "train.steps=2"].map(String::from).to_vec();
        Request {
            target: "copying".into(),
            options: TargetOptions { overrides, ..TargetOptions::default() },
            seeds: Some(vec![0, 1, 2]),
            out: Some("nowhere".into()),
            shard: shard.parse().unwrap(),
            ..Request::default()
        }
    }

    #[test]
    fn a_plan_has_every_point_of_the_grid_with_every_seed() {
        let plan = plan(&request("1/1")).unwrap();
        assert_eq!(plan.jobs.len(), 6);
        assert_eq!(plan.names[3], "copying, hidden = 16, seed 0");
        assert_eq!(plan.jobs[3].path, Path::new("nowhere/copying/hidden=16/seed-0"));
        assert_eq!(plan.begun(), (0, 0));
    }

    #[test]
    fn shards_share_out_the_runs() {
        let all: Vec<PathBuf> = plan(&request("1/1")).unwrap().jobs.into_iter().map(|job| job.path).collect();
        let mut found: Vec<PathBuf> = (1..=4)
            .flat_map(|part| plan(&request(&format!("{part}/4"))).unwrap().jobs)
            .map(|job| job.path)
            .collect();
        found.sort();
        let mut sorted = all;
        sorted.sort();
        assert_eq!(found, sorted);
    }

    #[test]
    fn seeds_are_given_once() {
        let mut twice = request("1/1");
        twice.options.overrides.push("seed=3".into());
        let error = plan(&twice).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("seed=3"), "{error}");
    }
}
