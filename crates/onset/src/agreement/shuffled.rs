//! The random baseline Â: the agreement with a record whose values are shuffled within each text.

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};

use super::{Measure, score_rows};
use crate::stats::{mean, standard_deviation};

/// Agreement with shuffled records, over several repeats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Â: the mean over repeats.
    pub mean: f64,
    /// The standard deviation over repeats.
    pub deviation: f64,
    /// The lowest of the repeats.
    pub low: f64,
    /// The highest of the repeats.
    pub high: f64,
    /// The number of repeats.
    pub repeats: usize,
}

/// The agreement of `a` with `b` shuffled within each row, over `repeats`; `None` if it is undefined.
pub fn shuffled<A: AsRef<[f32]>, B: AsRef<[f32]>>(
    measure: Measure,
    a: &[A],
    b: &[B],
    repeats: usize,
    seed: u64,
) -> Option<Baseline> {
    let mut rows: Vec<Vec<f32>> = b.iter().map(|row| row.as_ref().to_vec()).collect();
    let mut means = Vec::with_capacity(repeats);
    for repeat in 1..=repeats as u64 {
        let mut random = Random::at(seed, Stream::Resampling, repeat);
        rows.iter_mut().for_each(|row| random.shuffle(row));
        means.push(score_rows(measure, a, &rows).mean()?);
    }
    Some(Baseline {
        mean: mean(&means)?,
        deviation: standard_deviation(&means).unwrap_or(0.0),
        low: means.iter().copied().fold(f64::INFINITY, f64::min),
        high: means.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        repeats,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(seed: u64) -> Vec<Vec<f32>> {
        let mut random = Random::at(seed, Stream::Data, 0);
        (0..600).map(|i| (0..5 + i % 30).map(|_| random.unit()).collect()).collect()
    }

    #[test]
    fn chance_matches_the_share_of_the_top_and_correlates_with_nothing() {
        let (a, b) = (rows(1), rows(2));
        let share: f64 = a.iter().map(|row| row.len().div_ceil(20) as f64 / row.len() as f64).sum();
        let baseline = shuffled(Measure::Top, &a, &b, 20, 3).unwrap();
        let expected = share / a.len() as f64;
        assert!((baseline.mean - expected).abs() < 3.0 * baseline.deviation, "{baseline:?}, not {expected}");
        for measure in [Measure::Kendall, Measure::Spearman] {
            assert!(shuffled(measure, &a, &b, 20, 3).unwrap().mean.abs() < 0.01);
        }
    }

    #[test]
    fn a_shuffled_record_agrees_as_the_baseline_does() {
        let a = rows(1);
        let mut b = a.clone();
        let mut random = Random::at(5, Stream::Data, 1);
        b.iter_mut().for_each(|row| random.shuffle(row));
        for measure in Measure::ALL {
            let baseline = shuffled(measure, &a, &a, 40, 3).unwrap();
            let found = score_rows(measure, &a, &b).mean().unwrap();
            assert!((found - baseline.mean).abs() < 3.5 * baseline.deviation, "{found}, {baseline:?}");
        }
    }
}
