//! Language models of text files.

mod support;

use std::fs;

use support::{assert_parts, assert_same_run, failure, messages, onset, success, write};
use tempfile::tempdir;

const SMALL: &[&str] = &[
    "--set",
    "model.width=8",
    "--set",
    "model.heads=2",
    "--set",
    "model.mlp=8",
    "--set",
    "train.batch=4",
    "--set",
    "record.every=6",
    "--set",
    "task.length=16",
    "--set",
    "task.sequences=4",
];

const STEPS: [&str; 2] = ["--set", "train.steps=12"];

/// Three hundred lines of a few words.
fn prose() -> String {
    let clauses = ["the cat saw the dog", "nobody came", "then, at last, it was late"];
    let line = |i: usize| format!("{} and {}.\n", clauses[i % 3], clauses[i * i % 7 % 3]);
    (0..300).map(line).collect()
}

#[test]
fn a_text_is_modelled_in_characters_words_and_subwords() {
    let folder = tempdir().unwrap();
    write(&folder, "corpus.txt", prose());
    for (kind, size, vocabulary) in [
        ("characters", &[][..], "vocabulary.json"),
        ("words", &[], "vocabulary.json"),
        ("subwords", &["--set", "task.vocabulary=40"], "tokenizer.json"),
    ] {
        let train = ["train", "corpus.txt", "--tokens", kind, "--name", kind];
        let [table, notes] = success(onset(&folder).args(train).args(SMALL).args(STEPS).args(size));
        assert_parts(
            &table,
            &["perplexity", "bits per character", "loss unigram", "loss bigram", "in context score"],
        );
        assert_parts(&table, &[kind, "loss at 1 ", "loss at 16"]);
        assert!(!table.contains("loss at 32"), "{table}");
        assert_parts(&notes, &[&format!(" {kind} to train on"), "held out", "in the vocabulary"]);
        let run = folder.path().join(format!("runs/{kind}/seed-0"));
        assert!(run.join(vocabulary).exists() && run.join("probes").exists());
    }
}

#[test]
fn everything_that_knows_only_records_works() {
    let folder = tempdir().unwrap();
    write(&folder, "corpus.txt", prose());
    success(onset(&folder).args(["train", "corpus.txt"]).args(SMALL).args(STEPS));
    let run = "runs/corpus/seed-0";
    success(onset(&folder).args(["probe", run]));
    success(onset(&folder).args(["report", run]));
    success(onset(&folder).args(["export", run]));
    let [listed, _] = success(onset(&folder).arg("runs"));
    assert_parts(&listed, &["corpus", "finished"]);
    assert!(folder.path().join(run).join("export/transformer.py").exists());
    write(&folder, "spec.toml", "[task]\nkind = 'corpus'\nfile = 'corpus.txt'\n");
    success(onset(&folder).args(["train", "spec.toml"]).args(SMALL).args(STEPS));
}

#[test]
fn a_run_that_is_extended_has_the_bytes_of_one_that_was_not_interrupted() {
    let folder = tempdir().unwrap();
    write(&folder, "corpus.txt", prose());
    let train = |name: &str, steps: &str, more: &[&str]| {
        let own = ["train", "corpus.txt", "--name", name, "--set", "model.dropout=0.1", "--set", steps];
        let own = onset(&folder)
            .args(own)
            .args(["--set", "record.resume=true", "--tokens", "words"])
            .args(SMALL)
            .args(more)
            .output()
            .unwrap();
        assert!(own.status.success(), "{}", String::from_utf8_lossy(&own.stderr));
    };
    train("whole", "train.steps=18", &[]);
    train("parts", "train.steps=12", &[]);
    train("parts", "train.steps=18", &["--resume"]);
    let at = |name: &str| folder.path().join(format!("runs/{name}/seed-0"));
    assert_same_run(&at("whole"), &at("parts"));
}

#[test]
fn a_file_of_its_own_is_validated_on() {
    let folder = tempdir().unwrap();
    write(&folder, "corpus.txt", prose());
    write(&folder, "other.txt", "the bird saw the dog.\n".repeat(20));
    let [_, notes] = success(
        onset(&folder).args(["train", "corpus.txt", "--validation", "other.txt"]).args(SMALL).args(STEPS),
    );
    assert_parts(&notes, &["440 held out", "of 440 tokens held out", "<unk>"]);
    let message =
        failure(onset(&folder).args(["train", "corpus.txt", "--validation", "none.txt"]).args(SMALL), 1);
    assert_parts(&message, &["cannot read", "none.txt", "check the path"]);
}

#[test]
fn a_txt_file_that_looks_like_a_table_is_one() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.txt", messages());
    let [table, _] = success(onset(&folder).args(["train", "messages.txt", "--set", "train.steps=2"]));
    assert_parts(&table, &["accuracy", "texts"]);
    write(&folder, "lines.txt", "good\ta fine film\nbad\ta dull film\n");
    let message = failure(onset(&folder).args(["train", "lines.txt"]), 1);
    assert_parts(&message, &["has no column `text`", "--text-column"]);
    write(&folder, "corpus.txt", prose());
    let message = failure(onset(&folder).args(["train", "corpus.txt", "--labels", "a,b"]), 1);
    assert_parts(&message, &["has no column `text`"]);
    let message = failure(onset(&folder).args(["data", "inspect", "corpus.txt"]), 2);
    assert_parts(&message, &["running text without labels"]);
}

#[test]
fn what_is_impossible_is_refused_with_a_remedy() {
    let folder = tempdir().unwrap();
    write(&folder, "corpus.txt", prose());
    write(&folder, "empty.txt", "\n");
    write(&folder, "short.txt", "a few words");
    write(&folder, "same.txt", "a".repeat(5000));
    write(&folder, "latin.txt", b"one line\nf\xfcr dich\n".repeat(50));
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (target, parts) in [
        ("empty.txt", &["empty.txt is empty", "expected running text"][..]),
        ("short.txt", &["short.txt: the text to train on has 10 tokens", "longer text"]),
        ("same.txt", &["same.txt: the text to train on only repeats a", "another text"]),
        ("latin.txt", &["latin.txt:2: a byte that is not UTF-8", "windows-1252", "--encoding"]),
    ] {
        assert_parts(&failure(onset(&folder).args(["train", target]).args(SMALL), 1), parts);
    }
    for (set, code, parts) in [
        ("task.length=1", 2, &["task.length = 1", "at least 2"][..]),
        ("task.vocabulary=4", 2, &["task.vocabulary = 4"]),
        ("task.validation_fraction=0.001", 1, &["held-out part has", "raise task.validation_fraction"]),
        ("task.file=folder", 1, &["folder is a folder", "expected one text file"]),
        ("model.kind=rnn", 2, &["single sequences"]),
    ] {
        assert_parts(&failure(onset(&folder).args(["train", "corpus.txt", "--set", set]), code), parts);
    }
    success(
        onset(&folder).args(["train", "latin.txt", "--encoding", "windows-1252"]).args(SMALL).args(STEPS),
    );
}
