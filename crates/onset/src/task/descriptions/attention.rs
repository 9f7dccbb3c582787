//! What attention does between a description and a text, on a sample of what is evaluated.
//!
//! For each token of a text: α, the weight that it gets in the last layer, as the mean over heads; β, the score of Yes if the text
//! were this token alone; and Δ, minus the derivative of the loss with respect to a scalar on its embedding, with the sign that makes
//! it speak for Yes. They are compared by Kendall's τ-b, text by text.

use crate::agreement::kendall;
use crate::batch::{Batch, Examples, Form};
use crate::model::{Pass, Reading, Want};
use crate::stats::mean;
use crate::store::Table;
use crate::task::{Evaluated, number};

/// Pairs of description and text that are looked at.
const PAIRS: usize = 48;

/// The columns: agreement of α and β, of α and Δ, and of β and Δ, and the share of attention that the description gets.
pub const ATTENTION: [&str; 4] = ["tau_alpha_beta", "tau_alpha_delta", "tau_beta_delta", "alpha_description"];

/// Adds the columns; leaves the tape cleared.
pub(super) fn with_attention(table: Table, evaluated: &mut Evaluated<'_>) -> Table {
    let all = evaluated.examples;
    // Spread over all descriptions.
    let count = PAIRS.min(all.len());
    let mut sample = Examples::default();
    sample.select(all, (0..count).map(|place| place * all.len() / count));
    let want = Want { delta: true, ..Want::default() };
    let readings = read(evaluated, &sample, want);
    let last = evaluated.model.places().last().map_or(0, |place| place.layer);
    let heads: Vec<usize> = evaluated
        .model
        .places()
        .iter()
        .enumerate()
        .filter(|(_, place)| place.layer == last)
        .map(|(place, _)| place)
        .collect();
    let mut found: [Vec<f64>; 4] = Default::default();
    for (example, reading) in readings.iter().enumerate() {
        let (row, begin) = (sample.source.row(example), sample.begins[example] as usize);
        let text = begin..row.len() - 1;
        let alpha = mean_alpha(reading, &heads);
        let sum = |weights: &[f32]| f64::from(weights.iter().sum::<f32>());
        // The tokens around description and text are neither.
        let (described, read) = (sum(&alpha[1..begin - 1]), sum(&alpha[text.clone()]));
        found[3].push(described / (described + read));
        let beta = beta(evaluated, &sample, example);
        let sign = if sample.labels[example] == 1 { 1.0 } else { -1.0 };
        let delta: Vec<f32> = reading.delta.row(0)[text.clone()].iter().map(|delta| sign * delta).collect();
        let alpha = &alpha[text];
        for (taus, (x, y)) in found.iter_mut().zip([(alpha, &beta[..]), (alpha, &delta), (&beta, &delta)]) {
            taus.extend(kendall(x, y));
        }
    }
    let columns = ATTENTION.into_iter().zip(&found);
    columns.fold(table, |table, (name, values)| table.with(name, number(mean(values).unwrap_or(f64::NAN))))
}

fn read(evaluated: &mut Evaluated<'_>, examples: &Examples, want: Want) -> Vec<Reading> {
    let mut batch: Batch = Form::Classification.batch();
    batch.fill(examples);
    let readings = evaluated.model.read(evaluated.tape, &batch, Pass::new(evaluated.modes), want).readings;
    evaluated.tape.trim();
    readings
}

fn mean_alpha(reading: &Reading, heads: &[usize]) -> Vec<f32> {
    let mut sum = vec![0.0; reading.places[heads[0]].alpha.row(0).len()];
    for &head in heads {
        sum.iter_mut()
            .zip(reading.places[head].alpha.row(0))
            .for_each(|(sum, weight)| *sum += weight / heads.len() as f32);
    }
    sum
}

/// The score of Yes for each token of the text as the only one.
fn beta(evaluated: &mut Evaluated<'_>, sample: &Examples, example: usize) -> Vec<f32> {
    let (row, begin) = (sample.source.row(example), sample.begins[example]);
    let (before, end) = (&row[..begin as usize], row[row.len() - 1]);
    let mut alone = Examples::default();
    for &token in &row[begin as usize..row.len() - 1] {
        alone.push_described(before.iter().copied().chain([token, end]), begin, true);
    }
    let readings = read(evaluated, &alone, Want::default());
    readings.iter().map(|reading| reading.logit.unwrap_or(0.0)).collect()
}
