//! The folder of an export.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::ExportError;
use super::example::example;
use super::readme::readme;
use super::script::{TEXTS, script};
use super::source::Source;
use crate::onnx::Graph;
use crate::store::{StoreError, read_bytes, write_atomically};
use crate::task::subwords::SUBWORDS;
use crate::task::text::TextSource;

/// By this file an earlier export is known, which may be written over.
const MARK: &str = "export.json";

const GRAPH: &str = "model.onnx";

/// Files that belong to a run's vocabulary and labels, where it has them.
const VOCABULARY: [&str; 3] = ["vocabulary.json", SUBWORDS, "data.json"];

/// What a file of ONNX can hold at most, in bytes, without room for its operators.
const LARGEST_GRAPH: usize = i32::MAX as usize - (1 << 20);

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Where it is.
    pub folder: PathBuf,
    /// The steps that the model was trained for.
    pub step: u64,
    /// The files, in the order in which they were written.
    pub files: Vec<String>,
    /// Why there is no ONNX file, if there is none.
    pub without_graph: Option<String>,
}

/// Exports the model of the run in `run` after `step` steps, or at its last checkpoint, to `folder`, or to `export` in the
/// run. Errors if the run cannot be read, if its model has no twin, or if the folder holds anything but an export.
pub fn export(run: &Path, folder: Option<&Path>, step: Option<u64>) -> Result<Exported, ExportError> {
    let mut source = Source::open(run, step)?;
    let folder = folder.map_or_else(|| run.join("export"), Path::to_path_buf);
    check_empty(&folder)?;
    let graph = graph(&source);
    let without_graph = graph.as_ref().err().cloned();
    if graph.is_err() {
        remove(&folder.join(GRAPH))?;
    }
    let files = files(&mut source, graph)?;
    for (name, bytes) in &files {
        write_atomically(&folder.join(name), bytes)?;
    }
    let files = files.into_iter().map(|(name, _)| name).collect();
    Ok(Exported { folder, step: source.run.step, files, without_graph })
}

/// Every file, by name.
fn files(source: &mut Source, graph: Result<Graph, String>) -> Result<Vec<(String, Vec<u8>)>, ExportError> {
    let without_graph = graph.as_ref().err().cloned();
    // The script knows tokens of our own alone.
    let texts =
        source.run.spec.task().get::<TextSource>().filter(|source| source.tokenizer.is_none()).cloned();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    // First what tells an export, so that one which was cut short can be written again.
    files.push((MARK.into(), mark(source, without_graph.as_deref())));
    let checkpoint = source.run.directory.checkpoint_path(source.run.step);
    files.push(("model.safetensors".into(), read_bytes(&checkpoint)?));
    if let Ok(graph) = graph {
        files.push((GRAPH.into(), graph.into_bytes()));
    }
    files.push((format!("{}.py", source.twin.module), source.twin.source.into()));
    files.push(("load.py".into(), script(&source.twin, texts.as_ref()).into()));
    if texts.is_some() {
        files.push(("texts.py".into(), TEXTS.into()));
    }
    files.push(("example.safetensors".into(), example(source)));
    files.push(("spec.toml".into(), source.run.directory.spec_text().into()));
    for name in VOCABULARY {
        let path = source.run.directory.path().join(name);
        if path.exists() {
            files.push((name.into(), read_bytes(&path)?));
        }
    }
    let readme = readme(source, texts.as_ref(), without_graph.as_deref());
    files.push(("README.md".into(), readme.into()));
    Ok(files)
}

/// The model's graph, or why it has none.
fn graph(source: &Source) -> Result<Graph, String> {
    let (_, numbers) = source.run.counts();
    if numbers.saturating_mul(size_of::<f32>()) > LARGEST_GRAPH {
        return Err(format!("{numbers} parameters do not fit into its file"));
    }
    let family = source.run.spec.model().kind();
    let graph = source.run.spec.model().settings().graph(&source.run.weights());
    graph.ok_or_else(|| format!("the family {family} has no graph"))
}

/// What the export is of.
fn mark(source: &Source, without_graph: Option<&str>) -> Vec<u8> {
    let spec = &source.run.spec;
    let mark = json!({
        "onset": env!("CARGO_PKG_VERSION"), "task": spec.task().kind(), "model": spec.model().kind(),
        "seed": spec.seed(), "step": source.run.step, "onnx": without_graph.is_none(), "without_onnx": without_graph,
    });
    let mut text = serde_json::to_string_pretty(&mark).expect("plain data");
    text.push('\n');
    text.into_bytes()
}

/// Refuses a folder that holds anything but an earlier export.
fn check_empty(folder: &Path) -> Result<(), ExportError> {
    if folder.join(MARK).exists() {
        return Ok(());
    }
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(ExportError::File { file: folder.into() });
        }
        entries => entries.map_err(|error| StoreError::io("list", folder, error))?,
    };
    if entries.count() == 0 { Ok(()) } else { Err(ExportError::Occupied { folder: folder.into() }) }
}

/// Removes what is left of an earlier export.
fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io("delete", path, error))
        }
        _ => Ok(()),
    }
}
