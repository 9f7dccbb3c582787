//! A permutation test of the difference of two means (Fisher 1935).

use onset_engine::{Random, Stream};

/// The number of random divisions.
const DIVISIONS: usize = 9_999;

/// The mean of `a` minus that of `b`, and its two-sided p-value: the share of random divisions of all values into
/// groups of these sizes whose difference is at least as large. The observed division counts as one of them.
pub fn permutation_test(a: &[f64], b: &[f64]) -> (f64, f64) {
    if a.is_empty() || b.is_empty() {
        return (f64::NAN, 1.0);
    }
    let mut all = [a, b].concat();
    let difference = |all: &[f64]| {
        let (first, second) = all.split_at(a.len());
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        mean(first) - mean(second)
    };
    let observed = difference(&all);
    let mut random = Random::at(0, Stream::Resampling, 0);
    let as_large = (0..DIVISIONS).filter(|_| {
        random.shuffle(&mut all);
        difference(&all).abs() >= observed.abs() - 1e-12
    });
    (observed, (as_large.count() + 1) as f64 / (DIVISIONS + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separate_groups_differ_and_equal_groups_do_not() {
        // Of the 252 divisions of ten values into two groups of five, two have a difference this large.
        let (difference, p) = permutation_test(&[6.0, 7.0, 8.0, 9.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((difference - 5.0).abs() < 1e-12 && (p - 2.0 / 252.0).abs() < 0.003, "{difference} {p}");
        assert_eq!(permutation_test(&[1.0, 2.0], &[2.0, 1.0]), (0.0, 1.0));
    }
}
