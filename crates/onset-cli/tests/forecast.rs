//! Predictions: what they say, that they are sealed, and how they are scored.

mod support;

use std::fs;

use support::{SMALL, SMALL_PAIRS, SMALL_TEXT, failure, messages, onset, sentences, success, write};
use tempfile::{TempDir, tempdir};

const SPEC: &str = "runs/copying/seed-0";

/// A forecast and then the run of a small copying task.
fn predicted(folder: &TempDir) {
    success(onset(folder).args(["forecast", "copying"]).args(SMALL));
    success(onset(folder).args(["train", "copying"]).args(SMALL));
}

#[test]
fn copying_is_predicted_for_each_seed() {
    let folder = tempdir().unwrap();
    let [out, _] = success(onset(&folder).args(["predict", "copying", "--seeds", "3"]).args(SMALL));
    assert!(out.contains("learns within 30") && out.lines().count() >= 5, "{out}");
    let [json, _] =
        success(onset(&folder).args(["predict", "copying", "--seeds", "3", "--json"]).args(SMALL));
    let said: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(said.as_array().unwrap().len(), 3);
    assert!(said[0]["outcome"]["curve"].as_array().unwrap().len() > 1);
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "a prediction writes nothing");
}

#[test]
fn what_the_theory_does_not_cover_is_named_and_given_no_number() {
    let folder = tempdir().unwrap();
    let frozen = ["predict", "copying", "--set", "model.attention='uniform'"];
    let message = failure(onset(&folder).args(frozen), 2);
    assert!(message.contains("does not cover") && message.contains("frozen"), "{message}");
    let message = failure(onset(&folder).args(["predict", "nothing"]), 2);
    assert!(message.contains("a built-in task"), "{message}");
}

#[test]
fn words_are_predicted_from_a_text_file_and_from_pairs() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let [out, _] = success(onset(&folder).args(["predict", "messages.tsv", "--set", "data.min_count=1"]));
    assert!(
        out.contains("without training") && out.contains("true label") && out.contains("signal/noise"),
        "{out}"
    );
    let [german, english] = sentences();
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    let [out, _] = success(onset(&folder).args(["predict", "a.de,a.en"]));
    assert!(out.contains("target word"), "{out}");
    for (target, columns, more) in
        [("messages.tsv", 1, &["--set", "data.min_count=1"][..]), ("a.de,a.en", 2, &[])]
    {
        let attention = ["--attention", "alpha.jsonl"];
        success(onset(&folder).args(["predict", target]).args(attention).args(more));
        let lines = fs::read_to_string(folder.path().join("alpha.jsonl")).unwrap();
        let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        let row = first["alpha"][0].as_array().unwrap();
        assert_eq!(row.len(), first["source"].as_array().unwrap().len());
        assert!((row.iter().map(|weight| weight.as_f64().unwrap()).sum::<f64>() - 1.0).abs() < 1e-3);
        assert_eq!(first["target"].is_array(), columns == 2);
    }
    let full = ["predict", "messages.tsv", "--set", "data.min_count=1", "--attention", "/dev/full"];
    assert!(failure(onset(&folder).args(full), 1).contains("cannot write /dev/full"));
    let foreign = ["predict", "a.de,a.en", "--set", "data.min_count=1"];
    assert!(failure(onset(&folder).args(foreign), 2).contains("unknown key `min_count`"));
    let message = failure(onset(&folder).args(["predict", "a.de,missing.en"]), 1);
    assert!(message.contains("missing.en"), "{message}");
}

#[test]
fn a_sealed_forecast_is_scored_by_the_report() {
    let folder = tempdir().unwrap();
    predicted(&folder);
    let [out, _] = success(onset(&folder).args(["report", "runs"]));
    assert!(out.contains("forecasts") && out.contains("sealed"), "{out}");
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("Forecasts made before training"), "the page shows forecasts");
    assert!(report.contains("Steps are by"), "the page says by which theory");
}

