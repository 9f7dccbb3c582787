//! Experiments of the paper, small: what they write, that they continue, and what they say of bad runs.

mod support;

use std::fs;

use support::{SMALL_TEXT, assert_same_run, failure, messages, onset, success, write};
use tempfile::{TempDir, tempdir};

const STUDY: [&str; 6] =
    ["reproduce", "classification", "--data", "keyword", "--set", "record.checkpoints=[0, 4, 12]"];

const FOLDER: &str = "runs/classification/keyword";

/// Runs a study that must succeed and returns its standard output and error.
fn study(folder: &TempDir, more: &[&str]) -> [String; 2] {
    success(onset(folder).args(STUDY).args(SMALL_TEXT).args(["--seeds", "13,14"]).args(more))
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_study_gives_tables_in_every_form_and_a_report() {
    let folder = tempdir().unwrap();
    let [out, error] = study(&folder, &[]);
    for part in ["validation", "training", "α, β^uf", "β^uf, β^px", "Δ, β^uf", "ξ", "Â"] {
        assert!(out.contains(part), "`{part}` is missing in {out}");
    }
    assert!(error.contains("report.html"), "{error}");
    let at = |name: &str| read(&folder, &format!("runs/classification/{name}"));
    assert!(at("agreement.md").contains("| keyword |") && at("agreement.tex").contains("\\begin{tabular}"));
    let csv = at("agreement.csv");
    let mut rows = csv.lines().map(|line| line.split(',').count());
    let columns = rows.next().unwrap();
    assert!(columns > 5 && rows.all(|count| count == columns), "{csv}");
    let report = at("report.html");
    assert!(report.contains("Does β come before α?") && report.contains("first-order co-occurrence"));
    // Parameters are some gigabytes at full size, and the tables need none.
    assert!(!folder.path().join(FOLDER).join("gold-seed-20/checkpoints").exists());
}

#[test]
fn a_study_adds_what_is_missing_and_its_json_is_the_same_each_time() {
    let (folder, whole) = (tempdir().unwrap(), tempdir().unwrap());
    onset(&folder).args(STUDY).args(SMALL_TEXT).args(["--seeds", "13..14"]).assert().success();
    let journal = || read(&folder, &format!("{FOLDER}/gold-seed-20/journal.jsonl"));
    let before = journal();
    let [first, _] = study(&folder, &["--json"]);
    assert_eq!(journal(), before, "a finished run was done again");
    let [again, _] = study(&folder, &["--json", "--jobs", "1"]);
    assert_eq!(first, again);
    let [other, _] = study(&whole, &["--json", "--jobs", "2"]);
    assert_eq!(first, other);
    let run = |folder: &TempDir, name: &str| folder.path().join(FOLDER).join(name);
    for name in ["gold-seed-20", "comparison-seed-13", "comparison-seed-14"] {
        assert_same_run(&run(&folder, name), &run(&whole, name));
    }
    let studies: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(studies[0]["comparisons"], serde_json::json!([13, 14]));
}

#[test]
fn checkpoints_without_probes_are_counted_and_left_out() {
    let folder = tempdir().unwrap();
    study(&folder, &[]);
    let gone = folder.path().join(FOLDER).join("comparison-seed-13/probes/step-000004.parquet");
    fs::remove_file(&gone).unwrap_or_else(|e| panic!("{}: {e}", gone.display()));
    let [out, _] = study(&folder, &[]);
    let told = "1 checkpoints have scores but no attribution records and are left out";
    assert!(out.contains(told) && out.contains("comparison-seed-13, step 4"), "{out}");
}

#[test]
fn runs_on_other_data_are_refused() {
    let folder = tempdir().unwrap();
    write(&folder, "a.tsv", messages());
    let arguments = ["reproduce", "classification", "--data", "a.tsv", "--seeds", "13,14"];
    onset(&folder).args(arguments).args(SMALL_TEXT).assert().success();
    write(&folder, "a.tsv", messages().replace("prize", "price"));
    let message = failure(onset(&folder).args(arguments).args(SMALL_TEXT), 1);
    assert!(message.contains("gold-seed-20") && message.contains("SHA-256"), "{message}");
}

#[test]
fn one_label_among_the_held_out_texts_is_told() {
    let folder = tempdir().unwrap();
    write(&folder, "a.tsv", messages());
    write(&folder, "held.tsv", "text\tlabel\nwin a prize\t1\nfree prize now\t1\nunheard of\t1\n");
    let study = ["reproduce", "classification", "--data", "a.tsv", "--validation", "held.tsv"];
    let [out, _] = success(onset(&folder).args(study).args(["--seeds", "13"]).args(SMALL_TEXT));
    assert!(out.contains("All held-out texts are labelled 1"), "{out}");
    assert!(out.contains("1 held-out texts have no known word"), "{out}");
}

#[test]
fn arguments_that_contradict_each_other_are_usage_errors() {
    let folder = tempdir().unwrap();
    write(&folder, "a.tsv", messages());
    fs::create_dir(folder.path().join("other")).unwrap();
    write(&folder, "other/a.tsv", messages());
    let base = ["reproduce", "classification"];
    for (arguments, parts) in [
        (&["--data", "keyword", "--gold", "13"][..], ["seed 13", "--seeds"]),
        (&["--data", "keyword", "--set", "task=\"copying\""], ["task", "classifies texts"]),
        (&["--data", "a.tsv", "--data", "other/a.tsv"], ["other/a.tsv", "--out"]),
        (&["--data", "a.tsv", "--labels", "ham"], ["--labels ham", "two labels"]),
    ] {
        let message = failure(onset(&folder).args(base).args(arguments), 2);
        assert!(parts.iter().all(|part| message.contains(part)), "{arguments:?}: {message}");
    }
    let message = failure(onset(&folder).args(base).args(["--data", "sst2", "--from", "other"]), 1);
    assert!(message.contains("onset data fetch sst2") && message.contains("train.tsv.gz"), "{message}");
}

#[test]
fn the_toy_tells_what_happens_when() {
    let folder = tempdir().unwrap();
    let run = |more: &[&str]| {
        let output = onset(&folder).args(["reproduce", "toy"]).args(more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let table = run(&[]);
    assert!(table.contains("attention uniform") && table.contains("never"), "{table}");
    assert!(read(&folder, "runs/toy/report.html").contains("<figure"));
    assert!(folder.path().join("runs/toy/trajectories.parquet").exists());
    let runs: serde_json::Value = serde_json::from_str(&run(&["--json", "--time", "1"])).unwrap();
    assert_eq!(runs.as_array().unwrap().len(), 4);
    let message = failure(onset(&folder).args(["reproduce", "toy", "--time", "-1"]), 2);
    assert!(message.contains("--time"), "{message}");
}
