//! What models that predict a label have in common: the loss, and what they make of a text.

use onset_engine::{Tape, Value};

use super::{Reading, Want};
use crate::batch::Link;

/// The mean loss of `logits` (texts × scores) against `labels`, with a weight for each label if they are given.
pub(super) fn loss_of_labels(
    tape: &mut Tape,
    link: Link,
    logits: Value,
    labels: &[u32],
    weights: Option<&[f32]>,
) -> Value {
    let rows = weights.map(|weights| labels.iter().map(|&label| weights[label as usize]).collect::<Vec<_>>());
    let labels = tape.indices(labels.iter().copied());
    match (link, rows) {
        (Link::Logistic, None) => tape.logistic(logits, labels),
        (Link::Logistic, Some(rows)) => tape.weighted_logistic(logits, labels, &rows),
        (Link::Softmax(_), None) => tape.cross_entropy(logits, labels),
        (Link::Softmax(_), Some(rows)) => tape.weighted_cross_entropy(logits, labels, &rows),
    }
}

/// The scores at a row of `scores` (any × scores).
pub(super) fn scores_at(tape: &Tape, scores: Value, row: usize) -> Vec<f64> {
    let width = tape.shape(scores).1;
    tape.data(scores)[row * width..][..width].iter().map(|&score| f64::from(score)).collect()
}

/// What a model makes of a text whose true label is `label`, attention apart.
pub(super) fn reading_of_label(link: Link, scores: &[f64], label: u32, want: Want) -> Reading {
    let odds = link.log_odds(scores, label);
    let mut reading = Reading {
        predicted: vec![link.predicted(scores)],
        log_probability: vec![(odds.min(0.0) - (-odds.abs()).exp().ln_1p()) as f32],
        logit: Some(if link == Link::Logistic { scores[0] } else { odds } as f32),
        ..Reading::default()
    };
    if want.logits {
        reading.logits.push(scores.iter().map(|&score| score as f32));
    }
    reading
}
