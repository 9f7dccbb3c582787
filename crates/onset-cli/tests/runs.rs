//! Runs say what they are: how they differ, how they stand, and what is counted.

mod support;

use std::fs;
use std::path::Path;

use support::{SMALL, SMALL_TEXT, failure, files, messages, onset, success, write};
use tempfile::{TempDir, tempdir};

/// Trains on `messages.tsv` with a few steps.
fn train(folder: &TempDir, more: &[&str]) -> assert_cmd::Command {
    let mut command = onset(folder);
    command.args(["train", "messages.tsv"]).args(SMALL_TEXT).args(more);
    command
}

/// The folder with messages in it.
fn with_messages() -> TempDir {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    folder
}

/// As [`messages`], with other words.
fn other_messages() -> String {
    messages().replace("prize", "voucher").replace("home", "work")
}

fn report(folder: &TempDir, runs: &[&str]) -> [String; 2] {
    success(onset(folder).arg("report").args(runs).args(["-o", "r.html"]))
}

/// Makes a finished run look as if it had been stopped after 5 of its steps.
fn interrupt(run: &Path) {
    let path = run.join("manifest.json");
    let manifest = fs::read_to_string(&path).unwrap();
    let manifest = manifest.replace("finished", "interrupted");
    fs::write(&path, manifest.replace("\"steps_done\": 12", "\"steps_done\": 5")).unwrap();
}

#[test]
fn runs_of_different_data_under_one_name_are_not_pooled() {
    let folder = with_messages();
    train(&folder, &["--seeds", "0..1", "--out", "o/a"]).assert().success();
    write(&folder, "messages.tsv", other_messages());
    train(&folder, &["--seeds", "1..2", "--out", "o/b"]).assert().success();
    let [out, _] = report(&folder, &["o"]);
    assert!(!out.contains("2 seeds"), "{out}");
    let titles: Vec<&str> = out.lines().filter(|line| line.contains("accuracy on")).collect();
    assert!(titles.len() == 2 && titles.iter().all(|title| title.contains("data = ")), "{out}");
    assert_ne!(titles[0], titles[1]);
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert_eq!(page.matches("Where attention goes: messages.tsv, data = ").count(), 2);
}

