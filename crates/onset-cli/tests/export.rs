//! Exporting the model of a run.

mod support;

use std::fs;
use std::process::Command as Process;

use support::{SMALL, SMALL_TEXT, failure, messages, onset, success, write};
use tempfile::{TempDir, tempdir};

const RUN: &str = "runs/messages/seed-0";

fn trained_on_texts(more: &[&str]) -> TempDir {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let longer = ["--set", "train.steps=80", "--set", "train.learning_rate=0.01"];
    success(onset(&folder).args(["train", "messages.tsv"]).args(SMALL_TEXT).args(longer).args(more));
    // The model alone is needed.
    fs::remove_file(folder.path().join("messages.tsv")).unwrap();
    folder
}

fn trained_on_copying() -> TempDir {
    let folder = tempdir().unwrap();
    success(onset(&folder).args(["train", "copying"]).args(SMALL));
    folder
}

#[test]
fn the_files_are_listed_with_what_reads_them() {
    let folder = trained_on_texts(&[]);
    let [out, notes] = success(onset(&folder).args(["export", RUN]));
    for file in ["model.safetensors", "model.onnx", "classifier.py", "load.py", "texts.py", "vocabulary.json"]
    {
        let path = format!("{RUN}/export/{file}");
        assert!(out.lines().any(|line| line == path) && folder.path().join(&path).exists(), "{file}: {out}");
    }
    assert!(notes.contains("python runs/messages/seed-0/export/load.py"), "{notes}");
    assert!(notes.contains("the model of step 80") && notes.contains("model.onnx"), "{notes}");
    // It is no run of its own.
    let [runs, _] = success(onset(&folder).arg("runs"));
    assert_eq!(runs.matches("seed-0").count(), 1, "{runs}");
}

#[test]
fn a_step_chooses_the_checkpoint_and_a_folder_the_place() {
    let folder = trained_on_copying();
    let run = "runs/copying/seed-0";
    let [out, notes] = success(onset(&folder).args(["export", run, "--step", "20", "-o", "early"]));
    assert!(out.contains("early/rnn.py") && !out.contains("texts.py"), "{out}");
    assert!(notes.contains("the model of step 20"), "{notes}");
    let parameters = |path: String| fs::read(folder.path().join(path)).unwrap();
    let checkpoint = parameters(format!("{run}/checkpoints/step-000020.safetensors"));
    assert!(parameters("early/model.safetensors".into()) == checkpoint);
    let readme = fs::read_to_string(folder.path().join("early/README.md")).unwrap();
    assert!(readme.contains("for 20 steps") && readme.contains("`decoder_input`"), "{readme}");
    let message = failure(onset(&folder).args(["export", run, "--step", "7"]), 1);
    assert!(message.contains("step 7") && message.contains("--step"), "{message}");
}

#[test]
fn an_export_is_written_over_and_other_files_never() {
    let folder = trained_on_copying();
    let run = "runs/copying/seed-0";
    success(onset(&folder).args(["export", run, "--step", "0", "-o", "out"]));
    success(onset(&folder).args(["export", run, "-o", "out"]));
    let mark = fs::read_to_string(folder.path().join("out/export.json")).unwrap();
    assert!(mark.contains("\"step\": 30"), "{mark}");
    write(&folder, "README.md", "mine");
    let message = failure(onset(&folder).args(["export", run, "-o", "."]), 2);
    assert!(message.contains("is not empty") && message.contains("--output"), "{message}");
    assert_eq!(fs::read_to_string(folder.path().join("README.md")).unwrap(), "mine");
    assert!(!folder.path().join("model.safetensors").exists());
}

#[test]
fn what_is_no_run_or_has_clamped_attention_is_refused() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(["export", "nothing"]), 1);
    assert!(message.contains("no run in nothing"), "{message}");
    let clamped = ["--set", "model.attention=clamped"];
    success(onset(&folder).args(["train", "copying"]).args(SMALL).args(clamped));
    let message = failure(onset(&folder).args(["export", "runs/copying/seed-0"]), 1);
    assert!(message.contains("clamped attention") && message.contains("learned or uniform"), "{message}");
    assert!(!folder.path().join("runs/copying/seed-0/export").exists());
}

/// Whether Python can import `modules`.
fn python_has(modules: &str) -> bool {
    let import = Process::new("python3").args(["-c", &format!("import {modules}")]).output();
    let there = import.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: python3 has no {modules}");
    }
    there
}

/// Asserts that the exported script labels each of `texts` as `onset classify` does.
fn assert_same_labels(folder: &TempDir, texts: &[&str]) {
    success(onset(folder).args(["export", RUN]));
    let script = folder.path().join(RUN).join("export/load.py");
    for text in texts {
        let [ours, _] = success(onset(folder).args(["classify", RUN]).write_stdin(format!("{text}\n")));
        let output = Process::new("python3").arg(&script).arg(text).output().unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(theirs.lines().next(), Some(ours.trim()), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Where PyTorch is installed.
#[test]
fn the_exported_script_labels_texts_as_the_command_does() {
    let folder = trained_on_texts(&[]);
    if python_has("torch, safetensors") {
        assert_same_labels(&folder, &["Win a FREE prize!", "see you at home, unheard-of"]);
    } else {
        assert!(std::env::var_os("ONSET_REQUIRE_TORCH").is_none(), "python3 has no torch and safetensors");
    }
}

/// Where PyTorch and the package `tokenizers` are installed.
#[test]
fn the_exported_script_cuts_texts_into_the_same_subwords() {
    let folder = trained_on_texts(&["--tokens", "subwords", "--set", "task.vocabulary=30"]);
    if python_has("torch, safetensors, tokenizers") {
        assert_same_labels(&folder, &["Win a FREE prize!", "yousee homes, \u{e9}\u{e9}"]);
    }
}
