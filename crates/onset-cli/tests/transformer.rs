//! Transformers of several layers and heads, on each task that they fit.

mod support;

use std::fs;

use support::{assert_parts, failure, messages, onset, success, write};
use tempfile::tempdir;

const SMALL: &[&str] = &[
    "--set",
    "model.kind=transformer",
    "--set",
    "model.width=8",
    "--set",
    "model.heads=2",
    "--set",
    "model.mlp=8",
    "--set",
    "train.steps=12",
    "--set",
    "train.batch=4",
    "--set",
    "record.probes=2",
    "--set",
    "record.influence=2",
];

#[test]
fn every_task_that_fits_is_trained_recorded_reported_and_exported() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    for (target, more) in [
        ("markov", &["--set", "task.length=12"][..]),
        ("item-label", &["--set", "task.items=6"]),
        ("induction", &["--set", "task.length=4"]),
        ("copying", &["--set", "task.length=4", "--set", "task.vocabulary=6"]),
        ("messages.tsv", &[]),
    ] {
        let [table, _] = success(onset(&folder).args(["train", target]).args(SMALL).args(more));
        assert!(table.contains("accuracy"), "{target}: {table}");
        let run = format!("runs/{}/seed-0", target.trim_end_matches(".tsv"));
        success(onset(&folder).args(["probe", &run]));
        success(onset(&folder).args(["report", &run]));
        success(onset(&folder).args(["export", &run]));
        assert!(folder.path().join(&run).join("export/transformer.py").exists());
    }
}

#[test]
fn references_stand_beside_the_loss_of_a_markov_chain() {
    let folder = tempdir().unwrap();
    let small = ["--set", "task.symbols=3", "--set", "task.length=20"];
    let [table, _] = success(onset(&folder).args(["train", "markov"]).args(SMALL).args(small));
    assert_parts(&table, &["loss uniform", "1.099", "loss unigram", "loss bigram", "loss oracle", "0.8"]);
}

#[test]
fn a_run_that_is_interrupted_goes_on_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let train = |name: &str, steps: &str, more: &[&str]| {
        let own =
            ["--name", name, "--set", "model.dropout=0.1", "--set", steps, "--set", "record.resume=true"];
        success(onset(&folder).args(["train", "markov"]).args(SMALL).args(own).args(more));
    };
    train("whole", "train.steps=20", &[]);
    train("parts", "train.steps=10", &[]);
    train("parts", "train.steps=20", &["--resume"]);
    let [whole, parts] = ["whole", "parts"].map(|name| {
        let checkpoints = folder.path().join(format!("runs/{name}/seed-0/checkpoints"));
        let mut names: Vec<_> =
            fs::read_dir(checkpoints).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        fs::read(names.last().unwrap()).unwrap()
    });
    assert!(whole == parts);
}

#[test]
fn what_is_impossible_names_its_key() {
    let folder = tempdir().unwrap();
    for (set, part) in [
        ("model.heads=3", "must divide model.width = 8"),
        ("model.layers=0", "model.layers"),
        ("model.positions=spiral", "positions"),
    ] {
        let message = failure(onset(&folder).args(["train", "markov"]).args(SMALL).args(["--set", set]), 2);
        assert_parts(&message, &[part]);
    }
    let message = failure(onset(&folder).args(["predict", "induction"]), 2);
    assert_parts(&message, &["no theory for the task induction"]);
}

#[test]
fn what_each_head_does_is_recorded_and_shown() {
    let folder = tempdir().unwrap();
    let small = ["--set", "task.length=20", "--set", "record.every=6"];
    success(onset(&folder).args(["train", "markov"]).args(SMALL).args(small));
    let run = folder.path().join("runs/markov/seed-0");
    assert!(run.join("heads.parquet").exists());
    let [_, _] = success(onset(&folder).args(["report", "runs/markov", "--output", "r.html"]));
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert_parts(&page, &["What each head does", "prefix matching", "Which head became what, and when"]);
    // The same bytes when it is interrupted by a smaller budget and goes on.
    let [first, rest] = [["--set", "train.steps=6"], ["--set", "train.steps=12"]];
    let train = |more: [&str; 2]| {
        let own = ["train", "markov", "--out", "again", "--resume", "--set", "record.resume=true"];
        success(onset(&folder).args(own).args(SMALL).args(small).args(more));
    };
    train(first);
    train(rest);
    let bytes = |run: &str| fs::read(folder.path().join(run).join("markov/seed-0/heads.parquet")).unwrap();
    assert_eq!(bytes("runs"), bytes("again"));
    let without = ["train", "markov", "--out", "without", "--set", "record.heads=false"];
    success(onset(&folder).args(without).args(SMALL).args(small));
    assert!(!folder.path().join("without/markov/seed-0/heads.parquet").exists());
}

#[test]
fn single_heads_are_clamped_and_impossible_modes_are_refused() {
    let folder = tempdir().unwrap();
    let small = ["--set", "task.length=20"];
    let modes = ["--set", "model.modes=[\"0:previous\", \"1.1:uniform\", \"1.0:clamped\"]"];
    success(onset(&folder).args(["train", "markov"]).args(SMALL).args(small).args(modes));
    let spec = fs::read_to_string(folder.path().join("runs/markov/seed-0/spec.toml")).unwrap();
    assert_parts(&spec, &["0:previous", "1.1:uniform", "1.0:clamped"]);
    write(&folder, "messages.tsv", messages());
    for (target, modes, parts) in [
        ("markov", "[\"7:uniform\"]", &["model.modes", "7:uniform", "layers are 0 to 1"][..]),
        ("markov", "[\"0:sideways\"]", &["0:sideways", "LAYER.HEAD:MODE"]),
        ("markov", "[\"0:given\"]", &["model.modes", "only a program"]),
        ("messages.tsv", "[\"0:previous\"]", &["model.modes", "token before"]),
    ] {
        let modes = format!("model.modes={modes}");
        let message = failure(onset(&folder).args(["train", target]).args(SMALL).args(["--set", &modes]), 2);
        assert_parts(&message, parts);
    }
}

