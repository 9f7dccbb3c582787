//! The theories that take part in a round.

use serde::Serialize;

use crate::forecast::{LEVELS, RoundPrediction};
use crate::spec::CopyingSpec;
use crate::stats::{mean, normal_quantile, standard_deviation};
use crate::theory::{
    Calibration, CopyingLaw, CopyingSetting, InitialCondition, copying_outcome, measured_copying, not_covered,
};

/// What a theory may use.
#[derive(Debug, Clone, Serialize)]
pub struct TheoryQuestion<'a> {
    /// The spec of the run, with its seed and its budget of steps.
    #[serde(skip)]
    pub spec: &'a CopyingSpec,
    /// w and a of each head in the initial weights.
    pub initial_conditions: &'a [InitialCondition],
}

/// A theory of when copying is learned.
#[derive(Debug, Clone, Copy)]
pub struct Theory {
    /// Its name.
    pub name: &'static str,
    /// What it uses, in a few words.
    pub about: &'static str,
    /// Its prediction.
    pub predict: fn(&TheoryQuestion<'_>) -> RoundPrediction,
}

/// The theories of Onset, one line each. The first is what others are measured against.
pub const THEORIES: [Theory; 4] = [
    Theory {
        name: "mean",
        about: "the runs of the calibration with the same optimiser, whatever the setting",
        predict: same_for_all,
    },
    Theory {
        name: "first slope",
        about: "L·V(V − 1)/(V − L), in the unit that fits the calibration",
        predict: first_slope,
    },
    Theory {
        name: "reduced dynamics",
        about: "the dynamics of w and a alone, calibrated on plain copying at width 64",
        predict: reduced_dynamics,
    },
    Theory {
        name: "law",
        about: "regressions on the calibration, for the branch on the reduced dynamics too: the steps of onset predict",
        predict: law,
    },
];

fn steps(of: impl Fn(f64) -> Option<f64>) -> RoundPrediction {
    RoundPrediction::Steps(LEVELS.map(of).to_vec())
}

/// ln of the measured steps of the calibration with the optimiser of the run, and what `unit` takes from each.
fn log_steps(spec: &CopyingSpec, unit: impl Fn(&CopyingSetting) -> Option<f64>) -> Vec<f64> {
    let sgd = spec.train.optimizer == crate::settings::Optimizer::Sgd;
    let own = measured_copying().iter().filter(|run| run.setting.sgd == sgd);
    own.filter_map(|run| Some(run.step.ln() - unit(&run.setting)?.ln())).collect()
}

fn log_normal(middle: f64, deviation: f64) -> RoundPrediction {
    steps(|level| Some((middle + normal_quantile(level) * deviation).exp()))
}

fn same_for_all(question: &TheoryQuestion<'_>) -> RoundPrediction {
    let logs = log_steps(question.spec, |_| Some(1.0));
    match (mean(&logs), standard_deviation(&logs)) {
        (Some(middle), Some(deviation)) => log_normal(middle, deviation),
        _ => RoundPrediction::Outside("there are no runs with this optimiser in the calibration".into()),
    }
}

/// The slope of w under uniform attention is (1/L − 1/V)/(V − 1); a step of Adam is worth its learning rate times the width.
fn first_slope(question: &TheoryQuestion<'_>) -> RoundPrediction {
    let unit = |setting: &CopyingSetting| {
        let (vocabulary, length) = (setting.vocabulary as f64, setting.length as f64);
        let pace = if setting.sgd { setting.rate } else { setting.rate * setting.width as f64 };
        (vocabulary > length).then(|| length * vocabulary * (vocabulary - 1.0) / (vocabulary - length) / pace)
    };
    let own = match CopyingSetting::of(question.spec) {
        Ok(setting) => unit(&setting),
        Err(reason) => return RoundPrediction::Outside(reason),
    };
    let Some(own) = own else {
        return RoundPrediction::Outside("there is no slope if every sequence has every word (V = L)".into());
    };
    let logs = log_steps(question.spec, unit);
    match (mean(&logs), standard_deviation(&logs)) {
        (Some(middle), Some(deviation)) => log_normal(middle + own.ln(), deviation),
        _ => RoundPrediction::Outside("there are no runs with this optimiser in the calibration".into()),
    }
}

fn reduced_dynamics(question: &TheoryQuestion<'_>) -> RoundPrediction {
    if let Some(reason) = not_covered(question.spec) {
        return RoundPrediction::Outside(reason);
    }
    let calibration = Calibration::of(question.spec.train.optimizer).expect("it is covered");
    let outcome = copying_outcome(question.spec, question.initial_conditions, &calibration);
    steps(|level| between(&[0.1, 0.5, 0.9], &outcome.emergence, level))
}

fn law(question: &TheoryQuestion<'_>) -> RoundPrediction {
    match CopyingLaw::shipped().of_run(question.spec, question.initial_conditions) {
        Ok((_, step)) => steps(|level| Some(step.quantile(level)).filter(|step| step.is_finite())),
        Err(reason) => RoundPrediction::Outside(reason),
    }
}

/// The step at `level` from the steps at some `levels`: ln(step) is linear in the normal z between and beyond them; none where it is nearest to
/// one that is never.
pub(super) fn between(levels: &[f64], steps: &[Option<f64>], level: f64) -> Option<f64> {
    let known: Vec<(f64, f64)> = levels
        .iter()
        .zip(steps)
        .filter_map(|(&level, step)| Some((normal_quantile(level), (*step)?.ln())))
        .collect();
    let z = normal_quantile(level);
    let (last, never) = (known.last()?, steps.last().is_none_or(Option::is_none));
    if never && z > last.0 + 1e-9 {
        return None;
    }
    let [a, b] = match known.windows(2).find(|pair| z <= pair[1].0).or_else(|| known.windows(2).last()) {
        Some(pair) => [pair[0], pair[1]],
        None => return Some(last.1.exp()),
    };
    Some((a.1 + (z - a.0) / (b.0 - a.0) * (b.1 - a.1)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_between_three_levels_follow_the_normal_distribution() {
        let at =
            |level: f64| between(&[0.1, 0.5, 0.9], &[Some(50.0), Some(100.0), Some(200.0)], level).unwrap();
        assert!((at(0.5) - 100.0).abs() < 1e-6 && (at(0.9) - 200.0).abs() < 1e-6);
        assert!(at(0.05) < 50.0 && at(0.95) > 200.0 && (at(0.3) * at(0.7) - 1e4).abs() < 1.0);
        let open = |level: f64| between(&[0.1, 0.5, 0.9], &[Some(50.0), Some(100.0), None], level);
        assert!(open(0.4).unwrap() < 100.0 && open(0.5).is_some() && open(0.6).is_none());
        assert_eq!(between(&[0.1, 0.5, 0.9], &[None, None, None], 0.1), None);
        assert!((LEVELS[0] - 0.05).abs() < 1e-12 && (LEVELS[18] - 0.95).abs() < 1e-12);
    }
}
