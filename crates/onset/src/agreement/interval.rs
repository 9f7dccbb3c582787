//! 95 % confidence intervals of a mean.
//!
//! With many independent draws (texts, sentences) the interval is the percentile bootstrap's (Efron 1979). With few,
//! such as three to five seeds, resampling cannot produce values that were not drawn, and the bootstrap interval is far
//! too narrow. There we use Student's interval, mean ± t·s/√n with n − 1 degrees of freedom.

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};

use crate::stats::student_95;

/// A 95 % confidence interval. Student's interval may exceed the range of an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The number of resamples.
const RESAMPLES: usize = 1000;

/// From so many independent draws on, the bootstrap's interval of a mean is the normal distribution's to three digits (the central
/// limit theorem), and Student's is used, which takes no time.
const CERTAIN_FROM: usize = 100_000;

/// With at least this many independent draws the interval is the bootstrap's; with fewer it is Student's.
pub const BOOTSTRAP_FROM: usize = 30;

/// The 95 % confidence interval of the mean of independent `values`; NaN entries are excluded. `None` if fewer than two
/// remain. The same values and `seed` give the same interval.
pub fn mean_interval(values: &[f64], seed: u64) -> Option<Interval> {
    interval(values.iter().filter(|value| !value.is_nan()).map(|&value| (value, 1)).collect(), seed)
}

/// As [`mean_interval`], but values that are not independent are resampled together: consecutive values with the same
/// entry of `clusters`, such as the words of a sentence. Student's interval is then that of a ratio of means over
/// clusters.
///
/// # Panics
/// If `clusters` and `values` differ in length.
pub fn clustered_mean_interval(values: &[f64], clusters: &[usize], seed: u64) -> Option<Interval> {
    assert_eq!(values.len(), clusters.len(), "a cluster for each value");
    let mut sums: Vec<(f64, usize)> = Vec::new();
    let mut last = None;
    for (&value, &cluster) in values.iter().zip(clusters).filter(|(value, _)| !value.is_nan()) {
        match sums.last_mut() {
            Some((sum, count)) if last == Some(cluster) => {
                *sum += value;
                *count += 1;
            }
            _ => sums.push((value, 1)),
        }
        last = Some(cluster);
    }
    interval(sums, seed)
}

/// The interval of the mean over `clusters`, given as (sum, number of values).
fn interval(clusters: Vec<(f64, usize)>, seed: u64) -> Option<Interval> {
    match clusters.len() {
        0 | 1 => None,
        BOOTSTRAP_FROM..CERTAIN_FROM => Some(bootstrap(&clusters, seed)),
        _ => Some(student(&clusters)),
    }
}

/// Student's interval. The variance is that of a ratio estimate, which is s²/n if every cluster has one value.
fn student(clusters: &[(f64, usize)]) -> Interval {
    let count = clusters.len() as f64;
    let values: f64 = clusters.iter().map(|&(_, of)| of as f64).sum();
    let mean = clusters.iter().map(|(sum, _)| sum).sum::<f64>() / values;
    let squares: f64 = clusters.iter().map(|&(sum, of)| (sum - mean * of as f64).powi(2)).sum();
    let error = (squares * count / (count - 1.0)).sqrt() / values;
    let half = student_95(clusters.len() - 1) * error;
    Interval { low: mean - half, high: mean + half }
}

/// The percentile bootstrap; it resamples clusters.
fn bootstrap(clusters: &[(f64, usize)], seed: u64) -> Interval {
    let count = clusters.len() as u32;
    let mut random = Random::at(seed, Stream::Resampling, 0);
    let mut mean = || {
        let (mut sum, mut values) = (0.0, 0);
        for _ in 0..count {
            let (own, of) = clusters[random.below(count) as usize];
            sum += own;
            values += of;
        }
        sum / values as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| mean()).collect();
    means.sort_by(f64::total_cmp);
    let tail = RESAMPLES / 40;
    Interval { low: means[tail], high: means[RESAMPLES - 1 - tail] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_that_of_the_binomial() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
        let Interval { low, high } = mean_interval(&values, 1).unwrap();
        // 1.96·√(0.25·0.75/400) = 0.042.
        assert!((low - 0.208).abs() < 0.008 && (high - 0.292).abs() < 0.008, "{low} {high}");
        assert_eq!(mean_interval(&values, 1), mean_interval(&values, 1));
    }

    #[test]
    fn with_very_many_draws_the_bootstrap_is_the_normal_distributions() {
        let mut random = Random::at(2, Stream::Data, 0);
        let clusters: Vec<(f64, usize)> =
            (0..20_000).map(|_| (f64::from(random.unit()).powi(2), 1)).collect();
        let [one, other] = [bootstrap(&clusters, 0), student(&clusters)];
        let width = other.high - other.low;
        assert!(
            (one.low - other.low).abs() < 0.06 * width && (one.high - other.high).abs() < 0.06 * width,
            "{one:?} {other:?}"
        );
    }

    #[test]
    fn undefined_values_are_left_out() {
        let certain = mean_interval(&[f64::NAN, 2.0, 2.0], 1).unwrap();
        assert_eq!((certain.low, certain.high), (2.0, 2.0));
        assert_eq!(mean_interval(&[1.0, f64::NAN], 1), None);
    }

    #[test]
    fn the_interval_over_a_few_seeds_is_students() {
        // scipy.stats.t.interval(0.95, 2, loc=0.4, scale=0.1/sqrt(3))
        let Interval { low, high } = mean_interval(&[0.3, 0.4, 0.5], 0).unwrap();
        assert!((low - 0.151_586).abs() < 1e-5 && (high - 0.648_414).abs() < 1e-5, "{low} {high}");
    }

    #[test]
    fn the_interval_holds_the_mean_of_three_draws_as_often_as_it_says() {
        let mut random = Random::at(1, Stream::Data, 0);
        let holds = |_: &usize| {
            let values: [f64; 3] = std::array::from_fn(|_| f64::from(random.normal()));
            let Interval { low, high } = mean_interval(&values, 0).unwrap();
            low <= 0.0 && 0.0 <= high
        };
        let share = (0..2000).filter(holds).count() as f64 / 2000.0;
        // The bootstrap of three draws covers the mean in about 70 of 100 cases.
        assert!((0.93..0.97).contains(&share), "{share}");
    }

    #[test]
    fn words_of_a_sentence_count_as_one_draw() {
        // All nine words of a sentence are equal, so the interval is that of the sentences, not of nine times as many
        // words.
        for sentences in [10, 100] {
            let value = |i: usize| f64::from(u8::from(i.is_multiple_of(4)));
            let apart: Vec<f64> = (0..sentences).map(value).collect();
            let words: Vec<f64> = (0..9 * sentences).map(|i| value(i / 9)).collect();
            let clusters: Vec<usize> = (0..9 * sentences).map(|i| i / 9).collect();
            let [one, other] =
                [clustered_mean_interval(&words, &clusters, 3), mean_interval(&apart, 3)].map(Option::unwrap);
            assert!((one.low - other.low).abs() < 1e-12 && (one.high - other.high).abs() < 1e-12);
            let alone: Vec<usize> = (0..9 * sentences).collect();
            assert_eq!(clustered_mean_interval(&words, &alone, 3), mean_interval(&words, 3));
        }
    }
}
