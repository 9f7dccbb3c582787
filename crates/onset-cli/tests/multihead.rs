//! `onset reproduce multihead`, small: what it finds, what it says, that it continues.

mod support;

use std::fs;

use support::{failure, onset, success};
use tempfile::{TempDir, tempdir};

/// A model of which most heads learn within the budget; accuracy is measured roughly.
const SMALL: [&str; 10] = [
    "reproduce",
    "multihead",
    "--set",
    "model.hidden=8",
    "--set",
    "model.embedding=8",
    "--set",
    "data.length=3",
    "--set",
    "data.vocabulary=4",
];

/// Two heads, two runs of each kind, two of each kind of head.
const FEW: [&str; 10] =
    ["--heads", "2", "--repeats", "2", "--pool", "2", "--selection-seeds", "2", "--draws", "3"];

const STEPS: [&str; 4] = ["--set", "train.steps=12", "--set", "train.batch=4"];

fn study(folder: &TempDir, more: &[&str]) -> [String; 2] {
    success(onset(folder).args(SMALL).args(FEW).args(STEPS).args(more))
}

#[test]
fn combinations_are_compared_in_a_table_in_sentences_and_in_a_report() {
    let folder = tempdir().unwrap();
    let [out, error] = study(&folder, &["--bodies", "2"]);
    for part in ["Body 0", "Body 1", "2 bad", "2 random", "1 random", "passed 0.95", "Fisher's exact test"] {
        assert!(out.contains(part), "`{part}` is missing in {out}");
    }
    assert!(out.contains("It holds on"), "{out}");
    assert!(error.contains("heads tried") && error.contains("report.html"), "{error}");
    let report = fs::read_to_string(folder.path().join("runs/multihead/report.html")).unwrap();
    assert!(report.contains("Several heads") && report.contains("upper quartile"));
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!report.contains(outside), "the report reaches out: {outside}");
    }
}

#[test]
fn a_kind_of_heads_that_is_not_found_is_named_instead_of_made_up() {
    let folder = tempdir().unwrap();
    // Nothing is learned in a dozen steps: every head is bad.
    let [out, error] = study(&folder, &[]);
    assert!(out.contains("3 heads tried (the maximum"), "{out}");
    assert!(out.contains("no runs of 1 bad + 1 good") && out.contains("0 were good"), "{out}");
    assert!(out.contains("on 0 of 0 bodies; 1 could not be compared"), "{out}");
    assert!(error.contains("warning: body 0: no runs of 1 bad + 1 good"), "{error}");
}

#[test]
fn finished_runs_are_not_done_again_and_the_json_is_the_same_each_time() {
    let (folder, whole) = (tempdir().unwrap(), tempdir().unwrap());
    let [first, _] = study(&folder, &["--json", "--jobs", "1"]);
    let journal = || {
        let run = folder.path().join("runs/multihead/body-0/selection/head-0-seed-0/journal.jsonl");
        fs::read_to_string(run).unwrap()
    };
    let before = journal();
    let [again, _] = study(&folder, &["--json", "--jobs", "3"]);
    assert_eq!((&first, before), (&again, journal()));
    let [other, _] = study(&whole, &["--json", "--jobs", "2"]);
    assert_eq!(first, other);
    let told: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(told["bodies"][0]["kinds"][0]["runs"], 2);
}

#[test]
fn combinations_are_trained_on_data_that_did_not_select_their_heads() {
    let folder = tempdir().unwrap();
    study(&folder, &[]);
    let spec = |run: &str| {
        fs::read_to_string(folder.path().join("runs/multihead/body-0").join(run).join("spec.toml")).unwrap()
    };
    assert!(spec("selection/head-1-seed-1").starts_with("seed = 1\n"));
    let tested = spec("test/bad-1");
    assert!(tested.starts_with("seed = 1001\n") && tested.contains("body_seed = 0"), "{tested}");
}

#[test]
fn what_the_experiment_decides_cannot_be_set() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(SMALL).args(["--set", "model.heads=3"]), 2);
    assert!(message.contains("`model.heads` cannot be set:"), "{message}");
    let message = failure(onset(&folder).args(SMALL).args(["--pool", "3"]), 2);
    assert!(message.contains("--pool 3 is less than --heads 8"), "{message}");
    let message = failure(onset(&folder).args(SMALL).args(["--heads", "1"]), 2);
    assert!(message.contains("--heads 1: expected a number from 2"), "{message}");
}