#[test]
fn runs_of_another_version_are_not_pooled() {
    let folder = with_messages();
    train(&folder, &["--seeds", "2"]).assert().success();
    let manifest = folder.path().join("runs/messages/seed-1/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let version = format!("\"onset\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version), "{text}");
    fs::write(&manifest, text.replace(&version, "\"onset\": \"0.0.9\"")).unwrap();
    let [out, _] = report(&folder, &["runs"]);
    assert!(out.contains("messages.tsv, onset = 0.0.9: accuracy"), "{out}");
    assert!(!out.contains("2 seeds"), "{out}");
}

#[test]
fn settings_are_told_apart_in_tables_report_and_list() {
    let folder = with_messages();
    for rate in ["0.001", "0.05"] {
        let set = format!("train.learning_rate={rate}");
        train(&folder, &["--set", &set, "--out", rate]).assert().success();
    }
    let [out, _] = report(&folder, &["0.001", "0.05"]);
    for rate in ["0.001", "0.05"] {
        assert!(out.contains(&format!("messages.tsv, learning_rate = {rate}: accuracy on")), "{out}");
    }
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(page.contains("Where attention goes: messages.tsv, learning_rate = 0.05"));
    let [table, _] = success(onset(&folder).args(["runs", "."]));
    assert!(table.contains("difference") && table.contains("learning_rate = 0.05"), "{table}");
    let [json, _] = success(onset(&folder).args(["runs", ".", "--json"]));
    let list: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(list[0]["differences"], serde_json::json!({ "train.learning_rate": 0.001 }));
    assert_eq!(list[1]["difference"], "learning_rate = 0.05");
    assert_eq!(list[1]["title"], "messages.tsv");
}

#[test]
fn copying_runs_of_different_settings_are_told_apart_in_table_and_legends() {
    let folder = tempdir().unwrap();
    for rate in ["0.001", "0.01"] {
        let set = format!("train.learning_rate={rate}");
        onset(&folder)
            .args(["train", "copying"])
            .args(SMALL)
            .args(["--set", &set, "--out", rate])
            .assert()
            .success();
    }
    let [out, _] = report(&folder, &["0.001", "0.01"]);
    assert!(out.contains("learning_rate = 0.001") && out.contains("learning_rate = 0.01"), "{out}");
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(page.contains("6 words drawn from 8, learning_rate = 0.01, seed 0"));
}

#[test]
fn an_unfinished_run_is_not_counted_as_finished() {
    let folder = with_messages();
    train(&folder, &["--seeds", "2"]).assert().success();
    let [both, _] = report(&folder, &["runs"]);
    assert!(both.contains("messages.tsv, 2 seeds: accuracy"), "{both}");
    let [alone, _] = report(&folder, &["runs/messages/seed-0"]);
    interrupt(&folder.path().join("runs/messages/seed-1"));
    let [out, _] = report(&folder, &["runs"]);
    assert!(out.contains("messages.tsv, 1 of 2 seeds finished: accuracy"), "{out}");
    assert!(out.contains("seed 1: interrupted after 5 of 12 steps; not counted"), "{out}");
    let all = |out: &str| out.lines().find(|line| line.trim().starts_with("all ")).unwrap().to_owned();
    assert_eq!(all(&out), all(&alone));
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(page.contains("1 of 2 seeds finished") && page.contains("seed 1 (not finished)"));
    let [out, _] = report(&folder, &["runs/messages/seed-1"]);
    assert!(out.contains("messages.tsv, not finished: accuracy"), "{out}");
}

#[test]
fn one_run_is_counted_once_however_it_is_named() {
    let folder = with_messages();
    train(&folder, &[]).assert().success();
    for named in [&["runs", "runs/messages/seed-0"][..], &["runs", "./runs"], &["runs/messages/seed-0", "."]]
    {
        let [out, _] = report(&folder, named);
        assert!(out.contains("messages.tsv: accuracy") && !out.contains("seeds"), "{named:?}: {out}");
    }
}

#[test]
fn a_copy_of_a_run_is_not_counted_beside_it() {
    let folder = with_messages();
    train(&folder, &[]).assert().success();
    train(&folder, &["--out", "again"]).assert().success();
    let [out, error] = report(&folder, &["runs", "again"]);
    assert!(out.contains("messages.tsv: accuracy") && !out.contains("seeds"), "{out}");
    assert!(error.contains("it is the same run as runs/messages/seed-0"), "{error}");
}

#[test]
fn a_bad_run_does_not_hide_the_others() {
    for file in
        ["manifest.json", "spec.toml", "evaluation.parquet", "probes/step-000012.parquet", "data.json"]
    {
        let folder = with_messages();
        train(&folder, &["--seeds", "3"]).assert().success();
        write(&folder, &format!("runs/messages/seed-1/{file}"), "");
        let [out, error] = report(&folder, &["runs"]);
        assert!(out.contains("messages.tsv, 2 seeds: accuracy"), "{file}: {out}");
        assert!(error.contains("warning: runs/messages/seed-1"), "{file}: {error}");
        success(onset(&folder).arg("runs"));
        for seed in [0, 2] {
            fs::remove_dir_all(folder.path().join(format!("runs/messages/seed-{seed}"))).unwrap();
        }
        let message = failure(onset(&folder).args(["report", "runs"]), 1);
        assert!(message.contains("none of the runs can be read"), "{message}");
    }
}

#[test]
fn a_run_that_fails_does_not_keep_the_others_from_the_report() {
    let folder = with_messages();
    train(&folder, &["--seeds", "3"]).assert().success();
    fs::remove_file(folder.path().join("runs/messages/report.html")).unwrap();
    write(&folder, "runs/messages/seed-1/manifest.json", "");
    let message = failure(&mut train(&folder, &["--seeds", "3", "--resume"]), 1);
    assert!(message.contains("seed-1/manifest.json is not a readable manifest"), "{message}");
    assert!(folder.path().join("runs/messages/report.html").exists());
}

#[test]
fn probing_passes_over_a_bad_run() {
    let folder = with_messages();
    train(&folder, &["--seeds", "2"]).assert().success();
    write(&folder, "runs/messages/seed-0/manifest.json", "");
    let message = failure(onset(&folder).args(["probe", "runs"]), 1);
    assert!(message.contains("seed-0/manifest.json is not a readable manifest"), "{message}");
    assert!(message.contains("1 of 2 runs"), "{message}");
}

#[test]
fn a_name_can_be_given_and_must_be_one_folder() {
    let folder = with_messages();
    train(&folder, &["--name", "first try"]).assert().success();
    assert!(folder.path().join("runs/first try/seed-0/manifest.json").exists());
    for wrong in ["a/b", "..", "", ".hidden"] {
        let message = failure(&mut train(&folder, &["--name", wrong]), 2);
        assert!(message.contains("the name of one folder"), "{message}");
    }
}

#[test]
fn files_of_one_stem_get_their_folders_into_their_names() {
    let folder = tempdir().unwrap();
    for (name, rows) in [("june", messages()), ("july", other_messages())] {
        fs::create_dir(folder.path().join(name)).unwrap();
        write(&folder, &format!("{name}/train.tsv"), rows);
    }
    let train = |file: &str, more: &[&str]| {
        let mut command = onset(&folder);
        command.args(["train", file]).args(SMALL_TEXT).args(more);
        command
    };
    train("june/train.tsv", &[]).assert().success();
    let [_, error] = success(&mut train("july/train.tsv", &[]));
    assert!(error.contains("named july-train"), "{error}");
    assert!(folder.path().join("runs/july-train/seed-0").exists());
    // The same command finds its runs again.
    let [_, error] = success(&mut train("july/train.tsv", &["--resume"]));
    assert!(!error.contains("no run to continue"), "{error}");
    let message = failure(&mut train("june/train.tsv", &[]), 1);
    assert!(message.contains("runs/train/seed-0 already contains a run"), "{message}");
}

#[test]
fn a_file_that_has_changed_does_not_go_into_the_folder_of_its_runs() {
    let folder = with_messages();
    train(&folder, &["--seeds", "0..1"]).assert().success();
    write(&folder, "messages.tsv", other_messages());
    let message = failure(&mut train(&folder, &["--seeds", "1..2"]), 1);
    assert!(message.contains("messages.tsv has changed since runs/messages/seed-0"), "{message}");
    assert!(message.contains("--name"), "{message}");
    train(&folder, &["--seeds", "1..2", "--name", "changed"]).assert().success();
}

#[test]
fn lists_of_values_are_a_grid_with_every_seed() {
    let folder = tempdir().unwrap();
    let sets = ["--set", "model.hidden=[8, 9]", "--set", "train.learning_rate=[0.01,0.1]", "--seeds", "2"];
    let [out, _] = success(onset(&folder).args(["train", "copying"]).args(SMALL).args(sets));
    for hidden in [8, 9] {
        for rate in ["0.01", "0.1"] {
            for seed in [0, 1] {
                let run = format!("runs/copying/hidden={hidden},learning_rate={rate}/seed-{seed}");
                let spec = fs::read_to_string(folder.path().join(&run).join("spec.toml")).unwrap();
                assert!(spec.contains(&format!("hidden = {hidden}")), "{spec}");
                assert!(spec.contains(&format!("learning_rate = {rate}")), "{spec}");
            }
            assert!(out.contains(&format!("hidden = {hidden}, learning_rate = {rate}")), "{out}");
        }
    }
    assert!(folder.path().join("runs/copying/report.html").exists());
    let [_, error] =
        success(onset(&folder).args(["train", "copying"]).args(SMALL).args(sets).arg("--resume"));
    assert!(!error.contains("no run to continue"), "{error}");
}

#[test]
fn a_grid_gives_the_bytes_of_its_runs_alone() {
    let (grid, alone) = (tempdir().unwrap(), tempdir().unwrap());
    let train = |folder: &TempDir, set: &str| {
        onset(folder).args(["train", "copying"]).args(SMALL).args(["--set", set]).assert().success();
    };
    train(&grid, "train.batch=[3, 5]");
    train(&alone, "train.batch=5");
    let [one, two] = [(&grid, "runs/copying/batch=5/seed-0"), (&alone, "runs/copying/seed-0")]
        .map(|(folder, run)| files(&folder.path().join(run)));
    assert!(one == two);
}

#[test]
fn one_seed_is_named_by_its_number() {
    let folder = with_messages();
    train(&folder, &["--seed", "7"]).assert().success();
    let runs = fs::read_dir(folder.path().join("runs/messages")).unwrap().flatten();
    let runs: Vec<_> = runs.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).collect();
    assert_eq!(runs, ["seed-7"]);
    failure(&mut train(&folder, &["--seed", "7", "--seeds", "2"]), 2);
    failure(&mut train(&folder, &["--seed", "0..3"]), 2);
}

