//! Each preset is trained, and does what its texts say.

use super::*;
use crate::live::{LiveTraining, Point, Prediction, Quantity};
use crate::train::{Applied, Intervention};

/// The prediction and all points of a preset, with a plan.
fn trained(key: &str, plan: Vec<Applied>) -> (Setup, Prediction, Vec<Point>) {
    trained_until(u64::MAX, key, plan)
}

/// The same up to a step: a Transformer takes its time.
fn trained_until(end: u64, key: &str, plan: Vec<Applied>) -> (Setup, Prediction, Vec<Point>) {
    let preset = presets().into_iter().find(|preset| preset.key == key).expect("a preset");
    let setup = Setup { plan, ..preset.setup };
    let mut training = LiveTraining::new(&setup).unwrap();
    let prediction = training.predict().unwrap();
    let mut points = vec![training.measure()];
    while !training.finished() && training.step_count() < end {
        training.step().unwrap();
        if training.finished() || training.step_count().is_multiple_of(setup.every()) {
            points.push(training.measure());
        }
    }
    (setup, prediction, points)
}

/// The events of a training, in the order in which they happened.
fn happened(prediction: &Prediction, points: &[Point]) -> Vec<(u64, &'static str)> {
    let mut all: Vec<(u64, &str)> =
        prediction.events.iter().filter_map(|event| Some((event.step(points)?, event.key))).collect();
    all.sort_unstable();
    all
}

fn step_of(events: &[(u64, &str)], key: &str) -> u64 {
    events
        .iter()
        .find(|(_, each)| *each == key)
        .unwrap_or_else(|| panic!("{key} did not happen: {events:?}"))
        .0
}

fn never(events: &[(u64, &str)], key: &str) {
    assert!(events.iter().all(|(_, each)| *each != key), "{key} happened: {events:?}");
}

#[test]
fn every_preset_can_be_trained_and_the_first_is_the_default() {
    let presets = presets();
    assert_eq!(presets[0].setup, Setup::default());
    for preset in &presets {
        assert!(preset.setup.spec().is_ok(), "{}", preset.key);
        for then in preset.next.iter().filter_map(|next| next.preset) {
            assert!(presets.iter().any(|other| other.key == then), "{then}");
        }
    }
}

#[test]
fn in_easy_copying_words_are_known_long_before_attention_finds_them() {
    let (_, prediction, points) = trained("easy", Vec::new());
    let events = happened(&prediction, &points);
    let (known, found) = (step_of(&events, "words_known"), step_of(&events, "attention_finds"));
    assert!(known + 20 < found && 3 * known < 2 * found, "{events:?}");
    // "while attention is still far from it"
    let then = points.iter().find(|point| point.step == known).unwrap();
    assert!(then.attention_accuracy < 0.33 && then.attention < 0.33, "{then:?}");
    assert!(step_of(&events, "counts_passed") < step_of(&events, "copied"));
    never(&events, "eliminates");
    let last = points.last().unwrap();
    assert!(last.accuracy > 0.95 && last.attention > 0.75 && last.words_known == Some(1.0), "{last:?}");
}

#[test]
fn with_uniform_attention_words_are_learned_and_accuracy_stays_low_until_attention_may_move() {
    let (_, prediction, points) = trained("uniform", Vec::new());
    let events = happened(&prediction, &points);
    step_of(&events, "words_known");
    never(&events, "attention_finds");
    never(&events, "copied");
    assert!(points.iter().all(|point| point.accuracy < 0.45), "{:?}", points.last());
    let last = points.last().unwrap();
    assert!(last.words_known.unwrap() > 0.6, "{last:?}");

    // "At about step 150, set attention to Learned: it finds the words within fifty steps."
    let learned = Intervention::attention(AttentionMode::Learned);
    let (_, prediction, points) = trained("uniform", vec![Applied { step: 150, intervention: learned }]);
    let events = happened(&prediction, &points);
    assert!((151..=200).contains(&step_of(&events, "attention_finds")), "{events:?}");
    step_of(&events, "copied");
}

#[test]
fn of_two_seeds_of_the_hard_task_one_finds_the_words_and_one_eliminates() {
    let (_, prediction, points) = trained("lucky", Vec::new());
    // "more than nine chances in ten"
    assert!((0.93..0.99).contains(&prediction.attends.unwrap()), "{:?}", prediction.attends);
    let events = happened(&prediction, &points);
    step_of(&events, "attention_finds");
    step_of(&events, "copied");
    never(&events, "eliminates");

    let (setup, prediction, points) = trained("hard", Vec::new());
    // "even chances"
    assert!((0.45..0.6).contains(&prediction.attends.unwrap()), "{:?}", prediction.attends);
    let events = happened(&prediction, &points);
    step_of(&events, "eliminates");
    for key in ["words_known", "attention_finds", "copied"] {
        never(&events, key);
    }
    // "two thirds of the words are right, with less than a twentieth of attention on them"
    let last = points.last().unwrap();
    let late: Vec<f64> =
        points.iter().filter(|point| point.step > setup.steps - 50).map(|p| p.accuracy).collect();
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!((0.62..0.75).contains(&mean) && last.attention < 0.05, "{mean} {last:?}");
}

#[test]
fn four_heads_save_the_seed_that_fails() {
    let (_, prediction, points) = trained("heads", Vec::new());
    assert!(
        prediction.attends.unwrap() > 0.8 && prediction.chance.unwrap() > 0.7,
        "{:?}",
        (prediction.attends, prediction.chance)
    );
    let events = happened(&prediction, &points);
    step_of(&events, "attention_finds");
    step_of(&events, "copied");
    never(&events, "eliminates");
}

#[test]
fn the_keyword_is_known_before_attention_goes_to_it() {
    let (_, prediction, points) = trained("salient", Vec::new());
    let events = happened(&prediction, &points);
    assert!(step_of(&events, "words_known") + 6 < step_of(&events, "attention_finds"), "{events:?}");
    let last = points.last().unwrap();
    assert!(last.attention > 0.9 && last.accuracy > 0.95, "{last:?}");

    // "Set attention to Uniform: are texts still classified correctly?" They are, nearly all.
    let uniform = Intervention::attention(AttentionMode::Uniform);
    let (_, _, points) = trained("salient", vec![Applied { step: 0, intervention: uniform }]);
    assert!(points.last().unwrap().accuracy > 0.9, "{:?}", points.last());
}

#[test]
fn the_plateau_of_induction_ends_when_both_heads_are_there() {
    let (_, prediction, points) = trained_until(250, "induction", Vec::new());
    let events = happened(&prediction, &points);
    let drop = step_of(&events, "plateau_left");
    assert!(
        step_of(&events, "previous_token") < drop && step_of(&events, "attention_finds") < drop,
        "{events:?}"
    );
    let late = &points[points.len() - 10..];
    let mean = late.iter().map(|point| Quantity::Progress.of(point)).sum::<f64>() / 10.0;
    assert!(mean > 0.6, "{mean}");

    // "Clamp layer 0, head 1 to the token before, at step 0: the plateau becomes shorter."
    let clamp = Intervention::Attention { mode: AttentionMode::Previous, layer: Some(0), head: Some(0) };
    let (_, prediction, points) =
        trained_until(250, "induction", vec![Applied { step: 0, intervention: clamp }]);
    assert!(step_of(&happened(&prediction, &points), "plateau_left") < drop);
}