#[test]
fn the_levels_of_markov_chains_are_predicted_sealed_and_scored() {
    let folder = tempdir().unwrap();
    let [table, _] = success(onset(&folder).args(["predict", "markov", "--set", "task.symbols=3"]));
    assert_parts(&table, &["unigram", "1.00", "bigram", "ends at the level of bigram"]);
    let [table, _] = success(onset(&folder).args(["predict", "item-label"]));
    assert_parts(&table, &["in_sight", "0.693", "ends at the level of matched", "no step is predicted"]);
    let message = failure(onset(&folder).args(["predict", "markov", "--seeds", "3"]), 2);
    assert_parts(&message, &["--seeds", "depend on no seed"]);
    let small = ["--set", "task.length=20"];
    success(onset(&folder).args(["forecast", "markov"]).args(SMALL).args(small));
    success(onset(&folder).args(["train", "markov"]).args(SMALL).args(small));
    let [table, _] = success(onset(&folder).args(["report", "runs/markov"]));
    assert_parts(&table, &["ends at bigram", "at the end"]);
}

#[test]
fn the_induction_study_runs_is_continued_and_reported() {
    let folder = tempdir().unwrap();
    let small =
        ["--seeds", "1", "--set", "train.steps=4", "--set", "record.every=2", "--set", "train.batch=4"];
    let command = || {
        let mut command = onset(&folder);
        command.args(["reproduce", "induction"]).args(small);
        command
    };
    let [table, _] = success(&mut command());
    assert_parts(&table, &["markov-2-previous", "item-label", "not by 4", "Markov chains of 3 symbols"]);
    let page = fs::read_to_string(folder.path().join("runs/induction/report.html")).unwrap();
    assert_parts(&page, &["An induction head appears", "What each head does", "unigram"]);
    let [json, _] = success(command().arg("--json"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"]["settings"].as_array().unwrap().len(), 8);
}

#[test]
fn a_run_that_moved_together_with_its_pretrained_model_is_probed_and_continued() {
    let folder = tempdir().unwrap();
    let there = folder.path().join("there");
    fs::create_dir_all(there.join("gpt2-small")).unwrap();
    let golden =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../onset/tests/golden/hugging_face/gpt2");
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(golden.join(file), there.join("gpt2-small").join(file)).unwrap();
    }
    fs::write(there.join("corpus.txt"), "the cat sat on the mat and the dog sat too\n".repeat(60)).unwrap();
    let short = [
        "--set",
        "train.steps=2",
        "--set",
        "train.batch=2",
        "--set",
        "record.probes=2",
        "--set",
        "task.length=8",
    ];
    let given = ["train", "there/corpus.txt", "--pretrained", "there/gpt2-small", "--out", "there/runs"];
    success(onset(&folder).args(given).args(short));
    fs::rename(&there, folder.path().join("here")).unwrap();
    let run = "here/runs/corpus-gpt2-small/seed-0";
    success(onset(&folder).args(["probe", run]));
    success(onset(&folder).args(["train", run, "--resume", "--set", "train.steps=4"]));
}

#[test]
fn the_step_of_a_drop_is_predicted_sealed_and_scored_and_withheld_with_the_reason_elsewhere() {
    let folder = tempdir().unwrap();
    let law: Vec<&str> = "model.layers=2 model.heads=1 model.mlp=0 model.positions='relative' model.dropout=0.1 model.width=16 task.sequences=4 \
                          train.steps=4 record.every=2 record.probes=1 record.influence=0"
        .split(' ')
        .flat_map(|key| ["--set", key])
        .collect();
    let [said, _] = success(onset(&folder).args(["predict", "markov"]).args(&law));
    assert_parts(&said, &["halfway from the plateau", "80 % interval", "within the 4 steps"]);
    let [said, _] = success(onset(&folder).args(["predict", "markov", "--set", "train.batch=32"]).args(&law));
    assert_parts(&said, &["no step is predicted", "train.batch is 32"]);
    success(onset(&folder).args(["forecast", "markov"]).args(&law));
    success(onset(&folder).args(["train", "markov"]).args(&law));
    let [said, _] = success(onset(&folder).args(["report", "runs/markov"]));
    assert_parts(&said, &["drop at", "drop not by 4"]);
    let refused =
        failure(onset(&folder).args(["reproduce", "drops", "--quick", "--set", "train.batch=8"]), 2);
    assert_parts(&refused, &["train.batch is 8", "leave out what --set changes"]);
}

#[test]
fn the_study_of_drops_seals_trains_and_scores_its_forecasts() {
    let folder = tempdir().unwrap();
    let small = [
        "--quick",
        "--set",
        "train.steps=2",
        "--set",
        "task.sequences=2",
        "--set",
        "record.every=2",
        "--set",
        "record.heads=false",
    ];
    let [table, _] =
        success(onset(&folder).args(["reproduce", "drops", "--set", "record.probes=0"]).args(small));
    assert_parts(
        &table,
        &["held out", "not by 2", "Of 16 runs of 16 settings that were not fitted", "80 % intervals"],
    );
    let page = fs::read_to_string(folder.path().join("runs/drops/report.html")).unwrap();
    assert_parts(&page, &["said in advance", "Calibration"]);
}
