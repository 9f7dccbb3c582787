//! Finding runs.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Manifest, RunDirectory, StoreError};

/// How deep a run may lie below the folder that is searched.
const DEPTH: usize = 4;

/// A run that was found.
#[derive(Debug)]
pub struct ListedRun {
    /// Where it is.
    pub path: PathBuf,
    /// Its manifest, or why that cannot be read.
    pub manifest: Result<Manifest, StoreError>,
    /// Seconds of training until it last stopped.
    pub seconds: f64,
}

/// The runs in `folder` and below, by path. One that cannot be read is listed with its error.
pub fn find_runs(folder: &Path) -> Result<Vec<ListedRun>, StoreError> {
    fs::read_dir(folder).map_err(|e| StoreError::io("list", folder, e))?;
    Ok(run_folders(folder).into_iter().map(listed).collect())
}

fn listed(path: PathBuf) -> ListedRun {
    let view = RunDirectory::view(&path);
    let seconds = view.as_ref().map_or(0.0, |run| run.journal().iter().map(|entry| entry.seconds).sum());
    ListedRun { path, manifest: view.map(|run| run.manifest().clone()), seconds }
}

/// The folders of the runs in `folder` and below, in order; their files are not read.
pub fn run_folders(folder: &Path) -> Vec<PathBuf> {
    let mut runs = Vec::new();
    search(folder, DEPTH, &mut runs);
    runs.sort();
    runs
}

fn search(folder: &Path, depth: usize, runs: &mut Vec<PathBuf>) {
    if RunDirectory::exists(folder) {
        runs.push(folder.into());
    } else if depth > 0 {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            // Links are not followed: they could lead in a circle. A name with a dot is of something unfinished.
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                search(&entry.path(), depth - 1, runs);
            }
        }
    }
}
