//! Sentence pairs from files to translations.

mod support;

use std::fs;

use assert_cmd::Command;
use support::{SMALL_PAIRS, assert_same_run, failure, onset, sentences, success, write};
use tempfile::{TempDir, tempdir};

/// A folder with a spec and its files.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    let [german, english] = sentences();
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    write(&folder, "a.toml", "task = 'translation'\n[data]\nsource = 'a.de'\ntarget = 'a.en'\n");
    folder
}

fn train(folder: &TempDir, more: &[&str]) {
    onset(folder).args(["train", "a.toml"]).args(SMALL_PAIRS).args(more).assert().success();
}

/// Standard output and error of `onset translate` on `input`.
fn translate(folder: &TempDir, more: &[&str], input: &str) -> [String; 2] {
    let mut command: Command = onset(folder);
    success(command.args(["translate", "runs/a/seed-0"]).args(more).write_stdin(input))
}

#[test]
fn a_run_records_scores_probes_and_its_subwords() {
    let folder = folder();
    let output = onset(&folder).args(["train", "a.toml"]).args(SMALL_PAIRS).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("token accuracy") && out.contains("BLEU"), "{out}");
    let run = folder.path().join("runs/a/seed-0");
    for file in
        ["tokenizer.json", "data.json", "probes/step-000012.parquet", "checkpoints/step-000012.safetensors"]
    {
        assert!(run.join(file).exists(), "{file}");
    }
    let report = fs::read_to_string(folder.path().join("runs/a/report.html")).unwrap();
    assert!(report.contains("Word alignments"));
}

#[test]
fn threads_and_resuming_change_no_byte() {
    let (one, two) = (folder(), folder());
    train(&one, &["--set", "train.steps=20", "--set", "record.checkpoints=[0, 12, 20]"]);
    train(&two, &["--threads", "2", "--set", "train.steps=20", "--set", "record.checkpoints=[0, 12, 20]"]);
    let run = |folder: &TempDir| folder.path().join("runs/a/seed-0");
    // The specs name different folders.
    for folder in [&one, &two] {
        fs::remove_file(run(folder).join("spec.toml")).unwrap();
        fs::remove_file(run(folder).join("manifest.json")).unwrap();
    }
    assert_same_run(&run(&one), &run(&two));
}

#[test]
fn lines_are_translated_in_their_order_with_attention_and_a_score() {
    let folder = folder();
    train(&folder, &[]);
    let input = "ein Hund\n\nein rote Hund sieht\n";
    let [out, error] = translate(&folder, &["--attention", "alpha.jsonl", "--subwords"], input);
    let lines: Vec<&str> = out.split('\n').collect();
    assert_eq!((lines.len(), lines[1]), (4, ""), "{out}");
    assert!(error.contains("3 lines translated with the checkpoint of step 12"), "{error}");
    let alpha = fs::read_to_string(folder.path().join("alpha.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(alpha.lines().next().unwrap()).unwrap();
    let [source, target, rows] =
        ["source", "target", "alpha"].map(|key| first[key].as_array().unwrap().len());
    assert_eq!((target, first["source"][0].as_str()), (rows, Some("<s>")));
    let sum: f64 = first["alpha"][0].as_array().unwrap().iter().map(|a| a.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5 && first["alpha"][0].as_array().unwrap().len() == source);
    write(&folder, "a.ref", "a dog\n\na red dog sees\n");
    let [again, error] = translate(&folder, &["--reference", "a.ref", "--threads", "1"], input);
    assert_eq!(again, out);
    assert!(error.contains("BLEU = ") && error.contains("tok:13a"), "{error}");
}

#[test]
fn what_cannot_translate_says_why() {
    let folder = folder();
    train(&folder, &[]);
    let fails =
        |arguments: &[&str], code: i32| failure(onset(&folder).arg("translate").args(arguments), code);
    let message = fails(&["runs/a/seed-0", "--step", "7"], 1);
    assert!(message.contains("no parameters for step 7") && message.contains("0, 12"), "{message}");
    assert!(fails(&["runs/a/seed-0", "--beam", "0"], 2).contains("--beam"));
    fs::remove_file(folder.path().join("runs/a/seed-0/tokenizer.json")).unwrap();
    assert!(fails(&["runs/a/seed-0"], 1).contains("tokenizer.json"));
    onset(&folder).args(["train", "copying"]).args(support::SMALL).assert().success();
    let message = fails(&["runs/copying/seed-0"], 1);
    assert!(message.contains("a run of copying"), "{message}");
}

#[test]
fn pairs_that_cannot_be_used_say_why() {
    let folder = folder();
    let fails = |more: &[&str], code: i32| {
        failure(onset(&folder).args(["train", "a.toml"]).args(SMALL_PAIRS).args(more), code)
    };
    let message = fails(&["--set", "data.vocabulary=6"], 1);
    assert!(message.contains("task.vocabulary = 6") && message.contains("at least"), "{message}");
    let message = fails(&["--set", "data.max_subwords=4"], 1);
    assert!(message.contains("each of the 57 training pairs"), "{message}");
    assert!(message.contains("task.max_subwords = 4") && message.contains("longer sides have "), "{message}");
    assert!(fails(&["--set", "model.dropout=1"], 2).contains("model.dropout"));
    write(&folder, "a.en", "a\n".repeat(59));
    let message = fails(&[], 1);
    assert!(message.contains("60 lines") && message.contains("59"), "{message}");
    write(&folder, "a.toml", "task = 'translation'\n");
    assert!(fails(&[], 2).contains("task.source"));
}

#[test]
fn a_vocabulary_is_an_upper_bound() {
    let folder = folder();
    let [_, error] = success(
        onset(&folder).args(["train", "a.toml"]).args(SMALL_PAIRS).args(["--set", "data.vocabulary=8000"]),
    );
    assert!(error.contains("fewer subwords") && error.contains("task.vocabulary = 8000"), "{error}");
}

#[test]
fn bleu_is_of_a_sample_of_all_or_of_beam_search_as_asked() {
    let folder = folder();
    for (scope, columns, said) in [
        ("sample", &["bleu_sample"][..], "on 3 sentences"),
        ("beam", &["bleu_sample", "bleu_beam"], "BLEU (beam)"),
        ("full", &["bleu"], "BLEU (greedy)"),
        ("off", &[], "–"),
    ] {
        let set = ["--out", scope, "--set", &format!("task.bleu={scope}")];
        let [out, _] = success(onset(&folder).args(["train", "a.toml"]).args(SMALL_PAIRS).args(set));
        assert!(out.contains(said), "{scope}: {out}");
        let manifest = fs::read_to_string(folder.path().join(scope).join("a/seed-0/manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let scores = manifest["scores"].as_object().unwrap();
        let found: Vec<&str> =
            scores.keys().map(String::as_str).filter(|key| key.starts_with("bleu")).collect();
        let mut expected = columns.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert!(found.iter().all(|key| scores[*key].is_number()), "{scores:?}");
    }
}

#[test]
fn probes_made_again_from_checkpoints_are_the_same() {
    let folder = folder();
    train(&folder, &[]);
    let probes = folder.path().join("runs/a/seed-0/probes/step-000012.parquet");
    let before = fs::read(&probes).unwrap();
    fs::remove_file(&probes).unwrap();
    onset(&folder).args(["probe", "runs/a"]).assert().success();
    assert!(fs::read(&probes).unwrap() == before);
}
