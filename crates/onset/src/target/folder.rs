//! Names for runs where the folder of the usual name has runs of other data.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::TargetError;
use crate::spec::Spec;
use crate::store::{RunDirectory, run_folders};

/// A name whose folder in `out` has no runs of other data; `data` is the digest of the present data. The candidates are `name`
/// itself, then `name` after the data file's parent folders (`june-train`). Errors if the runs are of the same file, which
/// has changed since.
pub fn free_name(out: &Path, name: &str, spec: &Spec, data: Option<&str>) -> Result<String, TargetError> {
    let files = spec.task().settings().files();
    let (Some(data), Some(file)) = (data, files.first()) else { return Ok(name.into()) };
    let mut longer = name.to_owned();
    let folders = file.parent().into_iter().flat_map(Path::iter).rev().filter_map(OsStr::to_str);
    let names = folders.filter(|folder| *folder != "/").map(|folder| {
        longer = format!("{folder}-{longer}");
        longer.clone()
    });
    for name in std::iter::once(name.to_owned()).chain(names) {
        let Some((run, own)) = run_of_other_data(&out.join(&name), data) else { return Ok(name) };
        if own.first() == Some(file) {
            return Err(TargetError::ChangedFile { file: file.clone(), run });
        }
    }
    Ok(name.into())
}

/// The first run in `folder` whose data has another digest, with its data files.
fn run_of_other_data(folder: &Path, data: &str) -> Option<(PathBuf, Vec<PathBuf>)> {
    run_folders(folder).into_iter().find_map(|run| {
        // An unreadable run is reported by the command that needs its directory.
        let view = RunDirectory::view(&run).ok()?;
        view.manifest().data_digest.as_ref().filter(|digest| *digest != data)?;
        let spec = Spec::parse(view.spec_text(), "", &[]).ok()?.with_files_near(&run);
        Some((run, spec.task().settings().files()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Manifest;

    fn spec(file: &str) -> Spec {
        Spec::parse(&format!("task = 'classification'\n[data]\nfile = '{file}'"), "", &[]).unwrap()
    }

    fn run(out: &Path, name: &str, file: &str, data: &str) {
        let json = format!(
            r#"{{"format": 1, "onset": "0", "task": "classification", "seed": 0, "status": "finished", "steps_done": 1,
            "steps": 1, "spec_digest": "", "data_digest": "{data}", "parameters": 1, "scores": {{}}, "failure": null}}"#
        );
        let manifest: Manifest = serde_json::from_str(&json).unwrap();
        RunDirectory::create(&out.join(name).join("seed-0"), &spec(file).to_toml(), manifest).unwrap();
    }

    #[test]
    fn the_folders_of_a_file_get_into_the_name_where_its_stem_is_taken() {
        let out = tempfile::tempdir().unwrap();
        let name = |file: &str, data: &str| free_name(out.path(), "train", &spec(file), Some(data));
        assert_eq!(name("/x/june/train.tsv", "aa").unwrap(), "train");
        run(out.path(), "train", "/x/june/train.tsv", "aa");
        assert_eq!(name("/x/june/train.tsv", "aa").unwrap(), "train");
        assert_eq!(name("/moved/train.tsv", "aa").unwrap(), "train");
        assert_eq!(name("/x/july/train.tsv", "bb").unwrap(), "july-train");
        run(out.path(), "july-train", "/x/july/train.tsv", "bb");
        assert_eq!(name("/x/july/train.tsv", "bb").unwrap(), "july-train");
        assert_eq!(name("/y/july/train.tsv", "cc").unwrap(), "y-july-train");
        let changed = name("/x/june/train.tsv", "dd").unwrap_err().to_string();
        assert!(changed.contains("/x/june/train.tsv has changed"), "{changed}");
        assert_eq!(free_name(out.path(), "copying", &spec("/a.tsv"), None).unwrap(), "copying");
    }
}
