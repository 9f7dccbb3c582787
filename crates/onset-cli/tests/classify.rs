//! Labelling new texts with a trained run.

mod support;

use std::fs;

use support::{SMALL_TEXT, failure, messages, onset, success, write};
use tempfile::{TempDir, tempdir};

const RUN: &str = "runs/messages/seed-0";

fn trained() -> TempDir {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let longer = ["--set", "train.steps=80", "--set", "train.learning_rate=0.01"];
    success(onset(&folder).args(["train", "messages.tsv"]).args(SMALL_TEXT).args(longer));
    // The model alone is needed.
    fs::remove_file(folder.path().join("messages.tsv")).unwrap();
    folder
}

#[test]
fn texts_on_standard_input_are_labelled_line_by_line() {
    let folder = trained();
    let input = "win a free prize today\n\nsee you at home\n";
    let [out, notes] = success(onset(&folder).args(["classify", RUN]).write_stdin(input));
    let labels: Vec<&str> = out.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(labels, ["1", "", "0"], "{out}");
    let probability: f64 = out.lines().next().unwrap().split('\t').nth(1).unwrap().parse().unwrap();
    assert!(probability > 0.5 && probability <= 1.0);
    assert!(notes.contains("2 texts labelled") && notes.contains("1 texts have no words"), "{notes}");
}

#[test]
fn a_file_with_labels_is_scored() {
    let folder = trained();
    write(&folder, "new.csv", "id,text,label\n1,a free prize,1\n2,at home,0\n3,win,maybe\n");
    let [out, notes] = success(onset(&folder).args(["classify", RUN, "new.csv"]));
    assert_eq!(out.lines().count(), 3);
    assert!(notes.contains("accuracy 1.000") && notes.contains("on 2 texts"), "{notes}");
    assert!(notes.contains("1 texts have a label that the model does not know"), "{notes}");
}

#[test]
fn words_are_written_as_json_lines_as_a_table_and_as_a_page() {
    let folder = trained();
    write(&folder, "new.txt", "win a free prize\nsee you\n");
    let run = |more: &[&str]| success(onset(&folder).args(["classify", RUN, "new.txt"]).args(more));
    let [json, _] = run(&["--json"]);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["words"].as_array().unwrap().len(), 6);
    let sum: f64 = first["alpha"].as_array().unwrap().iter().map(|a| a.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5 && first["delta"].as_array().unwrap().len() == 6);
    assert!(first["probabilities"]["1"].as_f64().unwrap() > 0.5);
    run(&["-o", "words.csv"]);
    let table = fs::read_to_string(folder.path().join("words.csv")).unwrap();
    assert!(table.starts_with("line,label,probability,position,word,alpha,beta,delta\n1,1,"), "{table}");
    assert_eq!(table.lines().count(), 1 + 6 + 4);
    run(&["-o", "words.jsonl"]);
    assert_eq!(fs::read_to_string(folder.path().join("words.jsonl")).unwrap(), json);
    run(&["--output", "words.html"]);
    let page = fs::read_to_string(folder.path().join("words.html")).unwrap();
    assert!(page.contains("prize") && page.contains("log-odds of the predicted label"));
}

#[test]
fn what_cannot_be_classified_is_refused_and_no_file_is_touched() {
    let folder = trained();
    write(&folder, "kept.csv", "precious");
    let message = failure(onset(&folder).args(["classify", RUN, "none.tsv", "-o", "kept.csv"]), 1);
    assert!(message.contains("none.tsv"), "{message}");
    let message =
        failure(onset(&folder).args(["classify", "nosuch", "-o", "kept.csv"]).write_stdin("x\n"), 1);
    assert!(message.contains("no run in nosuch"), "{message}");
    assert_eq!(fs::read_to_string(folder.path().join("kept.csv")).unwrap(), "precious");
    let message = failure(onset(&folder).args(["classify", RUN, "-o", "a.xml"]).write_stdin("x\n"), 2);
    assert!(message.contains(".jsonl, .csv or .html"), "{message}");
    let message = failure(onset(&folder).args(["classify", RUN, "--step", "7"]).write_stdin("x\n"), 1);
    assert!(message.contains('7'), "{message}");
}
