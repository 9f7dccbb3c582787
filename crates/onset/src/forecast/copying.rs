//! The prediction of a copying run.

use serde::{Deserialize, Serialize};

use super::ForecastError;
use crate::spec::CopyingSpec;
use crate::theory::{CopyingOutcome, InitialCondition, StepsBy, expected, initial_conditions, not_covered};

/// Steps beyond so many budgets are not told.
const BUDGETS: f64 = 10.0;

/// Whether and when copying is learned, predicted from the seed's initial weights. The field names of earlier forecast
/// formats are still read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyingPrediction {
    /// The run's seed.
    pub seed: u64,
    /// w and a of each head in the initial weights.
    #[serde(alias = "beginning")]
    pub initial_conditions: Vec<InitialCondition>,
    /// The predicted outcome.
    #[serde(alias = "outlook")]
    pub outcome: CopyingOutcome,
    /// By which theory the steps are; none in earlier forecasts, which were by the reduced dynamics alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<StepsBy>,
}

impl CopyingPrediction {
    /// The prediction of `spec` for these initial conditions; none without a calibration for its optimiser.
    pub(crate) fn of(spec: &CopyingSpec, initial_conditions: Vec<InitialCondition>) -> Option<Self> {
        let found = expected(spec, &initial_conditions, BUDGETS)?;
        Some(Self { seed: spec.seed, initial_conditions, outcome: found.outcome, by: Some(found.by) })
    }
}

/// By which theories the steps of these predictions are, each once.
pub fn theories_of<'a>(predictions: impl IntoIterator<Item = &'a CopyingPrediction>) -> Vec<&'a StepsBy> {
    let mut found: Vec<&StepsBy> = Vec::new();
    for by in predictions.into_iter().filter_map(|prediction| prediction.by.as_ref()) {
        if !found.contains(&by) {
            found.push(by);
        }
    }
    found
}

pub(super) fn predict(spec: &CopyingSpec) -> Result<CopyingPrediction, ForecastError> {
    if let Some(missing) = not_covered(spec) {
        return Err(ForecastError::NotCovered { missing });
    }
    let prediction = CopyingPrediction::of(spec, initial_conditions(spec));
    Ok(prediction.expect("a spec that is covered has a calibration"))
}
