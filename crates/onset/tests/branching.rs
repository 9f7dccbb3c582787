//! A run that is changed on the way beside the same run that is not.

use onset::spec::Spec;
use onset::train::{Applied, FreezeTarget, Intervention, Prepared, Trainer};
use onset_engine::AttentionMode;

fn spec(task: &str, more: &[&str]) -> Spec {
    let sizes: &[&str] = match task {
        "copying" => &["data.vocabulary=6", "data.length=4", "model.heads=2", "train.batch=6"],
        _ => &["data.keyword.examples=60", "model.attention_hidden=6", "train.batch=6"],
    };
    let sizes = sizes.iter().chain(&["model.hidden=8", "model.embedding=8"]).chain(more);
    Spec::parse(&format!("task = '{task}'"), "", &sizes.map(ToString::to_string).collect::<Vec<_>>()).unwrap()
}

fn begin(spec: &Spec) -> Trainer {
    Trainer::new(spec, &Prepared::load(spec).unwrap(), 1)
}

fn walk(trainer: &mut Trainer, steps: usize) -> Vec<f32> {
    (0..steps).map(|_| trainer.step().unwrap()).collect()
}

/// The values of the parameters whose names begin so, or of all others.
fn values(trainer: &Trainer, prefix: &str, with: bool) -> Vec<Vec<f32>> {
    let names = trainer.parameters().iter().map(|parameter| parameter.name.clone());
    let named = names.zip(trainer.values());
    named.filter(|(name, _)| name.starts_with(prefix) == with).map(|(_, values)| values.to_vec()).collect()
}

#[test]
fn a_branch_goes_on_as_the_run_does_until_it_is_changed() {
    for (task, optimizer) in [("copying", "adam"), ("classification", "sgd")] {
        let spec = spec(task, &[&format!("train.optimizer='{optimizer}'")]);
        let mut run = begin(&spec);
        walk(&mut run, 5);
        let (mut same, mut other) = (run.branch(), run.branch());
        let uniform = Intervention::attention(AttentionMode::Uniform);
        other.intervene(&uniform).unwrap();
        let losses = walk(&mut run, 5);
        assert_eq!(walk(&mut same, 5), losses);
        assert_eq!(values(&same, "", true), values(&run, "", true));
        assert_ne!(walk(&mut other, 5), losses);
        // The same data: what is changed back at once has changed nothing.
        let mut replayed = begin(&spec);
        let log = [(5, uniform), (5, Intervention::attention(AttentionMode::Learned))]
            .map(|(step, intervention)| Applied { step, intervention });
        replayed.replay(&log, 10).unwrap();
        assert_eq!(values(&replayed, "", true), values(&run, "", true));
    }
}

#[test]
fn what_is_frozen_stays_and_the_rest_learns() {
    for (task, scores) in [("copying", "query."), ("classification", "attention.")] {
        let mut run = begin(&spec(task, &[]));
        walk(&mut run, 4);
        for (group, with) in [(FreezeTarget::Attention, true), (FreezeTarget::Rest, false)] {
            let mut branch = run.branch();
            branch.intervene(&Intervention::Freeze { group }).unwrap();
            walk(&mut branch, 3);
            assert_eq!(values(&branch, scores, with), values(&run, scores, with), "{task} {group:?}");
            assert_ne!(values(&branch, scores, !with), values(&run, scores, !with), "{task} {group:?}");
            branch.intervene(&Intervention::Unfreeze { group }).unwrap();
            walk(&mut branch, 1);
            assert_ne!(values(&branch, scores, with), values(&run, scores, with), "{task} {group:?}");
        }
        for mode in [AttentionMode::Uniform, AttentionMode::Clamped] {
            let mut branch = run.branch();
            branch.intervene(&Intervention::attention(mode)).unwrap();
            walk(&mut branch, 3);
            assert_eq!(values(&branch, scores, true), values(&run, scores, true), "{task} {mode:?}");
        }
    }
}

#[test]
fn a_swapped_head_is_the_one_that_its_seed_draws() {
    let drawn = begin(&spec("copying", &["model.body_seed=3", "model.head_seeds=[5, 9]"]));
    let mut run = begin(&spec("copying", &["model.body_seed=3", "model.head_seeds=[5, 6]"]));
    assert_ne!(values(&run, "", true), values(&drawn, "", true));
    run.intervene(&Intervention::SwapHead { head: 1, seed: 9 }).unwrap();
    assert_eq!(values(&run, "", true), values(&drawn, "", true));
    // Later, the other head is left alone.
    walk(&mut run, 3);
    let before = values(&run, "query.weight", true).remove(0);
    run.intervene(&Intervention::SwapHead { head: 1, seed: 11 }).unwrap();
    let after = values(&run, "query.weight", true).remove(0);
    let half = before.len() / 2;
    assert_eq!(before[..half], after[..half]);
    assert!(before[half..].iter().zip(&after[half..]).all(|(a, b)| a != b));
}

#[test]
fn what_a_task_cannot_do_is_refused_and_says_why() {
    let mut texts = begin(&spec("classification", &[]));
    let swap = texts.intervene(&Intervention::SwapHead { head: 0, seed: 1 }).unwrap_err();
    assert!(swap.to_string().contains("no heads that can be redrawn"), "{swap}");
    let mut run = begin(&spec("copying", &[]));
    walk(&mut run, 2);
    let late = [Applied { step: 1, intervention: Intervention::LearningRate { rate: 0.1 } }];
    let error = run.replay(&late, 4).unwrap_err();
    assert!(error.to_string().contains("comes too late"), "{error}");
}
