//! What a theory predicts for one run in a round of theories ([`crate::study`]).

use serde::{Deserialize, Serialize};

/// The probabilities at which a theory gives a step: 0.05, 0.1, … 0.95.
pub const LEVELS: [f64; 19] = {
    let mut levels = [0.0; 19];
    let mut place = 0;
    while place < levels.len() {
        levels[place] = (place + 1) as f64 * 0.05;
        place += 1;
    }
    levels
};

/// What a theory predicts for one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundPrediction {
    /// The step by which it has learned with each probability of [`LEVELS`]; none for never.
    Steps(Vec<Option<f64>>),
    /// Numbers that order the positions of each held-out text, in the table of predicted attention ([`PredictedAttention`]).
    ///
    /// [`PredictedAttention`]: super::PredictedAttention
    Attention,
    /// The setting is outside of the theory's domain, for this reason.
    Outside(String),
}
