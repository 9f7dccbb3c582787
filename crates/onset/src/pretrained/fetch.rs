//! Fetches a public checkpoint from the Hugging Face hub, or from a server with the same addresses.
//!
//! Files go to `FOLDER/download/` until all are there and verified, so that a failed attempt is resumed and a folder of a checkpoint is
//! whole or absent.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{PublicModel, TOKENIZER};
use crate::data::{DataError, Download, Progress, agent, sha256};

/// The address of the Hugging Face hub.
pub const HUB: &str = "https://huggingface.co";

/// What makes up a checkpoint; the weights come last, because they take longest.
const FILES: [&str; 3] = ["config.json", TOKENIZER, WEIGHTS];
const WEIGHTS: &str = "model.safetensors";

/// Options of fetching a checkpoint.
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// The folder of all checkpoints; one goes to the subfolder with its name, a revision other than `main` to NAME@REVISION.
    pub out: PathBuf,
    /// A branch, tag or commit of the repository.
    pub revision: String,
    /// The server, such as [`HUB`].
    pub server: String,
    /// Fetch even if the files exist.
    pub force: bool,
}

/// The origin of a checkpoint, kept beside it as `source.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The repository, OWNER/NAME.
    pub repository: String,
    /// The revision.
    pub revision: String,
    /// Its licence, as its publisher states it; empty where it is not known.
    pub licence: String,
    /// The files.
    pub files: Vec<ModelFile>,
}

/// A file of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Its name.
    pub file: String,
    /// Its address.
    pub url: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// Whether that was compared with a published one.
    pub verified: bool,
}

/// The result of fetching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchedModel {
    /// The files were already in this folder.
    AlreadyThere(PathBuf),
    /// The files were written into this folder.
    New(PathBuf, ModelRecord),
}

impl FetchedModel {
    /// The folder of the checkpoint.
    pub fn folder(&self) -> &Path {
        let (Self::AlreadyThere(folder) | Self::New(folder, _)) = self;
        folder
    }
}

/// Downloads a checkpoint, verifies it, and records its source. Calls `progress` meanwhile.
///
/// # Errors
/// If the server cannot be reached or does not have a file, and if the weights are not those that are published.
pub fn fetch_model(
    model: &PublicModel,
    options: &ModelOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FetchedModel, DataError> {
    let name = match options.revision.as_str() {
        "main" => model.name.clone(),
        other => format!("{}@{}", model.name, other.replace('/', "-")),
    };
    let folder = options.out.join(name);
    if !options.force && FILES.iter().all(|file| folder.join(file).is_file()) {
        return Ok(FetchedModel::AlreadyThere(folder));
    }
    let downloads = folder.join("download");
    fs::create_dir_all(&downloads).map_err(DataError::io("create", &downloads))?;
    let server = options.server.trim_end_matches('/');
    let agent = agent();
    let mut files = Vec::new();
    for file in FILES {
        let path = downloads.join(file);
        let url = format!("{server}/{}/resolve/{}/{file}", model.repository, options.revision);
        let page = format!("{server}/{}", model.repository);
        let expected = model.sha256.as_deref().filter(|_| file == WEIGHTS && options.revision == "main");
        if !path.is_file() {
            let download = Download { url: &url, page: &page, path: &path, verifiable: expected.is_some() };
            download.run(&agent, &mut |bytes, total| {
                progress(Progress::Downloading { file, bytes, total });
            })?;
        }
        progress(Progress::Verifying { file });
        let (found, bytes) = sha256(&path)?;
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(reject(&path, found, expected, &page));
        }
        files.push(ModelFile { file: file.into(), url, bytes, sha256: found, verified: expected.is_some() });
    }
    for file in FILES {
        let path = folder.join(file);
        fs::rename(downloads.join(file), &path).map_err(DataError::io("write", &path))?;
    }
    // Best effort: the checkpoint is complete without it.
    let _ = fs::remove_dir_all(&downloads);
    let record = ModelRecord {
        repository: model.repository.clone(),
        revision: options.revision.clone(),
        licence: model.licence.clone(),
        files,
    };
    let path = folder.join("source.json");
    let text =
        serde_json::to_string_pretty(&record).expect("a record is plain data that JSON can hold") + "\n";
    fs::write(&path, text).map_err(DataError::io("write", &path))?;
    Ok(FetchedModel::New(folder, record))
}

