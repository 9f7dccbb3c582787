//! Runs to look at: trained in a moment, or made up in any number.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use onset::spec::{Intervene, Spec};
use onset::store::{Column, Manifest, RunDirectory, Status, Table};
use onset::train::{Branching, Prepared, RunOptions, Start, run};

/// Copying eight words of twelve, for a few seeds.
pub fn copying(folder: &Path, seeds: u64, more: &[&str]) {
    let name = if more.is_empty() {
        "copying".into()
    } else {
        format!("copying-{}", more.join("-").replace(['=', '.'], "-"))
    };
    for seed in 0..seeds {
        let mut set = vec![
            "data.vocabulary=12",
            "data.length=8",
            "model.hidden=24",
            "model.embedding=24",
            "train.batch=16",
            "train.steps=60",
            "record.every=5",
            "record.sequences=12",
            "record.checkpoints=[0, 60]",
        ];
        set.extend(more);
        train("task = 'copying'", &folder.join(&name).join(format!("seed-{seed}")), seed, &set);
    }
}

/// The built-in keyword task.
pub fn keyword(folder: &Path) {
    let set = [
        "model.hidden=8",
        "model.embedding=8",
        "model.attention_hidden=6",
        "train.batch=16",
        "train.steps=60",
        "record.checkpoints=[0, 10, 20, 30, 40, 50, 60]",
    ];
    train("task = 'classification'", &folder.join("keyword/seed-0"), 0, &set);
}

/// Sixty pairs of a language of five words, one for one.
pub fn translation(folder: &Path, files: &Path) {
    let words = [["ein", "a"], ["Hund", "dog"], ["Kind", "child"], ["sieht", "sees"], ["rote", "red"]];
    for (side, name) in ["a.de", "a.en"].iter().enumerate() {
        let line = |i: usize| {
            let inner: Vec<&str> =
                (0..3 + i % 4).map(|j| words[(i * 3 + j * j) % words.len()][side]).collect();
            inner.join(" ") + "\n"
        };
        fs::write(files.join(name), (0..60).map(line).collect::<String>()).unwrap();
    }
    let spec = format!(
        "task = 'translation'\n[data]\nsource = '{}'\ntarget = '{}'\n",
        files.join("a.de").display(),
        files.join("a.en").display()
    );
    let set = [
        "model.hidden=12",
        "model.embedding=12",
        "data.vocabulary=24",
        "train.batch=8",
        "train.steps=60",
        "record.checkpoints=[0, 20, 40, 60]",
        "record.influence=3",
        "record.bleu=false",
    ];
    train(&spec, &folder.join("pairs/seed-0"), 0, &set);
}

/// Branches of the runs that [`copying`] makes in `folder`, one for each seed: from step 20 on, attention is uniform.
pub fn uniform_from_20(folder: &Path, seeds: u64) {
    for seed in 0..seeds {
        let parent = folder.join("copying").join(format!("seed-{seed}"));
        let changes = Intervene::of(&["attention=uniform".to_owned()]).unwrap();
        let branching = Branching { parent, at: 20, changes, steps: None, retrace: true };
        let (spec, path) = (branching.spec().unwrap(), folder.join("uniform").join(format!("seed-{seed}")));
        let data = Prepared::load(&spec).unwrap();
        branching.prepare(&spec, &data, &path).unwrap();
        let options = RunOptions { start: Start::Resume, threads: 1, cancel: &AtomicBool::new(false) };
        run(&spec, &data, &path, options, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    }
}

fn train(text: &str, path: &Path, seed: u64, set: &[&str]) {
    let mut overrides: Vec<String> = set.iter().map(ToString::to_string).collect();
    overrides.push(format!("seed={seed}"));
    let spec = Spec::parse(text, "test", &overrides).unwrap();
    let data = Prepared::load(&spec).unwrap();
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    run(&spec, &data, path, options, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
}

/// A finished run that was never trained: `rows` losses and a thousand evaluations. For loads, not for looks.
pub fn made_up(folder: &Path, number: u64, rows: u64) {
    let (setting, seed) = (number / 5, number % 5);
    let path = folder.join(format!("setting-{setting:03}/seed-{seed}"));
    let spec = format!(
        "task = 'copying'\nseed = {seed}\n[train]\nsteps = {rows}\n[model]\nhidden = {}\n",
        16 + setting
    );
    let loss =
        |step: u64| 3.7 / (1.0 + step as f64 / 2000.0) + 0.05 * ((step * (number + 3)) % 17) as f64 / 17.0;
    let accuracy = |step: u64| 1.0 - 1.0 / (1.0 + step as f64 / (1500.0 + 40.0 * number as f64));
    let manifest: Manifest = serde_json::from_value(serde_json::json!({
        "format": Manifest::FORMAT, "onset": "0", "task": "copying", "seed": seed, "status": "finished",
        "steps_done": rows, "steps": rows, "spec_digest": "", "data_digest": null, "parameters": 1000,
        "scores": { "accuracy": accuracy(rows), "loss": loss(rows) }, "failure": null,
    }))
    .unwrap();
    let run = RunDirectory::create(&path, &spec, manifest).unwrap();
    run.append_journal("started", 0.0, None).unwrap();
    run.append_journal("finished", 60.0, None).unwrap();
    training(&run, rows, loss);
    let evaluated: Vec<u64> = (0..=rows.min(1000)).map(|place| place * rows / rows.min(1000)).collect();
    Table::new()
        .with("step", Column::Int(evaluated.iter().map(|&step| step as i64).collect()))
        .with("loss", Column::Float(evaluated.iter().map(|&step| loss(step)).collect()))
        .with("accuracy", Column::Float(evaluated.iter().map(|&step| accuracy(step)).collect()))
        .write(&run.evaluation_path())
        .unwrap();
}

/// The loss of every step.
fn training(run: &RunDirectory, rows: u64, loss: impl Fn(u64) -> f64) {
    let steps: Vec<u64> = (1..=rows).collect();
    Table::new()
        .with("step", Column::Int(steps.iter().map(|&step| step as i64).collect()))
        .with("loss", Column::Float(steps.iter().map(|&step| loss(step)).collect()))
        .write(&run.training_path())
        .unwrap();
}

/// A run that claims to be running, held by this process for as long as what is returned lives.
pub fn running(folder: &Path, id: &str) -> RunDirectory {
    let manifest: Manifest = serde_json::from_value(serde_json::json!({
        "format": Manifest::FORMAT, "onset": "0", "task": "copying", "seed": 7, "status": Status::Running,
        "steps_done": 0, "steps": 100, "spec_digest": "", "data_digest": null, "parameters": 1000,
        "scores": {}, "failure": null,
    }))
    .unwrap();
    RunDirectory::create(&folder.join(id), "task = 'copying'\nseed = 7\n", manifest).unwrap()
}

/// Writes the first `count` evaluations of a running run.
pub fn advance(run: &RunDirectory, count: i64) {
    Table::new()
        .with("step", Column::Int((0..count).map(|place| place * 10).collect()))
        .with("loss", Column::Float((0..count).map(|place| 3.0 / (1 + place) as f64).collect()))
        .with("accuracy", Column::Float((0..count).map(|place| 1.0 - 1.0 / (1 + place) as f64).collect()))
        .write(&run.evaluation_path())
        .unwrap();
}
