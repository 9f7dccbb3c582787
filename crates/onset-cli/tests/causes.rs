//! `onset reproduce causes`: predictions are sealed, runs are changed on the way, effects are paired.

mod support;

use std::fs;

use support::{assert_parts, failure, onset, success};
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
fn a_subject_that_is_not_there_is_named_with_those_that_are() {
    let folder = tempdir().unwrap();
    let refused = failure(onset(&folder).args(["reproduce", "causes", "--subjects", "poems"]), 2);
    assert_parts(&refused, &["poems", "copying and markov"]);
}
