//! Any number of labels: training, scores by label, notes.

mod support;

use std::fs;

use support::{SMALL_TEXT, failure, files, onset, success, write};
use tempfile::{TempDir, tempdir};

const INTENTS: [&str; 4] = ["refund", "delivery", "account", "praise"];

/// Eighty requests, each with the word of its intent; `praise` is rare.
fn requests() -> String {
    let row = |i: usize| {
        let intent = if i % 10 == 9 { 3 } else { i % 3 };
        let word = ["money", "parcel", "password", "thanks"][intent];
        format!("please help with {word} number {}\t{}\n", i % 7, INTENTS[intent])
    };
    format!("text\tlabel\n{}", (0..80).map(row).collect::<String>())
}

fn trained(more: &[&str]) -> (TempDir, [String; 2]) {
    let folder = tempdir().unwrap();
    write(&folder, "intents.tsv", requests());
    let longer = ["--set", "train.steps=120", "--set", "train.learning_rate=0.01"];
    let output = success(
        onset(&folder).args(["train", "intents.tsv", "--json"]).args(SMALL_TEXT).args(longer).args(more),
    );
    (folder, output)
}

#[test]
fn four_labels_are_learned_and_scored_by_label() {
    let (folder, [json, _]) = trained(&[]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let summary = &found["text"][0];
    assert_eq!(summary["label_names"], serde_json::json!(["account", "delivery", "praise", "refund"]));
    let by_label = summary["by_label"].as_array().unwrap();
    let texts: Vec<u64> = by_label.iter().map(|label| label["texts"].as_u64().unwrap()).collect();
    // A fifth of each label is held out: 24, 24, 8 and 24 texts.
    assert_eq!(texts.iter().sum::<u64>(), 16);
    assert!(texts[2] == 1 || texts[2] == 2, "{texts:?}");
    assert!(summary["accuracy"][0].as_f64().unwrap() > 0.9, "{summary}");
    assert!(by_label[1]["f1"][0].as_f64().unwrap() > 0.9, "{summary}");
    assert!(summary["majority"].as_f64().unwrap() < 0.4);
    let report = fs::read_to_string(folder.path().join("runs/intents/report.html")).unwrap();
    for part in ["parcel", "predicted delivery", "macro-averaged"] {
        assert!(report.contains(part), "{part}");
    }
    let [table, _] = success(onset(&folder).args(["report", "runs"]));
    for part in ["precision", "F1", "baseline (most frequent label)", "mostly in"] {
        assert!(table.contains(part), "{table}");
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_run_of_four_labels() {
    let (one, _) = trained(&[]);
    let (two, _) = trained(&["--threads", "2"]);
    let [one, two] = [&one, &two].map(|folder| files(&folder.path().join("runs/intents/seed-0")));
    for (name, bytes) in one.iter().filter(|(name, _)| *name != "spec.toml" && *name != "manifest.json") {
        assert!(*bytes == two[name], "{name}");
    }
}

#[test]
fn several_labels_can_be_set_against_the_rest() {
    let (_, [json, _]) = trained(&["--positive", "refund,delivery"]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let names = &found["text"][0]["label_names"];
    assert_eq!(*names, serde_json::json!(["not refund or delivery", "refund or delivery"]));
}

#[test]
fn labels_are_called_as_they_are_named() {
    let (folder, [json, _]) = trained(&["--label-names", "praise=thanks,refund=money back"]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let names = &found["text"][0]["label_names"];
    assert_eq!(*names, serde_json::json!(["account", "delivery", "thanks", "money back"]));
    let report = fs::read_to_string(folder.path().join("runs/intents/report.html")).unwrap();
    assert!(report.contains("predicted money back"));
    let refused = |names: &str, code| {
        failure(onset(&folder).args(["train", "intents.tsv", "--name", "x", "--label-names", names]), code)
    };
    let message = refused("praise", 2);
    assert!(message.contains("expected LABEL=NAME, as in 0=ham"), "{message}");
    let message = refused("prais=thanks", 1);
    assert!(message.contains("did you mean `praise`?"), "{message}");
}

#[test]
fn a_run_keeps_the_names_of_its_labels_and_is_not_continued_with_others() {
    let (folder, _) = trained(&[]);
    let mut again = onset(&folder);
    again.args(["train", "intents.tsv", "--resume", "--label-names", "praise=thanks"]).args(SMALL_TEXT);
    again.args(["--set", "train.learning_rate=0.01"]);
    // What is finished is read as it is: names make no other run.
    let [table, _] = success(again.args(["--set", "train.steps=120"]));
    assert!(table.contains("praise") && !table.contains("thanks"), "{table}");
    let message = failure(again.args(["--set", "train.steps=130"]), 1);
    assert!(message.contains("task.label_names = { praise = \"thanks\" }"), "{message}");
}

#[test]
fn three_labels_of_four_are_kept_and_the_rest_is_counted() {
    let (_, [json, notes]) = trained(&["--labels", "refund,account,delivery"]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let names = &found["text"][0]["label_names"];
    assert_eq!(*names, serde_json::json!(["refund", "account", "delivery"]));
    assert!(notes.contains("8 rows with other labels left out"), "{notes}");
}

#[test]
fn a_label_without_a_held_out_text_is_named_and_has_no_score() {
    let folder = tempdir().unwrap();
    let rows: String = (0..40).map(|i| format!("word{} again\t{}\n", i % 5, u32::from(i == 39))).collect();
    write(&folder, "rare.tsv", format!("text\tlabel\n{rows}"));
    let [table, notes] = success(onset(&folder).args(["train", "rare.tsv"]).args(SMALL_TEXT));
    assert!(notes.contains("no held-out text is labelled 1"), "{notes}");
    assert!(!table.contains("NaN"), "{table}");
    let [page, _] = success(onset(&folder).args(["data", "inspect", "rare.tsv"]));
    assert!(page.contains("no held-out text is labelled 1"), "{page}");
}

#[test]
fn a_prediction_and_an_inspection_name_the_labels() {
    let folder = tempdir().unwrap();
    write(&folder, "intents.tsv", requests());
    let [table, _] = success(onset(&folder).args(["predict", "intents.tsv", "--set", "task.min_count=1"]));
    let line = table.lines().find(|line| line.contains("parcel")).unwrap_or_else(|| panic!("{table}"));
    assert!(line.contains("delivery"), "{line}");
    let [page, _] = success(onset(&folder).args(["data", "inspect", "intents.tsv"]));
    let row = page.lines().find(|line| line.contains("praise")).unwrap();
    let numbers: Vec<u32> = row.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers.iter().sum::<u32>(), 16, "rows, training and held out: {row}");
}
