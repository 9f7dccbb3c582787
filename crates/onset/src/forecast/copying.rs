//! The prediction of a copying run.

use serde::{Deserialize, Serialize};

use super::ForecastError;
use crate::spec::CopyingSpec;
use crate::theory::{
    Calibration, CopyingOutcome, InitialCondition, copying_outcome, initial_conditions, not_covered,
};

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
}

pub(super) fn predict(spec: &CopyingSpec) -> Result<CopyingPrediction, ForecastError> {
    if let Some(missing) = not_covered(spec) {
        return Err(ForecastError::NotCovered { missing });
    }
    let calibration =
        Calibration::of(spec.train.optimizer).expect("a spec that is covered has a calibration");
    let initial_conditions = initial_conditions(spec);
    let outcome = copying_outcome(spec, &initial_conditions, &calibration);
    Ok(CopyingPrediction { seed: spec.seed, initial_conditions, outcome })
}
