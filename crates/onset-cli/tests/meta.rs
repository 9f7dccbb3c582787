//! Meta-tuning: a collection is checked, trained on, and used to label new texts; what does not fit is named.

mod support;

use std::fs;

use support::{failure, onset, success, write};
use tempfile::{TempDir, tempdir};

const SMALL: &[&str] = &[
    "--set",
    "model.width=8",
    "--set",
    "model.heads=2",
    "--set",
    "model.layers=1",
    "--set",
    "model.mlp=8",
    "--set",
    "train.steps=8",
    "--set",
    "train.warmup=2",
    "--set",
    "train.batch=4",
    "--set",
    "task.evaluation=4",
    "--set",
    "task.min_count=1",
    "--set",
    "record.checkpoints=[0, 4]",
    "--set",
    "record.probes=2",
];

fn set(tag: &str, labels: [&str; 2]) -> String {
    let label = |label: &str| {
        format!(
            "[[labels]]\nvalue = '{label}'\nname = 'is {label}'\ndescriptions = ['Does it say {label}?', 'Is it about {label}?']\n"
        )
    };
    format!(
        "about = 'a'\nsource = '{tag}'\ntrain = 'a.tsv'\ntags = ['{tag}']\n{}{}",
        label(labels[0]),
        label(labels[1])
    )
}

fn rows(labels: [&str; 2]) -> String {
    (0..30).fold("text\tlabel\n".into(), |text, i| {
        let label = labels[i % 2];
        text + &format!("here is {label} for number {i}\t{label}\n")
    })
}

/// A collection of three sets, with their data in `data`.
fn collection() -> TempDir {
    let folder = tempdir().unwrap();
    fs::create_dir_all(folder.path().join("collections")).unwrap();
    for (tag, labels) in
        [("animals", ["cat", "dog"]), ("colours", ["red", "blue"]), ("tools", ["saw", "axe"])]
    {
        write(&folder, &format!("collections/{tag}.toml"), set(tag, labels));
        fs::create_dir_all(folder.path().join("data").join(tag)).unwrap();
        write(&folder, &format!("data/{tag}/a.tsv"), rows(labels));
    }
    folder
}

#[test]
fn a_collection_is_checked_and_what_does_not_fit_is_named() {
    let folder = collection();
    let [table, _] = success(onset(&folder).args(["meta", "check"]));
    assert!(table.contains("animals") && table.contains("30"), "{table}");
    write(&folder, "data/animals/a.tsv", rows(["cat", "dog"]) + "a bird\tbird\nan owl\towl\n");
    write(&folder, "data/tools/a.tsv", rows(["saw", "saw"]) + "here is red for number 0\tsaw\n");
    let output = onset(&folder).args(["meta", "check"]).assert().code(1).get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    for part in [
        "animals.toml does not describe: \"bird\" (1), \"owl\" (1)",
        "tools.toml describes labels that no text of",
        "\"axe\"",
    ] {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    let json = onset(&folder).args(["meta", "check", "--json"]).assert().code(1).get_output().stdout.clone();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["sets"].as_array().unwrap().len(), 3);
    write(&folder, "collections/colours.toml", set("colours", ["red", "blue"]).replace("tags", "tgas"));
    let message = failure(onset(&folder).args(["meta", "check"]), 1);
    assert!(message.contains("colours.toml") && message.contains("tgas"), "{message}");
}

#[test]
fn a_model_is_trained_reported_resumed_and_labels_texts_by_descriptions() {
    let folder = collection();
    let train = ["meta", "train", "--held-out", "animals"];
    let [table, notes] = success(onset(&folder).args(train).args(SMALL));
    assert!(table.contains("accuracy"), "{table}");
    assert!(notes.contains("2 sets with 8 descriptions"), "{notes}");
    let run = "runs/meta-without-animals/seed-0";
    success(onset(&folder).args(["report", run]));
    let spec = fs::read_to_string(folder.path().join(run).join("spec.toml")).unwrap();
    assert!(spec.contains("optimizer = \"adamw\"") && spec.contains("schedule = \"linear\""), "{spec}");
    success(onset(&folder).args(train).args(SMALL).arg("--resume"));
    write(&folder, "new.csv", "id,text\n1,here is a cat\n2,the dog of the house\n");
    write(
        &folder,
        "labels.toml",
        "[[labels]]\nname = 'cats'\ndescriptions = ['Does it say cat?']\n[[labels]]\nname = 'dogs'\ndescriptions = ['Does it say dog?']\n",
    );
    let classify = |more: &[&str]| success(onset(&folder).args(["classify"]).args(more));
    let [labels, _] = classify(&["--model", run, "--labels", "labels.toml", "new.csv"]);
    assert_eq!(labels.lines().count(), 2, "{labels}");
    let questions = ["--label", "cats=Does it say cat?", "--label", "dogs=Does it say dog?"];
    let [same, _] = classify(&[&[run, "new.csv"], &questions[..]].concat());
    assert_eq!(same, labels);
    let [json, _] = classify(&[&[run, "new.csv", "--json"], &questions[..]].concat());
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["words"].as_array().unwrap().len(), first["alpha"].as_array().unwrap().len());
    assert!(first["probabilities"]["cats"].is_number() && first["probabilities"]["dogs"].is_number());
    for form in ["new.html", "words.csv"] {
        classify(&[&[run, "new.csv", "-o", form], &questions[..]].concat());
        assert!(folder.path().join(form).exists());
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let folder = collection();
    for (words, expected) in [
        (
            &["meta", "train", "--held-out", "animal"][..],
            "has no set or group \"animal\", did you mean `animals`",
        ),
        (&["meta", "train", "--held-out", "animals,colours,tools"], "no set of"),
        (&["meta", "train", "--from", "nowhere"], "none has its files in"),
        (&["meta", "train", "--similar"], "--held-out"),
        (&["meta", "check", "--collection", "nowhere"], "cannot read the collection nowhere"),
        (&["meta", "check", "--from", "nowhere"], "no set of collections has its files in nowhere"),
        (&["reproduce", "meta-tuning"], "--pretrained"),
    ] {
        let output = onset(&folder).args(words).assert().failure().get_output().stderr.clone();
        let message = String::from_utf8(output).unwrap();
        assert!(message.contains(expected), "{words:?}: {message}");
    }
    success(onset(&folder).args(["meta", "train"]).args(SMALL));
    let run = "runs/meta/seed-0";
    write(&folder, "new.txt", "here is a cat\n");
    write(&folder, "bad.toml", "[[labels]]\nname = 'a'\ndescriptions = []\n");
    for (more, expected) in [
        (&[][..], "give --labels FILE.toml or --label NAME=QUESTION"),
        (&["--labels", "bad.toml"], "bad.toml: the label \"a\" has no `descriptions`"),
        (&["--label", "a=Is it?", "--label", "b=Is it?"], "occurs twice"),
    ] {
        let output = onset(&folder)
            .args(["classify", run, "new.txt"])
            .args(more)
            .assert()
            .failure()
            .get_output()
            .stderr
            .clone();
        let message = String::from_utf8(output).unwrap();
        assert!(message.contains(expected), "{more:?}: {message}");
    }
    success(onset(&folder).args(["train", "--set", "train.steps=4", "--set", "model.hidden=4"]));
    let message = failure(
        onset(&folder).args(["classify", "runs/keyword/seed-0", "new.txt", "--label", "a=Is it?"]),
        2,
    );
    assert!(message.contains("has labels of its own"), "{message}");
}
