//! What is said of a copying run.

use serde::{Deserialize, Serialize};

use super::ForecastError;
use crate::spec::CopyingSpec;
use crate::theory::{Beginning, Calibration, Outlook, beginning, beyond, outlook};

/// Whether and when copying is learned, from the seed's initial weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyingPrediction {
    /// The run's seed.
    pub seed: u64,
    /// w and a of each head of its initial weights.
    pub beginning: Vec<Beginning>,
    /// What follows from them.
    pub outlook: Outlook,
}

pub(super) fn predict(spec: &CopyingSpec) -> Result<CopyingPrediction, ForecastError> {
    if let Some(missing) = beyond(spec) {
        return Err(ForecastError::Beyond { missing });
    }
    let beginning = beginning(spec);
    let outlook = outlook(spec, &beginning, &Calibration::of(spec.train.optimizer));
    Ok(CopyingPrediction { seed: spec.seed, beginning, outlook })
}