/// Sets a file with a wrong checksum aside.
fn reject(path: &Path, found: String, expected: &str, page: &str) -> DataError {
    let rejected = path.with_extension("safetensors.rejected");
    if let Err(error) = fs::rename(path, &rejected) {
        return DataError::io("rename", path)(error);
    }
    DataError::WrongChecksum {
        path: rejected,
        found,
        expected: expected.into(),
        source_of_sum: "as the hub publishes it".into(),
        remedy: format!("fetch it again, or see {page}"),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;
    use crate::data::test_server::{Requests, answer, serve};
    use crate::pretrained::find_model;

    /// A server that has `files` in the repository `a/b`, and the requests it gets.
    fn hub(files: &'static [(&'static str, &'static str)]) -> (String, Requests) {
        serve(move |request, stream| {
            let asked = request["path"].strip_prefix("/a/b/resolve/").unwrap_or_default();
            match files.iter().find(|(path, _)| *path == asked) {
                Some((_, body)) => answer(stream, "200 OK", "", body.as_bytes()),
                None => answer(stream, "404 Not Found", "", b""),
            }
        })
    }

    const WHOLE: &[(&str, &str)] =
        &[("main/config.json", "{}"), ("main/tokenizer.json", "[]"), ("main/model.safetensors", "weights")];

    fn options(out: &Path, server: String, revision: &str) -> ModelOptions {
        ModelOptions { out: out.into(), revision: revision.into(), server, force: false }
    }

    #[test]
    fn a_checkpoint_is_fetched_once_with_its_source_on_record() {
        let (server, asked) = hub(WHOLE);
        let out = tempdir().unwrap();
        let model = find_model("a/b").unwrap();
        let options = options(out.path(), server, "main");
        let FetchedModel::New(folder, record) = fetch_model(&model, &options, &mut |_| {}).unwrap() else {
            panic!("there was nothing before")
        };
        assert_eq!(folder, out.path().join("b"));
        assert_eq!(fs::read_to_string(folder.join("model.safetensors")).unwrap(), "weights");
        assert_eq!(record.files.iter().map(|file| file.bytes).collect::<Vec<_>>(), [2, 2, 7]);
        let kept: ModelRecord =
            serde_json::from_slice(&fs::read(folder.join("source.json")).unwrap()).unwrap();
        assert_eq!(kept, record);
        assert!(!folder.join("download").exists());
        let again = fetch_model(&model, &options, &mut |_| {}).unwrap();
        assert_eq!(again, FetchedModel::AlreadyThere(folder));
        assert_eq!(asked.lock().unwrap().len(), 3);
    }

    #[test]
    fn a_revision_has_a_folder_of_its_own_and_a_missing_file_is_named() {
        let files = &[("step1000/config.json", "{}"), ("step1000/tokenizer.json", "[]")];
        let (server, _) = hub(files);
        let out = tempdir().unwrap();
        let model = find_model("a/b").unwrap();
        let error =
            fetch_model(&model, &options(out.path(), server.clone(), "step1000"), &mut |_| {}).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("404 Not Found") && message.contains("/a/b/resolve/step1000/model.safetensors")
        );
        // What has come stays for the next attempt.
        assert!(out.path().join("b@step1000/download/config.json").is_file());
        assert!(!out.path().join("b@step1000/config.json").exists());
    }

    #[test]
    fn other_weights_than_the_published_ones_are_set_aside() {
        let (server, _) = hub(WHOLE);
        let out = tempdir().unwrap();
        let model = PublicModel { sha256: Some("0".repeat(64)), ..find_model("a/b").unwrap() };
        let error = fetch_model(&model, &options(out.path(), server, "main"), &mut |_| {}).unwrap_err();
        assert!(matches!(error, DataError::WrongChecksum { .. }), "{error}");
        assert!(out.path().join("b/download/model.safetensors.rejected").is_file());
    }
}
