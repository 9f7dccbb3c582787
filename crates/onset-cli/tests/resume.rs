//! Existing runs: which ones continue, from which step, and the message if none does.

mod support;

use std::fs;
use std::path::Path;

use support::{SMALL, SMALL_TEXT, assert_same_run, failure, files, messages, onset, success, write};
use tempfile::{TempDir, tempdir};

fn copying(folder: &TempDir, more: &[&str]) -> assert_cmd::Command {
    let mut command = onset(folder);
    command.args(["train", "copying"]).args(SMALL).args(more);
    command
}

fn texts(folder: &TempDir, target: &str, more: &[&str]) -> assert_cmd::Command {
    let mut command = onset(folder);
    command.args(["train", target]).args(SMALL_TEXT).args(more);
    command
}

/// Lets the present run look as if it had been killed before its first snapshot.
fn kill(run: &Path) {
    let manifest = run.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap().replace("finished", "running");
    fs::write(&manifest, text).unwrap();
}

#[test]
fn a_finished_run_goes_on_to_the_bytes_of_the_longer_run() {
    let folder = tempdir().unwrap();
    for (kind, more) in [
        ("plain", &[][..]),
        ("every", &["--set", "record.every=20"]),
        ("kept", &["--set", "record.resume=true"]),
        ("stateless", &["--set", "train.optimizer=sgd"]),
        ("dropped", &["--set", "model.kind=rnn-translator", "--set", "model.dropout=0.2"]),
    ] {
        let longer = ["--set", "train.steps=60"];
        copying(&folder, &[&["--name", "whole", "--out", kind], &longer[..], more].concat())
            .assert()
            .success();
        let own = ["--name", "own", "--out", kind];
        copying(&folder, &[&own[..], more].concat()).assert().success();
        let [whole, run] = ["whole", "own"].map(|name| folder.path().join(kind).join(name).join("seed-0"));
        assert_eq!(run.join("resume.safetensors").exists(), kind == "kept");
        let [_, error] =
            success(&mut copying(&folder, &[&own[..], &["--resume"], &longer[..], more].concat()));
        assert!(error.contains("continues from step 30 to step 60"), "{error}");
        assert_eq!(error.contains("repeat"), kind != "kept", "{error}");
        assert_same_run(&whole, &run);
    }
}

#[test]
fn texts_go_on_by_their_own_spec_and_by_their_command() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    texts(&folder, "messages.tsv", &["--set", "train.steps=40", "--out", "whole"]).assert().success();
    for target in ["messages.tsv", "own/messages/seed-0/spec.toml", "own/messages/seed-0"] {
        let _ = fs::remove_dir_all(folder.path().join("own"));
        texts(&folder, "messages.tsv", &["--out", "own"]).assert().success();
        let mut go_on = onset(&folder);
        go_on.args(["train", target, "--resume", "--set", "train.steps=40", "--out", "own"]);
        if target == "messages.tsv" {
            go_on.args(&SMALL_TEXT[..8]).args(&SMALL_TEXT[10..]);
        }
        success(&mut go_on);
        let [one, two] = ["whole", "own"].map(|out| folder.path().join(out).join("messages/seed-0"));
        assert_same_run(&one, &two);
    }
}

#[test]
fn an_interrupted_run_goes_on_for_more_steps_too() {
    let folder = tempdir().unwrap();
    copying(&folder, &["--set", "train.steps=60", "--out", "whole"]).assert().success();
    copying(&folder, &[]).assert().success();
    let run = folder.path().join("runs/copying/seed-0");
    kill(&run);
    success(&mut copying(&folder, &["--resume", "--set", "train.steps=60"]));
    assert_same_run(&folder.path().join("whole/copying/seed-0"), &run);
}

#[test]
fn checkpoints_that_cannot_be_made_up_are_named() {
    let folder = tempdir().unwrap();
    copying(&folder, &[]).assert().success();
    let longer = ["--resume", "--set", "train.steps=60", "--set", "record.checkpoints=[10, 20, 40]"];
    let [_, error] = success(&mut copying(&folder, &longer));
    assert!(error.contains("has no checkpoints at steps 10"), "{error}");
    let run = folder.path().join("runs/copying/seed-0");
    let spec = fs::read_to_string(run.join("spec.toml")).unwrap();
    assert!(spec.contains("checkpoints = [0, 20, 30, 40, 60]"), "{spec}");
    // Its spec is the truth: a run of it from the start has the same bytes.
    fs::copy(run.join("spec.toml"), folder.path().join("copying.toml")).unwrap();
    success(onset(&folder).args(["train", "copying.toml", "--out", "anew"]));
    assert_same_run(&folder.path().join("anew/copying/seed-0"), &run);
}

#[test]
fn nothing_but_the_number_of_steps_may_differ() {
    let folder = tempdir().unwrap();
    copying(&folder, &[]).assert().success();
    let run = folder.path().join("runs/copying/seed-0");
    let before = files(&run);
    let longer = ["--resume", "--set", "train.steps=60"];
    for (more, part) in [
        (&["--resume", "--set", "train.steps=20"][..], "not shortened"),
        (&[&longer[..], &["--set", "model.hidden=13"]].concat(), "another spec (`hidden = 12` instead of"),
    ] {
        let message = failure(&mut copying(&folder, more), 1);
        assert!(message.contains(part), "{message}");
    }
    assert!(files(&run) == before);
    let linear = ["--name", "linear", "--set", "train.schedule=linear"];
    copying(&folder, &linear).assert().success();
    let message = failure(&mut copying(&folder, &[&linear[..], &longer[..]].concat()), 1);
    assert!(message.contains("its learning rate fell to 0"), "{message}");
}

