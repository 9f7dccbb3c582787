//! The share of runs that have not learned yet, by step (Kaplan & Meier 1958).
//!
//! A run whose observation ended before it learned counts for as long as it was observed; it is not treated as a run
//! that cannot learn. The estimate assumes that the end of observation is independent of learning.

use super::Emergence;

/// The share of `runs` that have not learned, after each step at which one did: (step, share, standard error by
/// Greenwood's formula).
pub fn kaplan_meier(runs: &[Emergence]) -> Vec<(f64, f64, f64)> {
    let mut steps: Vec<f64> = runs.iter().filter_map(|run| run.step()).collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    let (mut share, mut spread) = (1.0, 0.0);
    steps
        .into_iter()
        .map(|step| {
            let end = |run: &&Emergence| match **run {
                Emergence::At(end) | Emergence::NotBy(end) => end,
            };
            let waiting = runs.iter().filter(|run| end(run) >= step).count() as f64;
            let learned = runs.iter().filter(|run| run.step() == Some(step)).count() as f64;
            share *= 1.0 - learned / waiting;
            if waiting > learned {
                spread += learned / (waiting * (waiting - learned));
            }
            (step, share, share * f64::sqrt(spread))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Emergence::{At, NotBy};
    use super::*;

    #[test]
    fn censored_runs_leave_the_runs_at_risk_without_counting_as_learned() {
        // By hand: at 10 one of 5 at risk learns (4/5), at 20 one of 3 (4/5 · 2/3), at 30 the last one.
        let curve = kaplan_meier(&[At(10.0), NotBy(15.0), At(20.0), NotBy(25.0), At(30.0)]);
        let shares: Vec<(f64, f64)> = curve.iter().map(|&(step, share, _)| (step, share)).collect();
        assert_eq!(shares[0], (10.0, 0.8));
        assert!((shares[1].1 - 0.8 * 2.0 / 3.0).abs() < 1e-12 && shares[2] == (30.0, 0.0));
        assert!((curve[0].2 - (0.8f64 * 0.2 / 5.0).sqrt()).abs() < 1e-12);
        assert!(kaplan_meier(&[NotBy(200.0)]).is_empty());
    }
}
