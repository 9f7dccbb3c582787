//! What a user gets wrong ends with a message that says what, where and what to do.

mod support;

use std::fs;
use std::process::Stdio;

use support::{SMALL, SMALL_TEXT, assert_parts, failure, messages, onset, write};
use tempfile::{TempDir, tempdir};

/// The message of `onset train FILE` for a file with these contents.
fn train_message(name: &str, contents: &[u8], options: &[&str]) -> String {
    let folder = tempdir().unwrap();
    write(&folder, name, contents);
    failure(onset(&folder).arg("train").arg(name).args(options).args(SMALL_TEXT), 1)
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(["train", "messages.tsv"]), 1);
    assert_parts(&message, &["cannot read", "messages.tsv", "check the path"]);
    assert_eq!(message.matches("No such file").count(), 1, "{message}");
}

#[test]
fn an_empty_file_is_named_with_what_was_expected() {
    assert_parts(&train_message("a.tsv", b"", &[]), &["a.tsv is empty", "a text and a label column"]);
    let message = train_message("a.tsv", b"text\tlabel\n", &[]);
    assert_parts(&message, &["has a header but no rows"]);
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there() {
    let message = train_message("a.csv", b"txt,label\nhi,1\n", &[]);
    assert_parts(&message, &["no column `text`", "did you mean `txt`?", "txt, label", "--text-column"]);
}

#[test]
fn a_column_of_texts_where_labels_should_be_is_answered_with_the_options_that_help() {
    let rows: String = (0..30).map(|i| format!("a b\ttext number {i}\n")).collect();
    let message = train_message("a.tsv", format!("text\tlabel\n{rows}").as_bytes(), &[]);
    assert_parts(
        &message,
        &[
            "30 different values in 30 rows",
            "text number 0 (1)",
            "--label-column",
            "--labels A,B",
            "--positive A",
        ],
    );
}

#[test]
fn an_unknown_label_is_answered_with_the_nearest() {
    let message =
        train_message("a.tsv", messages().replace("\t1", "\tspam").as_bytes(), &["--positive", "span"]);
    assert_parts(&message, &["no label `span`", "did you mean `spam`?"]);
}

#[test]
fn invalid_utf8_is_named_with_its_line() {
    let message = train_message("a.tsv", b"text\tlabel\nfine\t1\nbro\xffken\t0\n", &[]);
    assert_parts(&message, &["a.tsv:3", "not UTF-8", "save the file as UTF-8"]);
}

#[test]
fn a_row_without_words_is_named_with_its_line() {
    let message = train_message("a.tsv", b"text\tlabel\nfine\t1\n \t0\n", &[]);
    assert_parts(&message, &["a.tsv:3", "the text is empty", "remove the row"]);
}

#[test]
fn an_unknown_kind_of_target_is_a_usage_error() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(["train", "messages.docx"]), 2);
    assert_parts(&message, &["messages.docx", ".tsv, .csv, .txt", "keyword, copying"]);
}

#[test]
fn an_unknown_spec_key_is_answered_with_the_nearest() {
    let folder = tempdir().unwrap();
    write(&folder, "spec.toml", "task = \"copying\"\n[model]\nhiden = 3\n");
    let message = failure(onset(&folder).args(["train", "spec.toml"]), 2);
    assert_parts(&message, &["spec.toml:3", "unknown key `hiden`", "did you mean `hidden`?"]);
}

#[test]
fn an_impossible_value_is_a_usage_error_that_says_what_is_possible() {
    let folder = tempdir().unwrap();
    write(&folder, "spec.toml", "task = \"copying\"\n[data]\nvocabulary = 10\nlength = 11\n");
    let message = failure(onset(&folder).args(["train", "spec.toml"]), 2);
    assert_parts(&message, &["task.length = 11", "the 10 words", "task.repetition = true"]);
}

#[test]
fn wrong_arguments_are_a_usage_error() {
    let folder = tempdir().unwrap();
    failure(onset(&folder).args(["reproduce", "sorting"]), 2);
    assert_parts(
        &failure(onset(&folder).args(["train", "--seeds", "many"]), 2),
        &["`many`", "a range (0..5)"],
    );
    let message = failure(onset(&folder).args(["train", "a.tsv", "--labels", "a"]), 2);
    assert_parts(&message, &["expected at least two labels"]);
}

fn train_small(folder: &TempDir, more: &[&str]) -> assert_cmd::Command {
    let mut command = onset(folder);
    command.args(["train", "copying"]).args(SMALL).args(more);
    command
}

#[test]
fn an_existing_run_is_not_overwritten() {
    let folder = tempdir().unwrap();
    train_small(&folder, &[]).assert().success();
    let before = support::files(&folder.path().join("runs/copying/seed-0"));
    let message = failure(&mut train_small(&folder, &[]), 1);
    assert_parts(&message, &["already contains a run", "--resume", "--out"]);
    assert_eq!(before, support::files(&folder.path().join("runs/copying/seed-0")));
}

#[test]
fn a_run_of_another_spec_is_not_continued() {
    let folder = tempdir().unwrap();
    train_small(&folder, &[]).assert().success();
    let message = failure(&mut train_small(&folder, &["--set", "model.hidden=13", "--resume"]), 1);
    assert_parts(&message, &["another spec", "`hidden = 12` instead of `hidden = 13`"]);
}

