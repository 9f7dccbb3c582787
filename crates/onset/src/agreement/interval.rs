//! Bootstrap intervals (Efron 1979): what else the mean could have been, had other texts been drawn.

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// 2.5 % of resamples lie below.
    pub low: f64,
    /// 2.5 % of resamples lie above.
    pub high: f64,
}

/// Resamples that are drawn.
const RESAMPLES: usize = 1000;

/// The 95 % interval of the mean of `values` over resamples with replacement; entries that are NaN are left
/// out. None if fewer than two are left. The same values and `seed` give the same interval.
pub fn bootstrap(values: &[f64], seed: u64) -> Option<Interval> {
    resampled(values.iter().filter(|value| !value.is_nan()).map(|&value| (value, 1)).collect(), seed)
}

/// As [`bootstrap`], with values that belong together drawn together: those in a row with the same entry of
/// `clusters`, such as the words of a sentence, which are no independent draws.
///
/// # Panics
/// If there are not as many clusters as values.
pub fn bootstrap_clusters(values: &[f64], clusters: &[usize], seed: u64) -> Option<Interval> {
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
    resampled(sums, seed)
}

/// The interval of the mean over draws of clusters, each a sum and how many values it has.
fn resampled(clusters: Vec<(f64, usize)>, seed: u64) -> Option<Interval> {
    if clusters.len() < 2 {
        return None;
    }
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
    Some(Interval { low: means[tail], high: means[RESAMPLES - 1 - tail] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_that_of_the_binomial() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
        let Interval { low, high } = bootstrap(&values, 1).unwrap();
        // 1.96·√(0.25·0.75/400) = 0.042.
        assert!((low - 0.208).abs() < 0.008 && (high - 0.292).abs() < 0.008, "{low} {high}");
        assert_eq!(bootstrap(&values, 1), bootstrap(&values, 1));
    }

    #[test]
    fn what_is_undefined_is_left_out() {
        let certain = bootstrap(&[f64::NAN, 2.0, 2.0], 1).unwrap();
        assert_eq!((certain.low, certain.high), (2.0, 2.0));
        assert_eq!(bootstrap(&[1.0, f64::NAN], 1), None);
    }

    #[test]
    fn words_of_a_sentence_count_as_one_draw() {
        // 100 sentences of 9 words that are all alike: the interval is that of 100 values, not of 900.
        let sentence = |i: usize| f64::from(u8::from(i.is_multiple_of(4)));
        let apart: Vec<f64> = (0..100).map(sentence).collect();
        let words: Vec<f64> = (0..900).map(|i| sentence(i / 9)).collect();
        let clusters: Vec<usize> = (0..900).map(|i| i / 9).collect();
        assert_eq!(bootstrap_clusters(&words, &clusters, 3), bootstrap(&apart, 3));
        let alone: Vec<usize> = (0..900).collect();
        assert_eq!(bootstrap_clusters(&words, &alone, 3), bootstrap(&words, 3));
    }
}
