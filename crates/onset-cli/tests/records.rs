//! Runs give the same bytes whatever happens to them, and what they write can be read.

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{SMALL, SMALL_TEXT, assert_same_run, failure, messages, onset, write};
use tempfile::{TempDir, tempdir};

fn train(folder: &TempDir, arguments: &[&str]) {
    onset(folder).arg("train").args(arguments).assert().success();
}

#[test]
fn one_and_two_threads_give_the_same_bytes() {
    for (task, sizes) in [("copying", &SMALL[..]), ("keyword", &SMALL_TEXT[..])] {
        let (one, two) = (tempdir().unwrap(), tempdir().unwrap());
        train(&one, &[&[task][..], sizes].concat());
        train(&two, &[&[task, "--threads", "2"][..], sizes].concat());
        let run = format!("runs/{task}/seed-0");
        assert_same_run(&one.path().join(&run), &two.path().join(&run));
    }
}

#[test]
fn seeds_differ_and_runs_side_by_side_give_the_bytes_of_runs_alone() {
    let (together, alone) = (tempdir().unwrap(), tempdir().unwrap());
    train(&together, &[&["copying", "--seeds", "0..2", "--jobs", "2"][..], &SMALL[..]].concat());
    train(&alone, &[&["copying", "--seeds", "1,", "--jobs", "1"][..2], &["1..2"], &SMALL[..]].concat());
    let run = |folder: &TempDir, seed: u64| folder.path().join(format!("runs/copying/seed-{seed}"));
    assert_same_run(&run(&together, 1), &run(&alone, 1));
    let losses = |seed| fs::read(run(&together, seed).join("training.parquet")).unwrap();
    assert_ne!(losses(0), losses(1));
}

/// Starts a longer run, sends `signal` once it has recorded something, and waits for its end.
fn interrupt(folder: &TempDir, arguments: &[&str], run: &str, signal: &str) -> Option<i32> {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("onset"))
        .current_dir(folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let recorded = folder.path().join(run).join("evaluation.parquet");
    while !recorded.exists() && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(100));
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    child.wait().unwrap().code()
}

#[test]
fn an_interrupted_or_killed_run_continues_to_the_same_bytes() {
    let long = ["train.steps=400", "record.checkpoints=[100]", "model.hidden=40"];
    let long: Vec<&str> = long.iter().flat_map(|given| ["--set", given]).collect();
    let copying = [&["train", "copying"][..], &SMALL[..12], &long].concat();
    let text = [&["train", "messages.tsv"][..], &SMALL_TEXT[..], &long[..2], &long[4..]].concat();
    let text = [&text[..], &["--set", "record.checkpoints=[0, 7, 300]"]].concat();
    for (arguments, run) in [(copying, "runs/copying/seed-0"), (text, "runs/messages/seed-0")] {
        let folder = tempdir().unwrap();
        write(&folder, "messages.tsv", messages());
        onset(&folder).args(&arguments).args(["--out", "whole"]).assert().success();
        let whole = folder.path().join(run.replace("runs", "whole"));
        for (signal, code) in [("-INT", Some(130)), ("-KILL", None)] {
            let out = &signal[1..];
            let path = run.replace("runs", out);
            let started = [&arguments[..], &["--out", out]].concat();
            let ended = interrupt(&folder, &started, &path, signal);
            assert!(ended == code || ended == Some(0), "{signal}: {ended:?}");
            onset(&folder).args(&started).arg("--resume").assert().success();
            assert_same_run(&whole, &folder.path().join(&path));
        }
    }
}

#[test]
fn a_finished_run_is_resumed_without_doing_anything() {
    let folder = tempdir().unwrap();
    let arguments = [&["train", "copying"][..], &SMALL].concat();
    onset(&folder).args(&arguments).assert().success();
    let run = folder.path().join("runs/copying/seed-0");
    let written = || fs::metadata(run.join("training.parquet")).unwrap().modified().unwrap();
    let before = written();
    onset(&folder).args(&arguments).arg("--resume").assert().success();
    assert_eq!(written(), before);
}

#[test]
fn runs_are_listed_with_status_and_scores() {
    let folder = tempdir().unwrap();
    train(&folder, &[&["copying"][..], &SMALL].concat());
    fs::create_dir_all(folder.path().join("runs/broken")).unwrap();
    write(&folder, "runs/broken/manifest.json", "{");
    let output = onset(&folder).args(["runs", "--json"]).assert().success().get_output().stdout.clone();
    let list: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert!(list[0]["error"].as_str().unwrap().contains("not a readable manifest"));
    assert_eq!(list[1]["manifest"]["status"], "finished");
    assert_eq!(list[1]["manifest"]["steps_done"], 30);
    assert!(list[1]["manifest"]["scores"]["accuracy"].is_number());
    let table = onset(&folder).arg("runs").assert().success().get_output().stdout.clone();
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains("runs/copying/seed-0") && table.contains("30/30"), "{table}");
}

#[test]
fn probes_made_from_checkpoints_are_those_made_while_training() {
    let (during, after) = (tempdir().unwrap(), tempdir().unwrap());
    let sizes = [&SMALL_TEXT[..], &["--set", "record.checkpoints=[0, 5]"]].concat();
    train(&during, &[&["keyword"][..], &sizes].concat());
    train(&after, &[&["keyword", "--set", "record.probes=false"][..], &sizes].concat());
    let folder = |folder: &TempDir| folder.path().join("runs/keyword/seed-0/probes");
    assert!(!folder(&after).exists());
    // A checkpoint that is gone is told, and the others are probed.
    fs::remove_file(after.path().join("runs/keyword/seed-0/checkpoints/step-000005.safetensors")).unwrap();
    let told = onset(&after).args(["probe", "runs"]).assert().success().get_output().stderr.clone();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("no records for steps 5"), "{told}");
    for step in [0, 12] {
        let name = format!("step-{step:06}.parquet");
        let [one, two] = [&during, &after].map(|run| fs::read(folder(run).join(&name)).unwrap());
        assert!(one == two, "{name} differs");
    }
    assert!(!folder(&after).join("step-000005.parquet").exists());
}

#[test]
fn probing_with_another_vocabulary_is_refused() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    train(&folder, &[&["messages.tsv"][..], &SMALL_TEXT].concat());
    let run = folder.path().join("runs/messages/seed-0");
    let vocabulary = fs::read_to_string(run.join("vocabulary.json")).unwrap();
    fs::write(run.join("vocabulary.json"), vocabulary.replace("prize", "price")).unwrap();
    let error = failure(onset(&folder).args(["probe", "runs/messages/seed-0"]), 1);
    assert!(error.contains("vocabulary.json differs"), "{error}");
}