#[test]
fn a_run_whose_parameters_are_not_those_of_its_checkpoint_does_not_go_on() {
    let folder = tempdir().unwrap();
    copying(&folder, &[]).assert().success();
    let run = folder.path().join("runs/copying/seed-0");
    fs::copy(
        run.join("checkpoints/step-000020.safetensors"),
        run.join("checkpoints/step-000030.safetensors"),
    )
    .unwrap();
    let before = files(&run);
    let message = failure(&mut copying(&folder, &["--resume", "--set", "train.steps=60"]), 1);
    assert!(message.contains("does not give the parameters of its last checkpoint"), "{message}");
    assert!(files(&run) == before);
}

#[test]
fn a_finished_run_keeps_no_snapshot_unless_it_is_asked_for() {
    let folder = tempdir().unwrap();
    copying(&folder, &[]).assert().success();
    let snapshot = folder.path().join("runs/copying/seed-0/resume.safetensors");
    assert!(!snapshot.exists());
    // One that a kill left behind goes when the run is looked at again.
    write(&folder, "runs/copying/seed-0/resume.safetensors", "left");
    copying(&folder, &["--resume"]).assert().success();
    assert!(!snapshot.exists());
}

#[test]
fn data_that_moved_with_its_folder_is_known_by_its_digest() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    write(&folder, "a/messages.tsv", messages());
    let inside = |name: &str, more: &[&str]| {
        let mut command = onset(&folder);
        command
            .current_dir(folder.path().join(name))
            .args(["train", "messages.tsv"])
            .args(SMALL_TEXT)
            .args(more);
        command
    };
    inside("a", &[]).assert().success();
    fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
    let run = folder.path().join("b/runs/messages/seed-0");
    let before = files(&run);
    kill(&run);
    success(&mut inside("b", &["--resume"]));
    assert!(files(&run) == before);
    // The run's own spec names the old place.
    kill(&run);
    success(onset(&folder).args(["train", "b/runs/messages/seed-0/spec.toml", "--resume"]));
    assert!(files(&run) == before);
    success(onset(&folder).args(["probe", "b/runs"]));
    // Moved elsewhere, it is the command that says where.
    fs::create_dir(folder.path().join("c")).unwrap();
    fs::rename(folder.path().join("b/messages.tsv"), folder.path().join("c/messages.tsv")).unwrap();
    kill(&run);
    success(&mut texts(&folder, "c/messages.tsv", &["--resume", "--out", "b/runs"]));
    assert!(files(&run) == before);
}

#[test]
fn data_that_has_changed_is_refused() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    texts(&folder, "messages.tsv", &["--name", "mail"]).assert().success();
    write(&folder, "messages.tsv", messages().replace("prize", "voucher"));
    let message = failure(&mut texts(&folder, "messages.tsv", &["--name", "mail", "--resume"]), 1);
    assert!(message.contains("has changed since the run began"), "{message}");
}

#[test]
fn resuming_where_nothing_is_says_so() {
    let folder = tempdir().unwrap();
    let [_, error] = success(&mut copying(&folder, &["--resume"]));
    assert!(error.contains("there is no run to continue in runs/copying"), "{error}");
    let [_, error] = success(&mut copying(&folder, &["--resume", "--seeds", "3"]));
    assert!(error.contains("1 of 3 runs exist"), "{error}");
    let [_, error] = success(&mut copying(&folder, &["--resume", "--seeds", "3"]));
    assert!(error.contains("all runs have finished; to extend"), "{error}");
    kill(&folder.path().join("runs/copying/seed-1"));
    let [_, error] = success(&mut copying(&folder, &["--resume", "--seeds", "3"]));
    assert!(!error.contains("--resume:"), "{error}");
}

#[test]
fn the_spec_of_a_run_continues_that_run() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    texts(&folder, "messages.tsv", &["--out", "o"]).assert().success();
    let run = folder.path().join("o/messages/seed-0");
    let before = files(&run);
    for named in ["o/messages/seed-0/spec.toml", "o/messages/seed-0"] {
        kill(&run);
        success(onset(&folder).args(["train", named, "--out", "o", "--resume"]));
        assert!(files(&run) == before);
        let message = failure(onset(&folder).args(["train", named, "--out", "o"]), 1);
        assert!(message.contains("o/messages/seed-0 already contains a run"), "{message}");
    }
    let runs: Vec<_> =
        fs::read_dir(folder.path().join("o")).unwrap().flatten().map(|run| run.file_name()).collect();
    assert_eq!(runs, ["messages"]);
    for (more, part) in
        [(&["--out", "elsewhere"][..], "leave out --out"), (&["--name", "x"], "leave out --name")]
    {
        let message = failure(onset(&folder).args(["train", "o/messages/seed-0", "--resume"]).args(more), 2);
        assert!(message.contains(part), "{message}");
    }
    // A folder of another name is still the run.
    fs::rename(&run, folder.path().join("o/messages/best")).unwrap();
    kill(&folder.path().join("o/messages/best"));
    success(onset(&folder).args(["train", "o/messages/best", "--resume"]));
    assert!(!run.exists());
    assert!(files(&folder.path().join("o/messages/best")) == before);
}
