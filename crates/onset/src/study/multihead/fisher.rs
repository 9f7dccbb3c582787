//! Fisher's exact test of a 2 × 2 table.

/// The two-sided p-value of `a` of `n` against `b` of `m`: the probability, under equal proportions, of a table that is
/// at most as probable as this one (Fisher 1935, with fixed margins).
pub fn fisher_exact([a, n]: [usize; 2], [b, m]: [usize; 2]) -> f64 {
    let (successes, total) = (a + b, n + m);
    let log_probability =
        |x: usize| log_choose(n, x) + log_choose(m, successes - x) - log_choose(total, successes);
    let observed = log_probability(a);
    let possible = successes.saturating_sub(m)..=successes.min(n);
    // Tables of equal probability may differ by rounding.
    let as_unlikely = possible.map(log_probability).filter(|&p| p <= observed + 1e-7);
    as_unlikely.map(f64::exp).sum::<f64>().min(1.0)
}

/// ln of the number of ways to choose `k` of `n`.
fn log_choose(n: usize, k: usize) -> f64 {
    (0..k).map(|i| ((n - i) as f64 / (i + 1) as f64).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_those_of_the_textbook() {
        // The lady tasting tea: all cups right, then one pair wrong. SciPy's fisher_exact gives the same values.
        assert!((fisher_exact([4, 4], [0, 4]) - 2.0 / 70.0).abs() < 1e-12);
        assert!((fisher_exact([3, 4], [1, 4]) - 34.0 / 70.0).abs() < 1e-12);
        assert!((fisher_exact([8, 10], [1, 6]) - 0.034_965).abs() < 1e-6);
        assert!((fisher_exact([5, 5], [5, 5]) - 1.0).abs() < 1e-12);
    }
}
