//! Warnings about runs that are not counted.

use std::path::PathBuf;

use anyhow::{Result, bail};
use onset::study::{Collected, Repeated};

use crate::advice;

/// All runs in and below `folders`, with warnings about those that are not counted. Errors if there is none.
pub fn collect(folders: &[PathBuf]) -> Result<Collected> {
    let collected = Collected::find(folders);
    if let Some(folder) = collected.empty.first() {
        let folder_is_there = folder.exists();
        let folder = folder.display();
        if folder_is_there {
            bail!(
                "{folder} contains no run; expected a run directory, or a folder of runs, as written by \
                 `onset train`"
            );
        }
        bail!(
            "{folder} does not exist; expected a run directory or a folder of runs (`onset runs` lists those in ./runs)"
        );
    }
    warn(&collected);
    if collected.runs.is_empty() {
        bail!("none of the runs can be read");
    }
    Ok(collected)
}

/// Prints which runs cannot be read and which repeat another one.
pub fn warn(collected: &Collected) {
    for (path, error) in &collected.unreadable {
        let advice = advice::of(error).map_or_else(String::new, |advice| format!("; {advice}"));
        let (path, error) = (path.display().to_string(), error.to_string());
        let place = if error.contains(&path) { String::new() } else { format!("{path}: ") };
        note!("warning: {place}{error}{advice}");
    }
    for Repeated { path, counted } in &collected.repeated {
        note!(
            "{} is not counted: it is the same run as {} (same spec, seed, data and version)",
            path.display(),
            counted.display()
        );
    }
}
