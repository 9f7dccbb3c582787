//! Folders of files of rows, as `datasets` saves them or as they are downloaded, and patterns.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::FileError;
use super::form::{form_of, is_row_file, name_of};

/// The files that a path stands for: itself; the files that match it, if its name has a `*`; the files of rows in it, if it is
/// a folder. In the order of their names, or in that of a `state.json`.
pub(super) fn parts(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let found = if path.is_dir() {
        match saved(path) {
            Some(files) => files,
            None => files_in(path, |name| form_of(Path::new(name)).is_some()),
        }
    } else if let (Some((before, behind)), false) = (name_of(path).split_once('*'), path.exists()) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let fits = |name: &str| {
            name.len() >= before.len() + behind.len() && name.starts_with(before) && name.ends_with(behind)
        };
        files_in(folder, fits)
    } else {
        return Ok(vec![path.into()]);
    };
    if found.is_empty() { Err(FileError::NoParts { path: path.into() }) } else { Ok(found) }
}

/// The part of a `state.json` that names files.
#[derive(Deserialize)]
struct State {
    #[serde(rename = "_data_files")]
    files: Vec<StateFile>,
}

#[derive(Deserialize)]
struct StateFile {
    filename: String,
}

/// The part of a `dataset_dict.json` that names splits.
#[derive(Deserialize)]
struct Splits {
    splits: Vec<String>,
}

/// The files of a split that `datasets` saved, in its order.
fn saved(folder: &Path) -> Option<Vec<PathBuf>> {
    let state: State = read(&folder.join("state.json"))?;
    Some(state.files.into_iter().map(|file| folder.join(file.filename)).collect())
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The files of a folder whose names fit, by name.
fn files_in(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| !name.starts_with('.') && fits(name)))
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && !is_about(path))
        .collect();
    names.sort();
    names
}

/// Whether a file tells about a data set rather than holding rows of it.
fn is_about(path: &Path) -> bool {
    matches!(name_of(path), "dataset_info.json" | "dataset_infos.json" | "dataset_dict.json" | "state.json")
}

/// Names of splits to validate on, the best first.
const VALIDATION: [&str; 5] = ["validation", "valid", "dev", "val", "test"];

/// What to train on in a folder and what to validate on: paths that [`parts`] knows. None if it is no folder of rows.
pub(crate) fn splits(folder: &Path) -> Option<(PathBuf, Option<PathBuf>)> {
    if !folder.is_dir() {
        return None;
    }
    if let Some(Splits { splits }) = read::<Splits>(&folder.join("dataset_dict.json")) {
        let train = splits.iter().find(|split| *split == "train").or_else(|| splits.first())?;
        let validation =
            VALIDATION.iter().find(|name| *name != train && splits.iter().any(|split| split == *name));
        return Some((folder.join(train), validation.map(|name| folder.join(name))));
    }
    if saved(folder).is_some() {
        return Some((folder.into(), None));
    }
    let inner = folder.join("data");
    let folder = [folder, &inner].into_iter().find(|folder| !files_in(folder, is_row_name).is_empty())?;
    let of = |split: &str| {
        let found = files_in(folder, |name| is_row_name(name) && is_of_split(name, split));
        match &found[..] {
            [] => None,
            [only] => Some(only.clone()),
            [first, ..] => pattern(folder, split, name_of(first), &found),
        }
    };
    let Some(train) = of("train") else { return Some((folder.into(), None)) };
    Some((train, VALIDATION.iter().find_map(|split| of(split))))
}

/// A pattern that stands for just the files `found` of a split, of which one is called `first`; none if there is no such.
fn pattern(folder: &Path, split: &str, first: &str, found: &[PathBuf]) -> Option<PathBuf> {
    let behind = &first[split.len()..];
    let (mark, ending) = (behind.chars().next()?, behind.split_once('.').map_or("", |(_, ending)| ending));
    let all = [format!("{split}{mark}*.{ending}"), format!("{split}*.{ending}"), format!("{split}*")];
    let all = all.into_iter().map(|name| folder.join(name));
    all.into_iter().find(|pattern| parts(pattern).is_ok_and(|files| files == found))
}

fn is_row_name(name: &str) -> bool {
    is_row_file(Path::new(name))
}

/// What to know about a file to validate on, if its name says that it is meant for testing.
pub(crate) fn test_split_remark(validation: &Path) -> Option<String> {
    let name = validation.file_name()?.to_string_lossy();
    (name == "test" || is_of_split(&name, "test")).then(|| {
        format!(
            "{} is validated on and looks like a test split: a checkpoint or a setting that was chosen by its scores \
             looks better there than it is",
            validation.display()
        )
    })
}

fn is_of_split(name: &str, split: &str) -> bool {
    name.strip_prefix(split).is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_testing_are_known_by_their_names() {
        let is_test = |path: &str| test_split_remark(Path::new(path)).is_some();
        for path in ["a/test", "test.tsv.gz", "data/test-00000-of-00001.parquet", "test_2016_flickr.de.gz"] {
            assert!(is_test(path), "{path}");
        }
        for path in ["testing.tsv", "a/validation", "test/dev.tsv", "contest.csv"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
