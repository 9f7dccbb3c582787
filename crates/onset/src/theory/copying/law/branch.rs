//! Which branch a seed takes where every sequence has every word, by a regression on what the reduced dynamics foresees.

use super::part::Part;
use super::{CopyingSetting, MeasuredCopying};
use crate::theory::logistic::Logistic;

/// The reduced dynamics is followed from so many initial conditions within the error of the measured one, so that a probability of 0 or 1 is
/// not sure.
const CASES: f64 = 25.0;

/// ln of the odds that a seed attends, a linear function of the odds that the reduced dynamics gives it and of the setting.
#[derive(Debug, Clone)]
pub(super) struct BranchOdds {
    regression: Logistic,
}

impl BranchOdds {
    /// Of the permutations among `runs` that are trained with Adam; none if they are too few or all alike.
    pub fn fit(runs: &[MeasuredCopying]) -> Option<Self> {
        let (mut rows, mut attends) = (Vec::new(), Vec::new());
        for run in runs.iter().filter(|run| matches!(Part::of(&run.setting, true), Part::Permutation { .. }))
        {
            if let Some(foreseen) = run.foreseen {
                rows.push(features(&run.setting, foreseen));
                attends.push(run.attends);
            }
        }
        Some(Self { regression: Logistic::fit(&rows, &attends)? })
    }

    /// The probability that a seed attends, for which the dynamics gives `foreseen`.
    pub fn chance(&self, setting: &CopyingSetting, foreseen: f64) -> f64 {
        self.regression.chance(&features(setting, foreseen))
    }

    /// The coefficients with their standard errors.
    pub fn coefficients(&self) -> Vec<(&'static str, [f64; 2])> {
        FEATURES.into_iter().zip(self.regression.slopes()).collect()
    }
}

/// What the odds are linear in.
const FEATURES: [&str; 5] = [
    "ln of the odds by the dynamics",
    "ln L/d",
    "ln train.batch",
    "-ln(1 - task.noise)",
    "task.order reversed",
];

/// Their values.
fn features(setting: &CopyingSetting, foreseen: f64) -> Vec<f64> {
    let attending = foreseen * CASES + 0.5;
    vec![
        (attending / (CASES + 1.0 - attending)).ln(),
        (setting.length as f64 / setting.width as f64).ln(),
        (setting.batch as f64).ln(),
        -(1.0 - setting.noise).ln(),
        f64::from(u8::from(setting.reversed)),
    ]
}
