//! The scores of a copying model: fresh sequences at every evaluation, attention held against the right positions.

use super::gaps::gaps;
use super::{Copying, Diagonal, DiagonalAttention, Order};
use crate::batch::Ragged;
use crate::model::{PlaceKind, Reading, Rnn};
use crate::store::{Column, Table};
use crate::task::{Evaluated, Task, attention_scores, number};

/// Sequences by which the gaps of the reduced dynamics are measured.
const GAP_SEQUENCES: usize = 6;

pub(super) fn scores(task: &Copying, table: Table, evaluated: Evaluated<'_>) -> Table {
    let Evaluated { examples, readings, .. } = evaluated;
    let (mut right, mut tokens) = (0, 0);
    for (example, reading) in readings.iter().enumerate() {
        let target = examples.predicted(example);
        right += reading.predicted.iter().zip(target).filter(|(p, t)| p == t).count();
        tokens += target.len();
    }
    let table = table
        .with("loss", number(evaluated.losses.iter().map(|&loss| f64::from(loss)).sum()))
        .with("accuracy", number(right as f64 / tokens as f64));
    let places = evaluated.model.places();
    if places.iter().any(|place| place.kind != PlaceKind::Cross) {
        let mut relevant = Ragged::default();
        task.relevant(examples, &mut relevant);
        return best_place(table, readings, places.len(), &relevant);
    }
    cross_scores(task, table, evaluated)
}

/// For attention that is not from target to source: how much of it is on the right positions, at the place with the
/// highest accuracy.
fn best_place(table: Table, readings: &[Reading], places: usize, relevant: &Ragged) -> Table {
    let all: Vec<_> = (0..places).map(|place| attention_scores(readings, place, relevant)).collect();
    let best = all.iter().copied().min_by(|a, b| b.accuracy.total_cmp(&a.accuracy)).unwrap_or_default();
    table
        .with("attention_accuracy", number(best.accuracy))
        .with("attention_weight", number(best.weight))
        .with("attention_entropy", number(best.entropy))
}

/// For attention from target to source: the diagonal, and where the model is the paper's, w and a.
fn cross_scores(task: &Copying, table: Table, evaluated: Evaluated<'_>) -> Table {
    let positions = task.task.length + 1;
    let heads = evaluated.model.places().len();
    let reversed = task.task.order == Order::Reversed;
    let mut diagonals = vec![DiagonalAttention::new(positions, reversed); heads];
    for reading in evaluated.readings {
        for (diagonal, place) in diagonals.iter_mut().zip(&reading.places) {
            diagonal.add(place.alpha.iter());
        }
    }
    let all: Vec<Diagonal> = diagonals.into_iter().map(DiagonalAttention::finish).collect();
    // Of several heads, the one that finds the right position most often stands for attention; the first of equals.
    let better = |a: &usize, b: &usize| all[*b].accuracy.total_cmp(&all[*a].accuracy);
    let best = (0..heads).min_by(better).expect("a model has heads");
    let attention = &all[best];
    let mut table = table
        .with("attention_accuracy", number(attention.accuracy))
        .with("attention_accuracy_before", number(attention.accuracy_before))
        .with("attention_accuracy_after", number(attention.accuracy_after))
        .with("attention_entropy", number(attention.entropy))
        .with("attention_peak", number(attention.peak))
        .with("offset_mass", Column::Floats(vec![attention.offset_mass.clone()]));
    // The two numbers of the reduced dynamics, as they are in the model, of the same head.
    let Evaluated { seed, model, modes, tape, .. } = evaluated;
    if let Some(rnn) = model.as_any().downcast_ref::<Rnn>() {
        let gap = gaps(tape, (rnn, modes), &task.clean, seed, GAP_SEQUENCES)[best];
        table = table.with("score_gap", number(gap.score_gap)).with("logit_gap", number(gap.logit_gap));
    }
    if heads == 1 {
        return table;
    }
    let each = all.iter().map(|diagonal| diagonal.accuracy as f32).collect();
    table.with("head_attention_accuracy", Column::Floats(vec![each]))
}
