//! Transformers of several layers and heads, on each task that they fit.

mod support;

use std::fs;

use support::{failure, messages, onset, success, write};
use tempfile::tempdir;

fn assert_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
}

const SMALL: &[&str] = &[
    "--set",
    "model.kind=transformer",
    "--set",
    "model.width=8",
    "--set",
    "model.heads=2",
    "--set",
    "model.mlp=8",
    "--set",
    "train.steps=12",
    "--set",
    "train.batch=4",
    "--set",
    "record.probes=2",
    "--set",
    "record.influence=2",
];

#[test]
fn every_task_that_fits_is_trained_recorded_reported_and_exported() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    for (target, more) in [
        ("markov", &["--set", "task.length=12"][..]),
        ("item-label", &["--set", "task.items=6"]),
        ("induction", &["--set", "task.length=4"]),
        ("copying", &["--set", "task.length=4", "--set", "task.vocabulary=6"]),
        ("messages.tsv", &[]),
    ] {
        let [table, _] = success(onset(&folder).args(["train", target]).args(SMALL).args(more));
        assert!(table.contains("accuracy"), "{target}: {table}");
        let run = format!("runs/{}/seed-0", target.trim_end_matches(".tsv"));
        success(onset(&folder).args(["probe", &run]));
        success(onset(&folder).args(["report", &run]));
        success(onset(&folder).args(["export", &run]));
        assert!(folder.path().join(&run).join("export/transformer.py").exists());
    }
}

#[test]
fn references_stand_beside_the_loss_of_a_markov_chain() {
    let folder = tempdir().unwrap();
    let small = ["--set", "task.symbols=3", "--set", "task.length=20"];
    let [table, _] = success(onset(&folder).args(["train", "markov"]).args(SMALL).args(small));
    assert_parts(&table, &["loss uniform", "1.099", "loss unigram", "loss bigram", "loss oracle", "0.8"]);
}

#[test]
fn a_run_that_is_interrupted_goes_on_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let train = |name: &str, steps: &str, more: &[&str]| {
        let own =
            ["--name", name, "--set", "model.dropout=0.1", "--set", steps, "--set", "record.resume=true"];
        success(onset(&folder).args(["train", "markov"]).args(SMALL).args(own).args(more));
    };
    train("whole", "train.steps=20", &[]);
    train("parts", "train.steps=10", &[]);
    train("parts", "train.steps=20", &["--resume"]);
    let [whole, parts] = ["whole", "parts"].map(|name| {
        let checkpoints = folder.path().join(format!("runs/{name}/seed-0/checkpoints"));
        let mut names: Vec<_> =
            fs::read_dir(checkpoints).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        fs::read(names.last().unwrap()).unwrap()
    });
    assert!(whole == parts);
}

#[test]
fn what_is_impossible_names_its_key() {
    let folder = tempdir().unwrap();
    for (set, part) in [
        ("model.heads=3", "must divide model.width = 8"),
        ("model.layers=0", "model.layers"),
        ("model.positions=spiral", "positions"),
    ] {
        let message = failure(onset(&folder).args(["train", "markov"]).args(SMALL).args(["--set", set]), 2);
        assert_parts(&message, &[part]);
    }
    let message = failure(onset(&folder).args(["predict", "markov"]), 2);
    assert_parts(&message, &["no theory for the task markov"]);
}
