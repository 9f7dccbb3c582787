//! The spread of curves over seeds: median and quartiles at each step.

use std::collections::BTreeMap;

use serde::Serialize;

use super::thin::{Curve, rounded};
use crate::stats::quantile;

/// Median and quartiles over seeds.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The steps, in order.
    pub steps: Vec<u64>,
    /// The first quartile at each step.
    #[serde(serialize_with = "rounded")]
    pub low: Vec<f64>,
    /// The median.
    #[serde(serialize_with = "rounded")]
    pub median: Vec<f64>,
    /// The third quartile.
    #[serde(serialize_with = "rounded")]
    pub high: Vec<f64>,
    /// The number of seeds with a value at each step.
    pub seeds: Vec<usize>,
}

/// The spread of `curves`, each given with whether its run has finished. A finished run keeps its last value, so that a
/// seed that reached its goal early stays in the median.
pub fn spread<'a>(curves: impl IntoIterator<Item = (&'a Curve, bool)>) -> Spread {
    let mut values: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    let mut ended = Vec::new();
    for (curve, has_ended) in curves {
        for (&step, &value) in curve.steps.iter().zip(&curve.values) {
            // A step counts even if its value is not finite.
            let at = values.entry(step).or_default();
            if value.is_finite() {
                at.push(value);
            }
        }
        if let (true, Some(&step), Some(&value)) = (has_ended, curve.steps.last(), curve.values.last())
            && value.is_finite()
        {
            ended.push((step, value));
        }
    }
    let mut spread = Spread::default();
    for (step, mut at) in values {
        at.extend(ended.iter().filter(|(last, _)| *last < step).map(|(_, value)| value));
        at.sort_by(f64::total_cmp);
        let quartile = |share| quantile(&at, share).unwrap_or(f64::NAN);
        spread.steps.push(step);
        spread.low.push(quartile(0.25));
        spread.median.push(quartile(0.5));
        spread.high.push(quartile(0.75));
        spread.seeds.push(at.len());
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(steps: &[u64], values: &[f64]) -> Curve {
        Curve { steps: steps.to_vec(), values: values.to_vec(), ranges: Vec::new() }
    }

    #[test]
    fn the_median_is_that_of_the_seeds_that_have_come_so_far() {
        let curves = [curve(&[0, 10, 20], &[0.0, 1.0, 2.0]), curve(&[0, 10], &[2.0, f64::NAN])];
        let spread = spread(curves.iter().map(|curve| (curve, false)));
        assert_eq!(spread.steps, [0, 10, 20]);
        assert_eq!(spread.median, [1.0, 1.0, 2.0]);
        assert_eq!(spread.seeds, [2, 1, 1]);
    }

    #[test]
    fn a_seed_that_stopped_because_it_was_good_keeps_its_value() {
        let curves = [curve(&[0, 10, 20], &[0.0, 0.2, 0.4]), curve(&[0, 10], &[0.0, 1.0])];
        let spread = spread([(&curves[0], false), (&curves[1], true)]);
        assert_eq!((spread.seeds[2], spread.median[2]), (2, 0.7));
    }
}
