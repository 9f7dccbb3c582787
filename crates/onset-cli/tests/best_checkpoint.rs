//! The checkpoint with the lowest held-out loss: named, kept, and used.

mod support;

use std::fs;
use std::path::Path;

use support::{SMALL_TEXT, assert_same_run, onset, success, write};
use tempfile::{TempDir, tempdir};

/// Labels that words hardly tell, so that a model soon overfits.
fn hard() -> String {
    let row = |i: usize| format!("w{} w{} w{}\t{}\n", i * 7 % 31, i * 5 % 29, i * 3 % 23, (i * i / 3) % 2);
    format!("text\tlabel\n{}", (0..120).map(row).collect::<String>())
}

const OVERFIT: [&str; 6] =
    ["--set", "train.learning_rate=0.03", "--set", "train.steps=200", "--set", "record.every=10"];

fn trained(out: &str, folder: &TempDir, more: &[&str]) -> [String; 2] {
    write(folder, "hard.tsv", hard());
    success(onset(folder).args(["train", "hard.tsv", "--out", out]).args(SMALL_TEXT).args(OVERFIT).args(more))
}

fn manifest(run: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(run.join("manifest.json")).unwrap()).unwrap()
}

fn checkpoints(run: &Path) -> Vec<String> {
    let entries = fs::read_dir(run.join("checkpoints")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_best_checkpoint_and_the_last_are_kept_and_the_best_is_used() {
    let folder = tempdir().unwrap();
    trained("best", &folder, &["--set", "train.keep=best"]);
    let run = folder.path().join("best/hard/seed-0");
    let best = manifest(&run)["best"]["step"].as_u64().unwrap();
    assert!(best < 200, "the loss rises again: best at {best}");
    let expected = [best, 200].map(|step| format!("step-{step:06}.safetensors"));
    assert_eq!(checkpoints(&run), expected);
    let [_, notes] = success(onset(&folder).args(["classify", "best/hard/seed-0"]).write_stdin("w1 w2 w3\n"));
    assert!(notes.contains(&format!("checkpoint of step {best}")), "{notes}");
    // Nothing else changes: the same scores as in a run that keeps all.
    trained("all", &folder, &[]);
    let scores =
        |out: &str| fs::read(folder.path().join(out).join("hard/seed-0/evaluation.parquet")).unwrap();
    assert!(scores("all") == scores("best"));
    assert!(manifest(&folder.path().join("all/hard/seed-0"))["best"].is_null());
}

#[test]
fn training_stops_when_the_loss_has_not_fallen_for_some_evaluations() {
    let folder = tempdir().unwrap();
    trained("patient", &folder, &["--set", "train.patience=3", "--set", "train.keep=best"]);
    let manifest = manifest(&folder.path().join("patient/hard/seed-0"));
    let (best, done) = (manifest["best"]["step"].as_u64().unwrap(), manifest["steps_done"].as_u64().unwrap());
    assert_eq!((manifest["status"].as_str().unwrap(), done - best), ("finished", 30));
}

#[test]
fn a_run_that_was_killed_keeps_the_same_best_checkpoint() {
    let folder = tempdir().unwrap();
    let best = ["--set", "train.keep=best"];
    trained("whole", &folder, &best);
    write(&folder, "hard.tsv", hard());
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("onset"))
        .current_dir(folder.path())
        .args(["train", "hard.tsv", "--out", "killed"])
        .args(SMALL_TEXT)
        .args(OVERFIT)
        .args(best)
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = folder.path().join("killed/hard/seed-0/evaluation.parquet");
    while !begun.exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    trained("killed", &folder, &["--set", "train.keep=best", "--resume"]);
    let [whole, killed] = ["whole", "killed"].map(|out| folder.path().join(out).join("hard/seed-0"));
    assert_same_run(&whole, &killed);
}
