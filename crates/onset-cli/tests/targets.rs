//! Every command knows the same targets, and refuses what it would otherwise ignore.

mod support;

use support::{SMALL_PAIRS, SMALL_TEXT, failure, messages, onset, put_sms_spam, sentences, success, write};
use tempfile::{TempDir, tempdir};

/// Texts, pairs in two files and in one, and a data set.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let [german, english] = sentences();
    let rows = german.lines().zip(english.lines()).map(|(source, target)| format!("{source}\t{target}\n"));
    write(&folder, "both.tsv", format!("source\ttarget\n{}", rows.collect::<String>()));
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    put_sms_spam(&folder);
    folder
}

/// Commands with an option that decides nothing for what they are about, and a part of the answer.
const UNUSED: [(&[&str], &str); 15] = [
    (&["train", "messages.tsv", "--from", "copies"], "--from copies would be ignored"),
    (&["predict", "a.de,a.en", "--from", "copies"], "--from copies would be ignored"),
    (&["data", "inspect", "messages.tsv", "--data", "copies"], "--data copies would be ignored"),
    (&["reproduce", "classification", "--data", "keyword", "--from", "copies"], "--from copies"),
    (&["reproduce", "translation", "--data", "a.de,a.en", "--from", "copies"], "--from copies"),
    (&["reproduce", "phase", "--quick", "--seeds", "3"], "cannot be used with"),
    (&["predict", "messages.tsv", "--seeds", "3"], "--seeds is for copying"),
    (&["predict", "a.de,a.en", "--seeds", "3"], "--seeds is for copying"),
    (&["predict", "a.de,a.en", "--set", "task.vocabulary=30"], "--set task.vocabulary=30 would not be read"),
    (&["predict", "copying", "--top", "5"], "--top is for the words"),
    (&["predict", "messages.tsv", "--top", "5", "--json"], "cannot be used with"),
    (
        &["data", "inspect", "a.de,a.en", "--validation", "b.de,b.en"],
        "--validation b.de,b.en would be ignored",
    ),
    (&["forecast", "copying", "--resume"], "unexpected argument '--resume'"),
    (
        &["train", "copying", "--seeds", "2", "--set", "seed=5"],
        "--set seed=5 and --seeds contradict each other",
    ),
    (&["train", "keyword", "--text-column", "body"], "task.text = body is not possible"),
];

#[test]
fn an_option_that_decides_nothing_is_refused_and_nothing_is_done() {
    let folder = folder();
    for (words, part) in UNUSED {
        let message = failure(onset(&folder).args(words), 2);
        assert!(message.contains(part), "{words:?}: {message}");
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn sentence_pairs_are_trained_forecast_predicted_and_inspected_alike() {
    let folder = folder();
    for (target, name) in [("a.de,a.en", "a"), ("both.tsv", "both")] {
        success(onset(&folder).args(["forecast", target]).args(SMALL_PAIRS));
        success(onset(&folder).args(["train", target]).args(SMALL_PAIRS));
        let run = folder.path().join(format!("runs/{name}/seed-0"));
        assert!(run.join("tokenizer.json").exists() && run.join("forecast.json").exists(), "{target}");
        let [out, _] = success(onset(&folder).args(["predict", target]));
        assert!(out.contains("target word"), "{out}");
    }
    let [out, _] = success(onset(&folder).args(["data", "inspect", "a.de,a.en"]));
    assert!(out.contains("60 lines each"), "{out}");
    let [spaced, _] = success(onset(&folder).args(["data", "inspect", "a.de", "a.en"]));
    assert_eq!(out, spaced);
}

#[test]
fn data_sets_are_trained_predicted_and_inspected_from_a_folder_of_copies() {
    let folder = folder();
    let from = ["sms_spam", "--from", "copies"];
    success(onset(&folder).arg("train").args(from).args(SMALL_TEXT));
    assert!(folder.path().join("runs/sms_spam/seed-0/vocabulary.json").exists());
    success(onset(&folder).arg("predict").args(from).args(["--set", "data.min_count=1"]));
    let [out, _] = success(onset(&folder).args(["data", "inspect"]).args(from));
    assert!(out.contains("sms.tsv.gz: 20 rows"), "{out}");
    let message = failure(onset(&folder).args(["train", "sst2"]), 1);
    assert!(message.contains("onset data fetch sst2") && message.contains("--from"), "{message}");
}

#[test]
fn a_mistyped_target_is_answered_with_the_nearest_by_every_command() {
    let folder = folder();
    for command in [&["train"][..], &["predict"], &["forecast"], &["data", "inspect"]] {
        let message = failure(onset(&folder).args(command).arg("keywrod"), 2);
        for part in ["did you mean `keyword`?", ".tsv, .csv", "SOURCE,TARGET", "sms_spam", "onset data list"]
        {
            assert!(message.contains(part), "{command:?}: {message}");
        }
    }
    let study = ["reproduce", "classification", "--data", "sms-spam"];
    assert!(failure(onset(&folder).args(study), 2).contains("did you mean `sms_spam`?"));
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let folder = folder();
    for (arguments, part) in [
        (&["predict", "a.de,a.en", "--validation", "b.de,b.en"][..], "--validation b.de,b.en"),
        (&["train", "a.de,a.en", "--positive", "spam"], "leave out --positive"),
        (&["train", "copying", "--text-column", "body"], "leave out --text-column"),
        (&["train", "copying", "--validation", "messages.tsv"], "leave out --validation"),
        (&["train", "--jobs", "0"], "at least 1"),
        (&["train", "--threads", "0"], "at least 1"),
        (&["probe", "runs", "--threads", "0"], "at least 1"),
        (&["train", "--set", "model.hidden"], "--set model.hidden"),
    ] {
        let message = failure(onset(&folder).args(arguments), 2);
        assert!(message.contains(part), "{arguments:?}: {message}");
    }
}

#[test]
fn runs_as_json_name_their_spec_and_their_data() {
    let folder = folder();
    success(onset(&folder).args(["train", "messages.tsv", "--validation", "messages.tsv"]).args(SMALL_TEXT));
    let [out, _] = success(onset(&folder).args(["runs", "--json"]));
    let runs: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(runs[0]["spec"], "runs/messages/seed-0/spec.toml");
    let data = runs[0]["data"].as_array().unwrap();
    assert_eq!(data.len(), 2, "{out}");
    assert!(data[0].as_str().unwrap().ends_with("messages.tsv"), "{out}");
}

#[test]
fn the_command_is_called_onset_and_every_command_teaches_by_example() {
    let folder = tempdir().unwrap();
    let [version, _] = success(onset(&folder).arg("--version"));
    assert!(version.starts_with("onset ") && !version.contains("onset-cli"), "{version}");
    for command in [
        &["train"][..],
        &["predict"],
        &["forecast"],
        &["probe"],
        &["report"],
        &["runs"],
        &["lab"],
        &["translate"],
        &["data", "fetch"],
        &["data", "inspect"],
        &["reproduce", "copying"],
        &["reproduce", "classification"],
        &["reproduce", "translation"],
        &["reproduce", "phase"],
        &["reproduce", "multihead"],
        &["reproduce", "toy"],
    ] {
        let [help, _] = success(onset(&folder).args(command).arg("--help"));
        assert!(
            help.contains("Examples:") && help.contains(&format!("onset {}", command.join(" "))),
            "{help}"
        );
    }
}