#[test]
fn a_forecast_that_was_changed_or_came_late_is_void() {
    let folder = tempdir().unwrap();
    predicted(&folder);
    let path = folder.path().join(SPEC).join("forecast.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replacen("\"chance\": ", "\"chance\": 0", 1).replacen("\"chance\": 00", "\"chance\": 0", 1)
            + "\n",
    )
    .unwrap();
    let [out, _] = success(onset(&folder).args(["report", "runs"]));
    assert!(out.contains("void: it was modified after training had begun"), "{out}");
    let message = failure(onset(&folder).args(["forecast", "copying"]).args(SMALL), 1);
    assert!(message.contains("already has a run"), "{message}");
    // A forecast of another spec in the folder of a run.
    let other = tempdir().unwrap();
    success(onset(&other).args(["forecast", "copying"]).args(SMALL));
    success(
        onset(&other).args(["train", "copying"]).args(SMALL).args(["--set", "train.learning_rate=0.002"]),
    );
    let [out, _] = success(onset(&other).args(["report", "runs"]));
    assert!(out.contains("void: it was made for another spec"), "{out}");
}

#[test]
fn attention_on_texts_and_pairs_is_predicted_and_scored() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    success(onset(&folder).args(["forecast", "messages.tsv"]).args(SMALL_TEXT));
    success(onset(&folder).args(["train", "messages.tsv"]).args(SMALL_TEXT));
    let [out, _] = success(onset(&folder).args(["report", "runs/messages"]));
    assert!(out.contains("A(α, predicted)") && out.contains("with the predicted label"), "{out}");
    let [german, english] = sentences();
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    write(&folder, "pairs.toml", "task = 'translation'\n[data]\nsource = 'a.de'\ntarget = 'a.en'\n");
    success(onset(&folder).args(["forecast", "pairs.toml"]).args(SMALL_PAIRS));
    success(onset(&folder).args(["train", "pairs.toml"]).args(SMALL_PAIRS));
    let [out, _] = success(onset(&folder).args(["report", "runs/pairs"]));
    assert!(out.contains("A(α, predicted)"), "{out}");
}

#[test]
fn the_bag_of_embeddings_of_a_forecast_is_trained_once_for_all_runs_on_the_same_data() {
    let folder = tempdir().unwrap();
    let [german, english] = sentences();
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    for command in ["forecast", "train"] {
        success(onset(&folder).args([command, "a.de,a.en", "--seeds", "2"]).args(SMALL_PAIRS));
    }
    let [first, _] = success(onset(&folder).args(["report", "runs"]));
    let kept = || {
        let entries = fs::read_dir(folder.path().join("runs/a")).unwrap().map(|entry| entry.unwrap().path());
        let kept: Vec<_> = entries
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("proxies-"))
            .collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        fs::metadata(kept[0].join("proxies.safetensors")).unwrap().modified().unwrap()
    };
    let trained = kept();
    let [again, _] = success(onset(&folder).args(["report", "runs"]));
    assert_eq!((first, trained), (again, kept()));
    assert!(!folder.path().join("runs/a/seed-0/proxies.json").exists());
}

#[test]
fn the_phase_diagram_is_measured_beside_what_is_predicted() {
    let folder = tempdir().unwrap();
    let sizes = [
        "--set",
        "model.hidden=12",
        "--set",
        "model.embedding=12",
        "--set",
        "train.batch=8",
        "--set",
        "train.steps=20",
    ];
    let grid = ["reproduce", "phase", "--lengths", "4,6", "--ratios", "1,2", "--seeds", "2"];
    let [out, error] = success(onset(&folder).args(grid).args(sizes));
    assert!(out.contains("reduced dynamics") && out.contains("calibration:"), "{out}");
    assert!(error.contains("report.html"), "{error}");
    let message = failure(onset(&folder).args(["reproduce", "phase", "--ratios", "0.5"]), 2);
    assert!(message.contains("at least 1"), "{message}");
}

#[test]
fn training_stops_at_the_accuracy_that_is_asked_for() {
    let folder = tempdir().unwrap();
    success(
        onset(&folder).args(["train", "copying"]).args(SMALL).args(["--set", "train.stop_at_accuracy=0.01"]),
    );
    let manifest = fs::read_to_string(folder.path().join(SPEC).join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["status"], "finished");
    assert!(manifest["steps_done"].as_u64().unwrap() < 30, "{manifest}");
}
