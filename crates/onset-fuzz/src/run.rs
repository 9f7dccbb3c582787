//! The files of a run, one of them damaged: manifest, spec, journal, tables, checkpoints, tokenizer.json.

use std::fs;
use std::path::{Path, PathBuf};

use onset::inference::{Interpreter, LoadedModel};
use onset::record::Records;
use onset::report::write_report;
use onset::store::{Checkpoint, RunDirectory, Table, find_runs};
use onset::study::RunRecord;
use onset::task::Split;
use onset::task::subwords::Subwords;
use onset::trajectory::{
    Catalogue, ExampleAt, ExampleQuery, RunCurves, example_course, list_examples, recorded_splits,
    word_courses,
};

use crate::{Target, outcome, scratch};

/// A checkpoint.
pub const SAFETENSORS: Target = Target {
    name: "safetensors",
    run: |bytes| {
        outcome(&Checkpoint::read(&scratch::file("a.safetensors", bytes)).and_then(|read| read.step()))
    },
    seeds: || {
        vec![earlier("copying/same/checkpoints/step-000000.safetensors"), b"\x02\0\0\0\0\0\0\0{}".to_vec()]
    },
    words: &[
        "F32",
        "F16",
        "I64",
        "shape",
        "dtype",
        "data_offsets",
        "__metadata__",
        "[0,0]",
        "18446744073709551615",
        "{}",
        "\"step\"",
    ],
};

/// A vocabulary of subwords, and a line that is cut by it.
pub const TOKENIZER: Target = Target {
    name: "tokenizer",
    run: tokenizer,
    seeds: || vec![earlier("pairs/tokenizer.json")],
    words: &[
        "model",
        "vocab",
        "unk_id",
        "Unigram",
        "BPE",
        "WordLevel",
        "null",
        "-1",
        "[]",
        "{}",
        "pre_tokenizer",
        "Metaspace",
        "decoder",
        "added_tokens",
        "normalizer",
        "NFKC",
        "1e999",
        "<s>",
        "\u{2581}",
        "Regex",
        "(a*)*b",
        "18446744073709551615",
    ],
};

/// A run with one file replaced: the first byte says which.
pub const RUN: Target = Target { name: "run", run, seeds: run_seeds, words: RUN_WORDS };

const RUN_WORDS: &[&str] = &[
    "PAR1",
    "step",
    "loss",
    "accuracy",
    "alpha",
    "beta",
    "delta",
    "tokens",
    "example",
    "split",
    "validation",
    "training",
    "label",
    "finished",
    "running",
    "steps_done",
    "scores",
    "null",
    "-1",
    "1e999",
    "18446744073709551615",
    "{}",
    "[]",
    "copying",
    "translation",
];

/// Runs of an earlier version, which are small, and the files of theirs that are replaced.
const FILES: [(&str, &str); 14] = [
    ("copying/same", "manifest.json"),
    ("copying/same", "spec.toml"),
    ("copying/same", "journal.jsonl"),
    ("copying/same", "training.parquet"),
    ("copying/same", "evaluation.parquet"),
    ("copying/same", "probes/step-000012.parquet"),
    ("copying/same", "checkpoints/step-000012.safetensors"),
    ("texts", "data.json"),
    ("texts", "vocabulary.json"),
    ("texts", "probes/step-000012.parquet"),
    ("pairs", "manifest.json"),
    ("pairs", "tokenizer.json"),
    ("pairs", "probes/step-000012.parquet"),
    ("pairs", "checkpoints/step-000012.safetensors"),
];

fn earlier(file: &str) -> Vec<u8> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../onset/tests/earlier")).join(file);
    fs::read(&path).unwrap_or_default()
}

fn run_seeds() -> Vec<Vec<u8>> {
    let each = |(place, (run, file)): (usize, &(&str, &str))| {
        [&[place as u8][..], &earlier(&format!("{run}/{file}"))].concat()
    };
    FILES.iter().enumerate().map(each).collect()
}

fn tokenizer(bytes: &[u8]) -> String {
    let read = Subwords::read(&scratch::file("tokenizer.json", bytes));
    if let Ok(subwords) = &read {
        let tokens = subwords.encode("ein Hund läuft, \u{fb01} 中文");
        let _ = (
            subwords.decode(&tokens),
            subwords.decode(&[0, 1, u32::MAX]),
            subwords.piece(u32::MAX),
            subwords.len(),
        );
    }
    outcome(&read)
}

fn run(bytes: &[u8]) -> String {
    let Some((first, rest)) = bytes.split_first() else { return String::new() };
    let (run, file) = FILES[usize::from(*first) % FILES.len()];
    let folder = copied(run);
    let path = folder.join(file);
    let before = fs::read(&path).unwrap_or_default();
    fs::write(&path, rest).expect("the folder can be written");
    let said = read_all(&folder, file);
    fs::write(&path, before).expect("the folder can be written");
    format!("{file} {said}")
}

/// A copy of the run in this thread's folder, made once.
fn copied(run: &str) -> PathBuf {
    let to = scratch::folder().join("runs").join(run);
    if !to.exists() {
        copy(&Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../onset/tests/earlier")).join(run), &to);
    }
    to
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the run is there").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)
        } else {
            fs::copy(&from, &to).map(drop).expect("the file can be copied")
        }
    }
}

/// Reads a run in every way there is, and says what came of each.
fn read_all(folder: &Path, file: &str) -> String {
    let mut said = vec![outcome(&find_runs(folder))];
    let mut catalogue = Catalogue::new(folder.into());
    said.push(outcome(&catalogue.refresh().map(|_| catalogue.overviews().count())));
    let directory = match RunDirectory::view(folder) {
        Ok(directory) => directory,
        Err(error) => {
            said.push(outcome::<(), _>(&Err(error)));
            return said.join(" ");
        }
    };
    let _ = directory.journal();
    if file.ends_with(".parquet") {
        said.push(outcome(&Table::read(&folder.join(file))));
    }
    said.push(outcome(&RunCurves::read(&directory)));
    said.push(outcome(&recorded_splits(&directory)));
    for split in [Split::Validation, Split::Training] {
        let query = ExampleQuery { split, containing: "e".into(), wrong: false, limit: 9 };
        said.push(outcome(&list_examples(&directory, &query)));
        said.push(outcome(&example_course(&directory, ExampleAt::first(split, 0))));
    }
    said.push(outcome(&word_courses(&directory)));
    let records = Records::of(&directory);
    for step in records.steps() {
        said.push(outcome(
            &records.columns(step, &["example", "tokens", "alpha", "beta", "delta", "relevant"]),
        ));
    }
    match RunRecord::read(folder) {
        Ok(record) => said.push(outcome(&write_report(&[record], &scratch::folder().join("report.html")))),
        Err(error) => said.push(outcome::<(), _>(&Err(error))),
    }
    if file.ends_with(".safetensors") || file.ends_with(".json") || file.ends_with(".toml") {
        said.push(outcome(&Interpreter::open(folder, None).map(drop)));
        // A spec that asks for a large model or much data is allowed to be slow.
        if !file.ends_with(".toml") {
            said.push(outcome(&LoadedModel::open(folder, None).map(drop)));
        }
    }
    said.join(" ")
}
