//! Which branch a seed takes where every sequence has every word, by a regression on what a rehearsal says.

use super::part::Part;
use super::{CopyingSetting, MeasuredCopying};
use crate::theory::logistic::Logistic;

/// ln of the odds that a seed attends, a linear function of what its rehearsal says and of the setting.
#[derive(Debug, Clone)]
pub(super) struct BranchOdds {
    regression: Logistic,
}

impl BranchOdds {
    /// Of the permutations among `runs` that are trained with Adam; none if they are too few or all alike.
    pub fn fit(runs: &[MeasuredCopying]) -> Option<Self> {
        let (mut rows, mut attends) = (Vec::new(), Vec::new());
        for run in runs.iter().filter(|run| Part::has_branches(&run.setting)) {
            if let Some(rehearsed) = run.rehearsed {
                rows.push(features(&run.setting, rehearsed));
                attends.push(run.attends);
            }
        }
        Some(Self { regression: Logistic::fit(&rows, &attends)? })
    }

    /// The probability that a seed attends, whose rehearsal says `rehearsed`.
    pub fn chance(&self, setting: &CopyingSetting, rehearsed: f64) -> f64 {
        self.regression.chance(&features(setting, rehearsed))
    }

    /// The coefficients with their standard errors.
    pub fn coefficients(&self) -> Vec<(&'static str, [f64; 2])> {
        FEATURES.into_iter().zip(self.regression.slopes()).collect()
    }
}

/// What the odds are linear in.
const FEATURES: [&str; 3] =
    ["w and a after a rehearsal, asinh(w/0.02) + asinh(a/0.2)", "ln L/d", "ln train.batch"];

/// Their values.
fn features(setting: &CopyingSetting, rehearsed: f64) -> Vec<f64> {
    vec![rehearsed, (setting.length as f64 / setting.width as f64).ln(), (setting.batch as f64).ln()]
}
