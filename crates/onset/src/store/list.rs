//! What has been run.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Manifest, RunDirectory, StoreError};

/// How deep below the folder that is searched a run may lie.
const DEPTH: usize = 4;

/// A run that was found.
#[derive(Debug)]
pub struct ListedRun {
    /// Where it is.
    pub path: PathBuf,
    /// What it is and how it stands, or why that cannot be read.
    pub manifest: Result<Manifest, StoreError>,
    /// Seconds spent on it so far, up to when it last stopped.
    pub seconds: f64,
}

/// The runs in `folder` and below, by path. One that cannot be read is listed with its error.
pub fn find_runs(folder: &Path) -> Result<Vec<ListedRun>, StoreError> {
    fs::read_dir(folder).map_err(|e| StoreError::io("list", folder, e))?;
    let mut runs = Vec::new();
    search(folder, DEPTH, &mut runs);
    runs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(runs)
}

fn search(folder: &Path, depth: usize, runs: &mut Vec<ListedRun>) {
    if RunDirectory::exists(folder) {
        let view = RunDirectory::view(folder);
        let seconds = view.as_ref().map_or(0.0, |run| run.journal().iter().map(|entry| entry.seconds).sum());
        runs.push(ListedRun {
            path: folder.into(),
            manifest: view.map(|run| run.manifest().clone()),
            seconds,
        });
    } else if depth > 0 {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            // Links are not followed, so that none leads in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                search(&entry.path(), depth - 1, runs);
            }
        }
    }
}
