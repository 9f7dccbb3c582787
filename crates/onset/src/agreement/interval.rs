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
    let values: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as u32;
    let mut random = Random::at(seed, Stream::Resampling, 0);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..count).map(|_| values[random.below(count) as usize]).sum::<f64>() / f64::from(count))
        .collect();
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
}
