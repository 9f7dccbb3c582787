//! What tasks of single sequences have in common.

use onset_engine::{Random, Stream};

use super::streams::RECORDED_EXAMPLES;
use super::{Draw, Evaluated, attention_scores, number};
use crate::batch::{Examples, Ragged};
use crate::store::Table;

/// The generator of the sequences that `draw` asks for, and how many these are; an evaluation has `evaluated`.
pub(super) fn drawn(draw: Draw, evaluated: usize) -> (Random, usize) {
    match draw {
        Draw::Training { seed, step, batch } => (Random::at(seed, Stream::Data, step), batch),
        Draw::Evaluation { seed, step } => (Random::at(seed, Stream::Evaluation, step), evaluated),
        Draw::Record { seed, count, .. } => (RECORDED_EXAMPLES.random(seed), count.or_all(evaluated)),
    }
}

/// Fills `relevant` with the positions behind earlier occurrences of the present symbol, for sequences of which all but the first
/// symbol is predicted.
pub(super) fn behind_earlier_occurrences(examples: &Examples, relevant: &mut Ragged) {
    relevant.clear();
    for example in 0..examples.len() {
        let sequence = examples.target.row(example);
        for step in 0..sequence.len() - 1 {
            let behind = (1..=step).filter(|&position| sequence[position - 1] == sequence[step]);
            relevant.push(behind.map(|position| position as u32));
        }
    }
}

/// Adds loss and accuracy over all predictions, and attention at the place that finds the `relevant` positions most often; the
/// first of equals.
pub(super) fn sequence_scores(table: Table, evaluated: &Evaluated<'_>, relevant: &Ragged) -> Table {
    let Evaluated { examples, readings, .. } = *evaluated;
    let (mut right, mut tokens, mut loss) = (0, 0, 0.0);
    for (example, reading) in readings.iter().enumerate() {
        let target = examples.predicted(example);
        right += reading.predicted.iter().zip(target).filter(|(p, t)| p == t).count();
        tokens += target.len();
        loss -= reading.log_probability.iter().map(|&log| f64::from(log)).sum::<f64>();
    }
    let places = evaluated.model.places().len();
    let all = (0..places).map(|place| attention_scores(readings, place, relevant));
    let best = all.min_by(|a, b| b.accuracy.total_cmp(&a.accuracy)).unwrap_or_default();
    table
        .with("loss", number(loss / tokens as f64))
        .with("accuracy", number(right as f64 / tokens as f64))
        .with("attention_accuracy", number(best.accuracy))
        .with("attention_weight", number(best.weight))
        .with("attention_entropy", number(best.entropy))
}