#[test]
fn counts_of_zero_are_refused() {
    let folder = with_messages();
    for option in ["--jobs", "--threads"] {
        let message = failure(&mut train(&folder, &[option, "0"]), 2);
        assert!(message.contains("expected at least 1"), "{message}");
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn scores_are_written_as_one_tidy_table() {
    let folder = with_messages();
    train(&folder, &["--seeds", "2", "--set", "model.hidden=[6, 7]"]).assert().success();
    success(onset(&folder).args(["runs", "--tidy", "scores.csv"]));
    let csv = fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("run,name,seed,status,model.hidden,step,split,score,value"));
    let row =
        "runs/messages/hidden=6/seed-1,\"messages.tsv, hidden = 6\",1,finished,6,12,validation,accuracy,";
    assert_eq!(csv.lines().filter(|line| line.starts_with(row)).count(), 1, "{csv}");
    let losses = lines.clone().filter(|line| line.contains(",training,loss,")).count();
    assert_eq!(losses, 4 * 12);
    success(onset(&folder).args(["runs", "--tidy", "scores.parquet"]));
    let table = onset::store::Table::read(&folder.path().join("scores.parquet")).unwrap();
    assert_eq!(table.rows(), lines.count());
    assert_eq!(table.ints("model.hidden").unwrap()[0], 6);
    let message = failure(onset(&folder).args(["runs", "--tidy", "scores.xlsx"]), 2);
    assert!(message.contains(".parquet or .csv"), "{message}");
}

#[test]
fn every_example_has_its_line() {
    let folder = with_messages();
    train(&folder, &[]).assert().success();
    let run = folder.path().join("runs/messages/seed-0");
    let lines = onset::store::Table::read(&run.join("examples.parquet")).unwrap();
    let probes = onset::store::Table::read(&run.join("probes/step-000012.parquet")).unwrap();
    let file = messages();
    let file: Vec<&str> = file.lines().collect();
    for row in 0..probes.rows() {
        let (split, example) = (&probes.texts("split").unwrap()[row], probes.ints("example").unwrap()[row]);
        let place = (0..lines.rows())
            .find(|&at| {
                lines.texts("split").unwrap()[at] == *split && lines.ints("example").unwrap()[at] == example
            })
            .unwrap();
        let line = file[lines.ints("line").unwrap()[place] as usize - 1];
        let tokens = &probes.text_lists("tokens").unwrap()[row];
        let text = tokens[1..tokens.len() - 1].join(" ");
        assert!(line.starts_with(&text), "{split} {example}: {text} is not {line}");
        assert_eq!(lines.texts("file").unwrap()[place], "messages.tsv");
    }
    assert_eq!(lines.rows(), 20);
}

#[test]
fn a_model_that_does_not_fit_into_memory_is_refused_before_it_is_made() {
    if cfg!(not(target_os = "linux")) {
        return;
    }
    let folder = with_messages();
    let message = failure(&mut train(&folder, &["--set", "model.hidden=200000"]), 1);
    for part in ["the model has 320,", "parameters", "TB", "model.hidden"] {
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
    assert!(!folder.path().join("runs/messages/seed-0").exists());
    let message = failure(
        onset(&folder).args(["train", "copying", "--set", "model.hidden=300000", "--set", "train.steps=1"]),
        1,
    );
    assert!(message.contains("the model has"), "{message}");
}

/// A limit of the shell.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_the_address_space_is_kept_to() {
    let folder = with_messages();
    let binary = assert_cmd::cargo::cargo_bin("onset");
    let command = format!(
        "ulimit -v 8000000; '{}' train messages.tsv --set model.hidden=12000 --set train.steps=1",
        binary.display()
    );
    let output =
        std::process::Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("8.2 GB that the limit of its address space (`ulimit -v`) allows"), "{error}");
}

#[test]
fn values_of_the_wrong_kind_are_refused_in_plain_words() {
    let folder = tempdir().unwrap();
    for (set, expected) in [
        ("model.hidden=abc", "found \"abc\", expected a whole number"),
        ("model.hidden=1.5", "found 1.5, expected a whole number"),
        ("train.learning_rate=fast", "found \"fast\", expected a number"),
        (
            "record.probes=some",
            "found \"some\", expected a whole number of at least 0, true (all) or false (none)",
        ),
        ("record.checkpoints=5", "found 5, expected a list"),
        ("record.parameters=3", "found 3, expected true or false"),
        ("train.optimizer=adm", "found \"adm\", expected one of"),
        ("train.learning_rate=0.1,0.01", "to give several values, write a list: [0.1,0.01]"),
    ] {
        let message = failure(onset(&folder).args(["train", "copying", "--set", set]), 2);
        assert!(message.contains(expected), "{set}: {message}");
    }
}
