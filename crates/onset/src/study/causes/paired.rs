//! Effects from pairs of runs that differ in one change.

use serde::Serialize;

use crate::measures::Emergence;
use crate::stats::{mean, standard_deviation, student_95};

/// By how much a change brings emergence forward or puts it off: ln(changed/unchanged), over pairs of runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairedEffect {
    /// Pairs of which both steps were observed.
    pub pairs: usize,
    /// Pairs of which the changed run was not observed to emerge, although the other was.
    pub missing: usize,
    /// The mean of ln(changed/unchanged).
    pub log_ratio: f64,
    /// Its 95 % confidence interval (Student's t); none for fewer than two pairs.
    pub interval: Option<[f64; 2]>,
}

/// The effect over pairs of (unchanged, changed) runs; none if no pair was observed.
pub fn paired_effect(pairs: &[(Emergence, Emergence)]) -> Option<PairedEffect> {
    let ratios: Vec<f64> =
        pairs.iter().filter_map(|(plain, changed)| Some((changed.step()? / plain.step()?).ln())).collect();
    let missing = pairs.iter().filter(|(plain, changed)| plain.is_observed() && !changed.is_observed());
    let log_ratio = mean(&ratios)?;
    Some(PairedEffect { pairs: ratios.len(), missing: missing.count(), log_ratio, interval: around(&ratios) })
}

/// The 95 % confidence interval of the mean of `values`.
fn around(values: &[f64]) -> Option<[f64; 2]> {
    let middle = mean(values)?;
    let deviation = standard_deviation(values).filter(|_| values.len() > 1)?;
    let half = student_95(values.len() - 1) * deviation / (values.len() as f64).sqrt();
    Some([middle - half, middle + half])
}

/// The difference of a score at each step, over pairs of runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PairedCurve {
    /// The steps that all runs have.
    pub steps: Vec<i64>,
    /// The mean of changed − unchanged.
    pub difference: Vec<f64>,
    /// Its 95 % confidence interval; none for fewer than two pairs.
    pub interval: Vec<Option<[f64; 2]>>,
}

/// The steps of the evaluations of a run, and its score at each.
pub type Scored<'a> = (&'a [i64], &'a [f64]);

/// The curve over pairs of (unchanged, changed) runs.
pub fn paired_curve(pairs: &[(Scored<'_>, Scored<'_>)]) -> PairedCurve {
    let mut curve = PairedCurve::default();
    let Some(((steps, _), _)) = pairs.first() else { return curve };
    let at = |(steps, values): Scored<'_>, step: i64| {
        steps.iter().position(|&each| each == step).and_then(|place| values.get(place)).copied()
    };
    for &step in *steps {
        let differences = pairs.iter().map(|&(plain, changed)| Some(at(changed, step)? - at(plain, step)?));
        let Some(differences) = differences.collect::<Option<Vec<f64>>>() else { continue };
        curve.steps.push(step);
        curve.difference.push(mean(&differences).unwrap_or(f64::NAN));
        curve.interval.push(around(&differences));
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use Emergence::{At, NotBy};

    #[test]
    fn the_effect_is_a_mean_over_pairs_and_counts_those_that_are_missing() {
        let pairs =
            [(At(100.0), At(200.0)), (At(50.0), At(100.0)), (At(80.0), NotBy(500.0)), (NotBy(9.0), At(3.0))];
        let effect = paired_effect(&pairs).unwrap();
        assert_eq!((effect.pairs, effect.missing), (2, 1));
        assert!((effect.log_ratio - 2f64.ln()).abs() < 1e-12);
        let [low, high] = effect.interval.unwrap();
        assert!((high - low).abs() < 1e-9, "no spread, no width");
        assert!(paired_effect(&pairs[2..]).is_none());
        assert!(paired_effect(&pairs[..1]).unwrap().interval.is_none());
    }

    #[test]
    fn a_curve_has_the_steps_of_all_runs() {
        let (steps, fewer) = ([0, 10, 20], [0, 20]);
        let (plain, changed, short) = ([0.1, 0.2, 0.3], [0.2, 0.4, 0.6], [0.2, 0.7]);
        let curve = paired_curve(&[
            ((&steps[..], &plain[..]), (&steps[..], &changed[..])),
            ((&steps[..], &plain[..]), (&fewer[..], &short[..])),
        ]);
        assert_eq!(curve.steps, [0, 20]);
        assert!((curve.difference[1] - 0.35).abs() < 1e-12);
        let [low, high] = curve.interval[1].unwrap();
        // Two values 0.3 and 0.4: the standard error is 0.05, and t is 12.706.
        assert!((high - low - 2.0 * 12.706 * 0.05).abs() < 1e-3, "{low} {high}");
    }
}
