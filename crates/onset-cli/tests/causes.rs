//! `onset reproduce causes`: predictions are sealed, runs are changed on the way, effects are paired.

mod support;

use std::fs;

use support::{assert_parts, failure, onset, put_sms_spam, success};
use tempfile::tempdir;

/// Small models; the steps of the changes are those of the study.
const SMALL: [&str; 12] = [
    "--set",
    "task.vocabulary=6",
    "--set",
    "task.length=4",
    "--set",
    "model.hidden=8",
    "--set",
    "model.embedding=8",
    "--set",
    "train.batch=4",
    "--set",
    "record.every=25",
];

#[test]
fn effects_are_predicted_before_they_are_measured() {
    let folder = tempdir().unwrap();
    let command = ["reproduce", "causes", "--subjects", "copying", "--seeds", "2"];
    let [said, _] = success(onset(&folder).args(command).args(SMALL));
    assert_parts(
        &said,
        &[
            "attention uniform until step 100",
            "knowledge of step 500 put into initial weights",
            "from the release it takes",
            "emerge; at the end, the right position has the largest weight",
        ],
    );
    let run = folder.path().join("runs/causes/copying/uniform-until-50/seed-1");
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    assert!(run.join("forecast.json").exists() && !manifest.contains("\"forecast\": null"), "{manifest}");
    let page = fs::read_to_string(folder.path().join("runs/causes/report.html")).unwrap();
    assert_parts(&page, &["Is it knowledge that attention waits for?", "From release to emergence"]);
    // The same command again trains nothing and says the same.
    let [again, _] = success(onset(&folder).args(command).args(SMALL));
    assert_eq!(said, again);
}

#[test]
fn in_texts_attention_is_held_against_what_the_unchanged_run_knows() {
    let folder = tempdir().unwrap();
    put_sms_spam(&folder);
    let command = ["reproduce", "causes", "--subjects", "sms_spam", "--seeds", "1", "--from", "copies"];
    let small = ["model.embedding=8", "model.hidden=8", "model.attention_hidden=8", "task.min_count=1"]
        .map(|key| ["--set", key]);
    let [said, _] = success(onset(&folder).args(command).args(small.as_flattened()).arg("--json"));
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    let arms = found["findings"]["subjects"][0]["arms"].as_array().unwrap();
    assert_eq!(arms.len(), 7, "{said}");
    // The unchanged run is its own measure: it ends at 1, and passes half of the way.
    assert!((arms[0]["last_score"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{said}");
    assert!(arms[0]["emergence"][0].is_number(), "{said}");
    // Attention that was held uniform for so long has not moved until then.
    let released = arms.iter().find(|arm| arm["arm"]["uniform-until"] == 120).unwrap();
    assert!(released["emergence"][0].as_f64().is_none_or(|step| step > 120.0), "{said}");
    assert_eq!(arms[0]["predicted"], serde_json::Value::Null);
}

#[test]
fn data_that_nothing_is_trained_on_is_refused_and_data_that_is_not_there_named() {
    let folder = tempdir().unwrap();
    put_sms_spam(&folder);
    let command = |subjects: &str, code: i32| {
        failure(
            onset(&folder).args(["reproduce", "causes", "--from", "copies", "--subjects", subjects]),
            code,
        )
    };
    assert_parts(&command("copying", 2), &["--from is for sms_spam and multi30k"]);
    assert_parts(&command("multi30k", 1), &["copies/multi30k", "`onset data fetch multi30k`", "--from DIR"]);
    let unknown = failure(onset(&folder).args(["reproduce", "causes", "--set", "train.stepz=3"]), 1);
    assert_parts(&unknown, &["did you mean `steps`?", "`onset keys` lists all keys"]);
}

#[test]
fn a_subject_that_is_not_there_is_named_with_those_that_are() {
    let folder = tempdir().unwrap();
    let refused = failure(onset(&folder).args(["reproduce", "causes", "--subjects", "poems"]), 2);
    assert_parts(&refused, &["poems", "copying, markov, sms_spam, multi30k"]);
}
