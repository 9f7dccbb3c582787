//! What leads out of a folder: links, and paths in errors.

use std::fs;
use std::path::{Path, PathBuf};

/// The first link in the run directory `run`, or in folders within it, that leads out of `root`; `None` if there is
/// none. A run with such a link would show files from outside the folder of runs.
pub fn links_out(run: &Path, root: &Path) -> Option<PathBuf> {
    let mut folders = vec![run.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    // A broken link counts as leading out, because its future target is unknown.
                    let inside = path.canonicalize().is_ok_and(|target| target.starts_with(root));
                    if !inside {
                        return Some(path);
                    }
                }
                Ok(kind) if kind.is_dir() => folders.push(path),
                _ => {}
            }
        }
    }
    None
}

/// A sentence with the paths below `root` as they are below it, and `root` itself by its name. What is shown on a page
/// need not say where on a machine a folder is.
pub fn below(sentence: &str, root: &Path) -> String {
    let Some(path) = root.to_str().filter(|path| path.len() > 1) else { return sentence.into() };
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    sentence.replace(&format!("{path}/"), "").replace(path, &name)
}

#[cfg(test)]
mod sentences {
    use super::*;

    #[test]
    fn paths_lose_what_is_above_the_folder() {
        let root = Path::new("/home/ada/runs");
        let sentence = "cannot read /home/ada/runs/a/seed-0/spec.toml: gone; /home/ada/runs is there";
        assert_eq!(below(sentence, root), "cannot read a/seed-0/spec.toml: gone; runs is there");
        assert_eq!(below("a/b", Path::new("/")), "a/b");
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_within_the_folder_are_allowed_and_others_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("runs");
        let run = root.join("a/seed-0");
        fs::create_dir_all(run.join("probes")).unwrap();
        fs::write(root.join("spec.toml"), "").unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        assert_eq!(links_out(&run, &root), None);
        symlink("../../spec.toml", run.join("spec.toml")).unwrap();
        assert_eq!(links_out(&run, &root), None);
        let bad = run.join("probes/step-000000.parquet");
        symlink("../../../../secret", &bad).unwrap();
        assert_eq!(links_out(&run, &root), Some(bad.clone()));
        fs::remove_file(&bad).unwrap();
        symlink("/", &bad).unwrap();
        assert_eq!(links_out(&run, &root), Some(bad));
    }
}
