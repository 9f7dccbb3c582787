//! Collects runs from folders. Each run is taken once, and unreadable runs do not hide the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::RunRecord;
use crate::spec::Identity;
use crate::store::{RunDirectory, run_folders};
use crate::train::TrainError;

/// The runs of some folders.
#[derive(Debug, Default)]
pub struct Collected {
    /// The runs, in the order of their folders.
    pub runs: Vec<RunRecord>,
    /// Runs that cannot be read, with the reason.
    pub unreadable: Vec<(PathBuf, TrainError)>,
    /// Runs left out because another has the same spec, seed, data and version.
    pub repeated: Vec<Repeated>,
    /// Folders without runs.
    pub empty: Vec<PathBuf>,
}

/// A run that repeats another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The run that is left out.
    pub path: PathBuf,
    /// The run that is counted.
    pub counted: PathBuf,
}

impl Collected {
    /// All runs in and below `folders`. A folder may itself be a run.
    pub fn find(folders: &[PathBuf]) -> Self {
        let mut collected = Self::default();
        let mut paths = Vec::new();
        for folder in folders {
            let found = run_folders(folder);
            if found.is_empty() {
                collected.empty.push(folder.clone());
            }
            paths.extend(found);
        }
        collected.read(&paths);
        collected
    }

    /// The runs in the directories `paths`, without those that have not begun.
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut collected = Self::default();
        let begun = paths.into_iter().filter(|path| RunDirectory::exists(path));
        collected.read(&begun.collect::<Vec<_>>());
        collected
    }

    fn read(&mut self, paths: &[PathBuf]) {
        let (mut seen, mut places) = (BTreeSet::new(), BTreeMap::new());
        for path in paths {
            let canonical = path.canonicalize().unwrap_or_else(|_| path.clone());
            if !seen.insert(canonical) {
                continue;
            }
            match RunRecord::read_checked(path) {
                Err(error) => self.unreadable.push((path.clone(), error)),
                Ok(run) => {
                    let key = (run.spec.seed(), Identity::of(&run.spec, run.manifest()).digest());
                    match places.get(&key) {
                        Some(&place) => self.choose(place, run),
                        None => {
                            places.insert(key, self.runs.len());
                            self.runs.push(run);
                        }
                    }
                }
            }
        }
    }

    /// Of two equal runs, counts the one that has come further.
    fn choose(&mut self, place: usize, run: RunRecord) {
        let far = |run: &RunRecord| (run.is_finished(), run.manifest().steps_done);
        let path = |run: &RunRecord| run.directory.path().to_owned();
        let kept = &mut self.runs[place];
        let left_out = if far(&run) > far(kept) { std::mem::replace(kept, run) } else { run };
        let counted = path(kept);
        self.repeated.push(Repeated { path: path(&left_out), counted });
    }
}

impl RunRecord {
    /// As [`RunRecord::read`], and checks the other files that a report reads.
    fn read_checked(path: &Path) -> Result<Self, TrainError> {
        let run = Self::read(path)?;
        run.directory.check_records()?;
        if !run.spec.task().settings().is_drawn() {
            run.directory.read_json::<serde_json::Value>("data.json")?;
        }
        Ok(run)
    }
}
