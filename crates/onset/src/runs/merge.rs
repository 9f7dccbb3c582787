//! Joining folders of runs that several machines have filled.

use std::fs;
use std::path::{Path, PathBuf};

use super::RunsError;
use crate::store::{Manifest, RunDirectory, Status, StoreError, digest_of, run_folders};

/// What a merge did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Runs that were copied, by their path below the folder.
    pub copied: Vec<PathBuf>,
    /// Runs that took the place of ones that had come less far.
    pub replaced: Vec<PathBuf>,
    /// Runs that were there already, the same or further.
    pub kept: Vec<PathBuf>,
}

/// Files that must be equal in two finished runs of one spec and seed.
const RECORDS: [&str; 4] = ["spec.toml", "evaluation.parquet", "training.parquet", "heads.parquet"];

/// Copies the runs of `folders` into `into`, each under its own path. Nothing is changed before all runs have been compared.
///
/// # Errors
/// If two folders have different runs under one path: of other specs or data, or finished with other records. If a run is being
/// written, or a file cannot be copied.
pub fn merge(folders: &[PathBuf], into: &Path) -> Result<Merged, RunsError> {
    let mut plan: Vec<(PathBuf, PathBuf, bool)> = Vec::new();
    let mut merged = Merged::default();
    for folder in folders {
        fs::read_dir(folder).map_err(|error| StoreError::io("list", folder, error))?;
        for run in run_folders(folder) {
            let below = run.strip_prefix(folder).map_or_else(|_| run.clone(), Path::to_path_buf);
            let manifest = idle(&run)?;
            // Of several folders, what an earlier one has counts as being there.
            let planned = plan.iter().position(|(_, path, _)| *path == below);
            let there = match planned {
                Some(at) => Some(plan[at].0.clone()),
                None => Some(into.join(&below)).filter(|path| RunDirectory::exists(path)),
            };
            let Some(there) = there else {
                plan.push((run, below, false));
                continue;
            };
            if further(&run, &manifest, &there)? {
                match planned {
                    Some(at) => plan[at].0 = run,
                    None => plan.push((run, below, true)),
                }
            } else {
                merged.kept.push(below);
            }
        }
    }
    for (from, below, replaces) in plan {
        copy(&from, &into.join(&below))?;
        if replaces { merged.replaced.push(below) } else { merged.copied.push(below) }
    }
    Ok(merged)
}

/// The manifest of a run that no process writes.
fn idle(run: &Path) -> Result<Manifest, StoreError> {
    let view = RunDirectory::view(run)?;
    match view.manifest().status {
        Status::Running => Err(StoreError::InUse { path: run.into() }),
        _ => Ok(view.manifest().clone()),
    }
}

/// Whether `run` has come further than the run that is `there`.
fn further(run: &Path, manifest: &Manifest, there: &Path) -> Result<bool, RunsError> {
    let own = idle(there)?;
    let differs = |what| Err(RunsError::Differs { one: run.into(), other: there.into(), what });
    if own.spec_digest != manifest.spec_digest || own.seed != manifest.seed {
        return differs("spec.toml");
    }
    if own.data_digest != manifest.data_digest {
        return differs("the data");
    }
    let finished = |manifest: &Manifest| manifest.status == Status::Finished;
    if finished(&own) && finished(manifest) {
        for name in RECORDS {
            let digests = [run, there].map(|run| contents(&run.join(name)));
            if digests[0] != digests[1] {
                return differs(name);
            }
        }
        return Ok(false);
    }
    Ok((finished(manifest), manifest.steps_done) > (finished(&own), own.steps_done))
}

/// The digest of a file; none if it is not there.
fn contents(path: &Path) -> Option<String> {
    fs::File::open(path).and_then(digest_of).ok().map(|(digest, _)| digest)
}

/// Copies a run directory beside its place, and moves it there whole.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(|error| StoreError::io("create the folder", parent, error))?;
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let passing = parent.join(format!(".{name}.merging"));
    if passing.exists() {
        // Left by a merge that was ended.
        fs::remove_dir_all(&passing).map_err(|error| StoreError::io("remove", &passing, error))?;
    }
    copy_folder(from, &passing)?;
    if to.exists() {
        fs::remove_dir_all(to).map_err(|error| StoreError::io("remove", to, error))?;
    }
    fs::rename(&passing, to).map_err(|error| StoreError::io("move", to, error))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).map_err(|error| StoreError::io("create the folder", to, error))?;
    let entries = fs::read_dir(from).map_err(|error| StoreError::io("list", from, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| StoreError::io("list", from, error))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|error| StoreError::io("read", &path, error))?;
        if kind.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| StoreError::io("copy", &path, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::spec::Spec;
    use crate::train::{Event, Prepared, RunOptions, Start, run};

    fn trained(path: &Path, seed: u64, keys: &[&str], stop: u64) {
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let text = format!(
            "seed = {seed}\n[task]\nkind = 'induction'\nvocabulary = 4\nlength = 3\n[model]\nwidth = 4\n[train]\nsteps = 6\nbatch = 2"
        );
        let spec = Spec::parse(&text, "", &keys).unwrap();
        let cancel = AtomicBool::new(false);
        let options = RunOptions { start: Start::Resume, threads: 1, cancel: &cancel };
        let mut observe = |event: Event<'_>| match event {
            Event::Stepped { step, .. } if step >= stop => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        run(&spec, &Prepared::synthetic(&spec), path, options, &mut observe).unwrap();
    }

    #[test]
    fn folders_are_joined_and_the_run_that_came_further_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        trained(&path("a/x/seed-0"), 0, &[], 99);
        trained(&path("a/x/seed-1"), 1, &[], 3);
        trained(&path("b/x/seed-1"), 1, &[], 99);
        trained(&path("b/x/seed-0"), 0, &[], 99);
        trained(&path("into/x/seed-1"), 1, &[], 2);
        let merged = merge(&[path("a"), path("b")], &path("into")).unwrap();
        assert_eq!(merged.copied, [PathBuf::from("x/seed-0")]);
        assert_eq!(merged.replaced, [PathBuf::from("x/seed-1")]);
        assert_eq!(merged.kept, [PathBuf::from("x/seed-0")]);
        for seed in 0..2 {
            let run = RunDirectory::view(&path(&format!("into/x/seed-{seed}"))).unwrap();
            assert_eq!(run.manifest().status, Status::Finished);
        }
        let again = merge(&[path("a"), path("b")], &path("into")).unwrap();
        assert_eq!((again.copied.len(), again.replaced.len(), again.kept.len()), (0, 0, 4));
    }

    #[test]
    fn different_runs_under_one_path_are_refused_before_anything_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        trained(&path("a/x/seed-0"), 0, &[], 99);
        trained(&path("b/w/seed-0"), 0, &[], 99);
        trained(&path("b/x/seed-0"), 0, &["model.width=8"], 99);
        let error = merge(&[path("a"), path("b")], &path("into")).unwrap_err().to_string();
        assert!(error.contains("spec.toml") && error.contains("b/x/seed-0"), "{error}");
        assert!(!path("into").exists());
        // Equal specs with other records: one of them was changed, or made by a machine with other instructions.
        fs::remove_dir_all(path("b/x")).unwrap();
        trained(&path("b/x/seed-0"), 0, &[], 99);
        fs::copy(path("b/x/seed-0/training.parquet"), path("b/x/seed-0/evaluation.parquet")).unwrap();
        let error = merge(&[path("a"), path("b")], &path("into")).unwrap_err().to_string();
        assert!(error.contains("evaluation.parquet"), "{error}");
    }
}
