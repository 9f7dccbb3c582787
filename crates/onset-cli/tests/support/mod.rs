//! What the tests of the command share.

#![allow(dead_code, reason = "each test file is a crate of its own and uses a part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A copying model that trains in a moment.
pub const SMALL: [&str; 14] = [
    "--set",
    "data.vocabulary=8",
    "--set",
    "data.length=6",
    "--set",
    "model.hidden=12",
    "--set",
    "model.embedding=10",
    "--set",
    "train.batch=4",
    "--set",
    "train.steps=30",
    "--set",
    "record.checkpoints=[0, 20]",
];

/// A classifier that trains in a moment.
pub const SMALL_TEXT: [&str; 12] = [
    "--set",
    "model.hidden=6",
    "--set",
    "model.embedding=8",
    "--set",
    "model.attention_hidden=5",
    "--set",
    "train.batch=8",
    "--set",
    "train.steps=12",
    "--set",
    "data.min_count=1",
];

/// The command, in `folder`.
pub fn onset(folder: &TempDir) -> Command {
    let mut command = Command::cargo_bin("onset").unwrap();
    command.current_dir(folder.path());
    command
}

pub fn write(folder: &TempDir, name: &str, contents: impl AsRef<[u8]>) {
    fs::write(folder.path().join(name), contents).unwrap();
}

/// Twenty messages, half of them spam.
pub fn messages() -> String {
    let row = |i: usize| {
        let (text, label) = [("win a free prize", 1), ("see you at home", 0)][i % 2];
        format!("{text} {}\t{label}\n", ["now", "today", "later"][i % 3])
    };
    format!("text\tlabel\n{}", (0..20).map(row).collect::<String>())
}

/// A copy of SMS Spam below `copies`, with these messages.
pub fn put_sms_spam(folder: &TempDir) {
    let set = folder.path().join("copies/sms_spam");
    fs::create_dir_all(&set).unwrap();
    fs::write(set.join("sms.tsv"), messages()).unwrap();
    Command::new("gzip").arg(set.join("sms.tsv")).assert().success();
}

/// Every file of a run but those that tell times, by path.
pub fn files(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![run.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(run).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name != "journal.jsonl" && name != ".lock" {
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Asserts that two runs hold the same files with the same bytes.
pub fn assert_same_run(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    assert!(one.keys().eq(two.keys()), "{:?} and {:?}", one.keys(), two.keys());
    assert!(one.len() > 5);
    for (name, bytes) in &one {
        assert!(*bytes == two[name], "{name} differs");
    }
}

/// The standard error of a command that must fail with `code`, not by a panic.
pub fn failure(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

/// Standard output and error of a command that must succeed.
pub fn success(command: &mut Command) -> [String; 2] {
    let output = command.output().unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{error}");
    [out, error]
}

/// Sizes of a translation that takes a moment.
pub const SMALL_PAIRS: [&str; 14] = [
    "--set",
    "model.hidden=8",
    "--set",
    "model.embedding=8",
    "--set",
    "data.vocabulary=24",
    "--set",
    "train.batch=4",
    "--set",
    "train.steps=12",
    "--set",
    "record.checkpoints=[0, 12]",
    "--set",
    "record.influence=3",
];

/// Sixty pairs of a language of eight words, one for one.
pub fn sentences() -> [String; 2] {
    let words = [["ein", "a"], ["Hund", "dog"], ["Kind", "child"], ["sieht", "sees"], ["rote", "red"]];
    let line = |side: usize, i: usize| {
        let inner: Vec<&str> = (0..3 + i % 4).map(|j| words[(i * 3 + j * j) % words.len()][side]).collect();
        inner.join(" ") + "\n"
    };
    [0, 1].map(|side| (0..60).map(|i| line(side, i)).collect())
}

pub fn assert_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
}
