//! The commands of the README, small.

mod support;

use std::fs;

use support::{SMALL, SMALL_TEXT, messages, onset, write};
use tempfile::tempdir;

#[test]
fn reproduce_copying_prints_a_table_and_writes_a_report_that_needs_no_network() {
    let folder = tempdir().unwrap();
    let arguments = ["reproduce", "copying", "--seeds", "2", "--vocabulary", "8,6"];
    let sizes = [&SMALL[2..4], &SMALL[4..]].concat();
    let output = onset(&folder).args(arguments).args(&sizes).assert().success().get_output().stdout.clone();
    let table = String::from_utf8(output).unwrap();
    for part in ["6 words drawn from 8", "permutations of all 6 words", "0 of 2", "not by 30"] {
        assert!(table.contains(part), "{table}");
    }
    let report = fs::read_to_string(folder.path().join("runs/copying/report.html")).unwrap();
    assert!(report.contains("permutations of all 6 words"));
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!report.contains(outside), "the report reaches out: {outside}");
    }
    // What is there already is not trained again, and JSON tells the same.
    let json = onset(&folder)
        .args(arguments)
        .args(&sizes)
        .arg("--json")
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["copying"][0]["seeds"], 2);
    assert!(json["copying"][1]["median_emergence"].is_null());
}

#[test]
fn training_on_messages_prints_accuracy_by_label_and_words() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let longer = ["--set", "train.steps=60", "--set", "data.validation_fraction=0.5"];
    let output = onset(&folder)
        .args(["train", "messages.tsv"])
        .args(SMALL_TEXT)
        .args(longer)
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    let table = String::from_utf8(output).unwrap();
    for part in ["accuracy on held-out texts", "mostly in", "<bos>"] {
        assert!(table.contains(part), "{table}");
    }
    let report = fs::read_to_string(folder.path().join("runs/messages/report.html")).unwrap();
    assert!(report.contains("prize"));
}

#[test]
fn every_form_of_file_and_every_choice_of_labels_trains() {
    let folder = tempdir().unwrap();
    let labels = ["world", "business", "sport"];
    let rows = |form: &dyn Fn(&str, &str) -> String| -> String {
        (0..30).map(|i| form(&format!("words about {}", labels[i % 3]), labels[i % 3])).collect()
    };
    write(&folder, "a.csv", format!("body,kind\n{}", rows(&|text, label| format!("\"{text}\",{label}\n"))));
    write(
        &folder,
        "b.jsonl",
        rows(&|text, label| format!("{{\"text\":\"{text}\",\"label\":\"{label}\"}}\n")),
    );
    write(&folder, "c.tsv", messages());
    let csv = ["a.csv", "--labels", "world,business", "--text-column", "body", "--label-column", "kind"];
    let json = ["b.jsonl", "--positive", "sport"];
    let given = ["c.tsv", "--validation", "c.tsv"];
    for arguments in [&csv[..], &json, &given] {
        onset(&folder).arg("train").args(arguments).args(SMALL_TEXT).assert().success();
    }
}