#[test]
fn a_cut_or_foreign_checkpoint_is_refused_and_records_are_kept() {
    let folder = tempdir().unwrap();
    let kept = ["--set", "record.resume=true"];
    train_small(&folder, &kept).assert().success();
    let run = folder.path().join("runs/copying/seed-0");
    let manifest = run.join("manifest.json");
    let interrupted = fs::read_to_string(&manifest).unwrap().replace("finished", "interrupted");
    fs::write(&manifest, interrupted).unwrap();
    let snapshot = run.join("resume.safetensors");
    let whole = fs::read(&snapshot).unwrap();
    for contents in [&whole[..whole.len() / 2], b"GIF89a, surely not a checkpoint"] {
        fs::write(&snapshot, contents).unwrap();
        let message = failure(&mut train_small(&folder, &[&kept[..], &["--resume"]].concat()), 1);
        assert_parts(&message, &["resume.safetensors is not a readable checkpoint"]);
        assert!(run.join("evaluation.parquet").exists());
    }
    let parameters = fs::read(run.join("checkpoints/step-000030.safetensors")).unwrap();
    fs::write(&snapshot, parameters).unwrap();
    let message = failure(&mut train_small(&folder, &[&kept[..], &["--resume"]].concat()), 1);
    assert_parts(&message, &["tensor", "another model"]);
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run_and_keeps_its_records() {
    let folder = tempdir().unwrap();
    let message = failure(&mut train_small(&folder, &["--set", "train.learning_rate=1e38"]), 1);
    assert_parts(&message, &["the loss became", "at step", "learning rate 1", "train.learning_rate"]);
    let run = folder.path().join("runs/copying/seed-0");
    assert!(run.join("evaluation.parquet").exists() && run.join("probes/step-000000.parquet").exists());
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    assert_parts(&manifest, &["\"failed\"", "the loss became"]);
}

/// Needs a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_records_are_kept() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("runs/copying/seed-0");
    train_small(&folder, &["--set", "train.learning_rate=1e38"]).assert().failure();
    let before = fs::read(run.join("evaluation.parquet")).unwrap();
    // Whatever is written there finds no space left.
    fs::create_dir_all(&run).unwrap();
    std::os::unix::fs::symlink("/dev/full", run.join("training.parquet.partial")).unwrap();
    let message = failure(&mut train_small(&folder, &["--set", "train.learning_rate=1e38", "--resume"]), 1);
    assert!(message.contains("no space left") || message.contains("the loss became"), "{message}");
    assert_eq!(before, fs::read(run.join("evaluation.parquet")).unwrap());

    let other = tempdir().unwrap();
    let run = other.path().join("runs/copying/seed-0");
    train_small(&other, &["--set", "record.every=5"]).assert().success();
    let manifest = run.join("manifest.json");
    let interrupted = fs::read_to_string(&manifest).unwrap().replace("finished", "interrupted");
    fs::write(&manifest, interrupted).unwrap();
    std::os::unix::fs::symlink("/dev/full", run.join("training.parquet.partial")).unwrap();
    let message = failure(&mut train_small(&other, &["--set", "record.every=5", "--resume"]), 1);
    assert_parts(&message, &["no space left while writing", "training.parquet", "--resume"]);
}

#[test]
fn folders_without_runs_are_explained() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).arg("runs"), 1);
    assert_parts(&message, &["no runs in runs", "onset train"]);
    let message = failure(onset(&folder).args(["report", "nowhere"]), 1);
    assert_parts(&message, &["nowhere"]);
}

#[test]
fn a_reader_who_has_had_enough_ends_the_command_quietly() {
    let folder = tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command(&folder).args(["data", "list", "--json"]).stdout(writer).spawn().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn files_are_there_though_nobody_reads_the_result() {
    let folder = tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut toy = command(&folder);
    toy.args(["reproduce", "toy", "--time", "2"]).stdout(writer).stderr(Stdio::null());
    assert!(toy.spawn().unwrap().wait().unwrap().success());
    assert!(folder.path().join("runs/toy/report.html").is_file());
}

#[test]
fn training_goes_on_when_nobody_reads_its_progress() {
    let folder = tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut train = command(&folder);
    train.args(["train", "copying"]).args(SMALL).stdout(Stdio::null()).stderr(writer);
    assert!(train.spawn().unwrap().wait().unwrap().success());
    assert!(folder.path().join("runs").is_dir());
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let folder = tempdir().unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut list = command(&folder);
    let output = list.args(["data", "list"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_parts(&message, &["cannot write the result", "No space left", "standard output"]);
}

/// The command in `folder`, with its streams to be set.
fn command(folder: &TempDir) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_onset"));
    command.current_dir(folder);
    command
}

#[test]
fn a_folder_without_runs_is_told_from_one_that_does_not_exist() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for command in ["report", "figure"] {
        assert_parts(
            &failure(onset(&folder).args([command, "nosuch"]), 1),
            &["nosuch does not exist", "onset runs"],
        );
        assert_parts(
            &failure(onset(&folder).args([command, "empty"]), 1),
            &["empty contains no run", "onset train"],
        );
    }
    let message = failure(onset(&folder).args(["classify", "nosuch"]).write_stdin("x\n"), 1);
    assert_parts(&message, &["no run in nosuch", "onset runs"]);
}

#[test]
fn the_best_checkpoint_cannot_be_kept_where_parameters_are_not() {
    let folder = tempdir().unwrap();
    let both = ["--set", "train.keep=best", "--set", "record.parameters=false"];
    let message = failure(onset(&folder).args(["train", "copying"]).args(SMALL).args(both), 2);
    assert_parts(&message, &["record.parameters = false", "train.keep", "leave out one of the two"]);
}
