//! What is changed on the way: as by hand, wherever the run was cut, and as a branch.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use onset_engine::AttentionMode;

use super::*;
use crate::spec::Spec;
use crate::store::Status;
use crate::train::{Branching, Event, Prepared, RunOptions, Start, run};

const SPEC: &str = "[task]\nkind = 'copying'\nvocabulary = 6\nlength = 4\n[model]\nhidden = 8\nembedding = 8\n[train]\n\
    steps = 12\nbatch = 4\n[record]\nevery = 2\ncheckpoints = [0, 4, 8]\nstates = [4]\n";

fn spec(more: &str) -> Spec {
    Spec::parse(&format!("{SPEC}{more}"), "spec.toml", &[]).unwrap()
}

fn trainer(spec: &Spec) -> Trainer {
    Trainer::new(spec, &Prepared::synthetic(spec), 1)
}

fn values(trainer: &Trainer) -> Vec<f32> {
    trainer.values().flatten().copied().collect()
}

/// Trains, and stops once after step `stop`.
fn train(spec: &Spec, path: &Path, stop: Option<u64>) {
    let (cancel, data) = (AtomicBool::new(false), Prepared::synthetic(spec));
    let go = |start, stop: Option<u64>| {
        let options = RunOptions { start, threads: 1, cancel: &cancel };
        run(spec, &data, path, options, &mut |event| match event {
            Event::Stepped { step, .. } if Some(step) == stop => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap()
    };
    if stop.is_some() {
        assert_eq!(go(Start::New, stop).status, Status::Interrupted);
    }
    assert_eq!(go(Start::Resume, None).status, Status::Finished);
}

/// All records and parameters of a run.
fn records(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in ["", "probes", "checkpoints", "states"] {
        for entry in std::fs::read_dir(path.join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".parquet")
                || name.ends_with(".safetensors")
                || name == "spec.toml"
                || name == "manifest.json"
            {
                all.push((format!("{folder}/{name}"), std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    all.sort();
    all
}

const CHANGES: &str = "[[intervene]]\nat = 4\nattention = 'uniform'\nlearning_rate = 0.01\nbatch = 7\n\
    [[intervene]]\nat = 6\nattention = 'learned'\nswap_head = 0\nhead_seed = 5\n[[intervene]]\nat = 8\nfreeze = 'rest'\n\
    [intervene.task]\nnoise = 0.4\n";

#[test]
fn changes_of_a_spec_are_those_made_by_hand() {
    let mut planned = trainer(&spec(
        "[[intervene]]\nat = 3\nattention = 'uniform'\nfreeze = 'body'\nlearning_rate = 0.01\n",
    ));
    let mut by_hand = trainer(&spec(""));
    for step in 0..6 {
        if step == 3 {
            by_hand.intervene(&Intervention::attention(AttentionMode::Uniform)).unwrap();
            by_hand.intervene(&Intervention::Freeze { group: FreezeTarget::Body }).unwrap();
            by_hand.intervene(&Intervention::LearningRate { rate: 0.01 }).unwrap();
        }
        planned.step().unwrap();
        by_hand.step().unwrap();
        assert_eq!(values(&planned), values(&by_hand), "step {step}");
    }
    let mut plain = trainer(&spec(""));
    for _ in 0..6 {
        plain.step().unwrap();
    }
    assert_ne!(values(&planned), values(&plain));
}

#[test]
fn from_its_step_on_examples_are_drawn_from_the_changed_task() {
    let changed = "[[intervene]]\nat = 3\n[intervene.task]\nrepetition = true\nfrequencies = 'zipf'\n\
        [[intervene]]\nat = 5\ntask = { noise = 0.5 }\n";
    let keys = ["task.repetition=true", "task.frequencies='zipf'", "task.noise=0.5"].map(String::from);
    let mut planned = trainer(&spec(changed));
    planned.check_planned().unwrap();
    let mut others = [&[][..], &keys[..2], &keys].map(|keys| trainer(&Spec::parse(SPEC, "", keys).unwrap()));
    for step in 0..8 {
        let other = &mut others[usize::from(step >= 3) + usize::from(step >= 5)];
        // The other task's next step, from where this one stands.
        let snapshot = tempfile::NamedTempFile::new().unwrap();
        planned.write_snapshot(snapshot.path()).unwrap();
        other.restore(snapshot.path()).unwrap();
        planned.step().unwrap();
        other.step().unwrap();
        assert_eq!(values(&planned), values(other), "step {step}");
        assert_eq!(planned.evaluate(), other.evaluate(), "step {step}");
    }
    planned.as_begun();
    assert!(planned.experiment().task().digest().is_none());
}

#[test]
fn a_task_that_cannot_change_so_is_refused_with_the_spec() {
    let refused = |text: &str| Spec::parse(text, "spec.toml", &[]).unwrap_err().to_string();
    for (keys, part) in [
        ("vocabulary = 7", "the form of the model"),
        ("noise = 2.0", "below 1"),
        ("noice = 0.1", "noice"),
        ("length = 9", "without repetition"),
    ] {
        let message = refused(&format!("{SPEC}[[intervene]]\nat = 4\ntask = {{ {keys} }}\n"));
        assert!(message.contains(part), "{keys}: {message}");
    }
    let nothing = refused(&format!("{SPEC}[[intervene]]\nat = 4\ntask = {{}}\n"));
    assert!(nothing.contains("changes nothing"), "{nothing}");
    let file = "task = 'classification'\n[data]\nfile = 'a.tsv'\n[[intervene]]\nat = 4\ntask = { lowercase = false }\n";
    assert!(refused(file).contains("reads its examples from files"), "{}", refused(file));
}

#[test]
fn a_run_that_is_cut_before_between_or_after_changes_has_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(CHANGES);
    let whole = folder.path().join("whole");
    train(&spec, &whole, None);
    for stop in [3, 4, 5, 6, 7, 9] {
        let cut = folder.path().join(stop.to_string());
        train(&spec, &cut, Some(stop));
        assert!(records(&cut) == records(&whole), "cut at {stop}");
    }
}

#[test]
fn a_branch_has_the_bytes_of_its_spec_trained_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("parent");
    train(&spec(""), &parent, None);
    let changes = Intervene {
        attention: Some(AttentionMode::Uniform),
        freeze: Some(FreezeTarget::Rest),
        ..Intervene::default()
    };
    for at in [0, 4] {
        let branching =
            Branching { parent: parent.clone(), at, changes: changes.clone(), steps: None, retrace: false };
        let spec = branching.spec().unwrap();
        let [branch, whole] = ["branch", "whole"].map(|name| folder.path().join(format!("{name}-{at}")));
        branching.prepare(&spec, &Prepared::synthetic(&spec), &branch).unwrap();
        train(&spec, &branch, None);
        train(&spec, &whole, None);
        let names =
            |records: Vec<(String, Vec<u8>)>| records.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(records(&branch)), names(records(&whole)));
        for ((name, own), (_, other)) in records(&branch).into_iter().zip(records(&whole)) {
            assert!(own == other, "{name} at {at}");
        }
        assert!(records(&branch) != records(&parent));
    }
    let branching = Branching { parent: parent.clone(), at: 5, changes, steps: None, retrace: false };
    let spec = branching.spec().unwrap();
    let path = folder.path().join("none");
    let message = branching.prepare(&spec, &Prepared::synthetic(&spec), &path).unwrap_err().to_string();
    for part in ["no state at step 5", "steps 0, 4", "record.states"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!path.exists());
}

#[test]
fn parameters_of_another_run_are_put_in_and_only_those_of_their_group() {
    let folder = tempfile::tempdir().unwrap();
    let donor = folder.path().join("donor");
    train(&spec("").with_seed(9), &donor, None);
    let entry =
        format!("[[intervene]]\nat = 2\ntransplant = '{}'\ngroup = 'attention'\nstep = 8\n", donor.display());
    let mut receiver = trainer(&spec(&entry));
    receiver.check_planned().unwrap();
    let mut plain = trainer(&spec(""));
    for _ in 0..2 {
        receiver.step().unwrap();
        plain.step().unwrap();
    }
    receiver.make_planned().unwrap();
    let donated = Checkpoint::read(&donor.join("checkpoints/step-000008.safetensors")).unwrap().tensors;
    for ((parameter, own), before) in receiver.parameters().iter().zip(receiver.values()).zip(plain.values())
    {
        let theirs = &donated.iter().find(|tensor| tensor.name == parameter.name).unwrap().values;
        let expected = if FreezeTarget::Attention.covers(parameter.group) { &theirs[..] } else { before };
        assert_eq!(own, expected, "{}", parameter.name);
    }
}

#[test]
fn what_will_not_be_possible_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let donor = folder.path().join("donor");
    let wide = Spec::parse(SPEC, "", &["model.hidden=9".into(), "train.steps=8".into()]).unwrap();
    train(&wide, &donor, None);
    let transplant = format!("transplant = '{}'\ngroup = 'rest'", donor.display());
    for (entry, part) in [
        ("attention = 'uniform'\nlayer = 3", "no such layer"),
        ("swap_head = 2\nhead_seed = 1", "no head 2"),
        ("transplant = 'nowhere'\ngroup = 'rest'", "nowhere"),
        (&transplant, "encoder.weight_ih_l0 is [36, 8], and [32, 8] here"),
    ] {
        let message = trainer(&spec(&format!("[[intervene]]\nat = 4\n{entry}\n")))
            .check_planned()
            .unwrap_err()
            .to_string();
        assert!(message.contains(part), "{message}");
    }
}
