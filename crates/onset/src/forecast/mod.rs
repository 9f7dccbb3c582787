//! What training will do, said in advance: from a spec and its data, nothing trained; sealed, and scored afterwards.
//!
//! [`predict`] makes a [`Prediction`] with the theory's code, [`Forecast`] writes it into a run directory before the
//! run begins, [`scored`] holds it against what then happened.

mod copying;
mod error;
mod groups;
mod pairs;
mod readable;
mod score;
mod seal;
mod texts;
mod words;

pub use copying::CopyingPrediction;
pub use error::ForecastError;
pub use pairs::predict_pair_files;
pub use readable::ReadableAttention;
pub use score::{CopyingScores, RunScore, WordScore, score_copying, scored};
pub use seal::{Forecast, Standing};
pub use words::{PredictedWord, WordsPrediction};

use serde::{Deserialize, Serialize};

use crate::spec::Spec;
use crate::train::Prepared;

/// What is said of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Prediction {
    /// Whether and when copying is learned.
    Copying(CopyingPrediction),
    /// Which words attention goes to.
    Words(WordsPrediction),
}

/// α of each row: a text, or a target position of a pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictedAttention {
    /// The text's or pair's number among the held-out ones.
    pub example: Vec<i64>,
    /// The target position; 0 for texts.
    pub position: Vec<i64>,
    /// α by source position; sums to 1.
    pub alpha: Vec<Vec<f32>>,
}

/// Predicts what `spec` will do on its `data`. Errors name what the theory does not cover.
pub fn predict(spec: &Spec, data: &Prepared) -> Result<(Prediction, PredictedAttention), ForecastError> {
    match (spec, data) {
        (Spec::Copying(spec), _) => {
            Ok((Prediction::Copying(copying::predict(spec)?), PredictedAttention::default()))
        }
        (Spec::Classification(spec), Prepared::Text(data)) => {
            if spec.model.attention == crate::spec::Attention::Uniform {
                return Err(ForecastError::Beyond { missing: FROZEN.into() });
            }
            let (words, attention) = texts::predict(data, spec.train.batch);
            Ok((Prediction::Words(words), attention))
        }
        (Spec::Translation(spec), Prepared::Pairs(data)) => {
            if spec.model.attention == crate::spec::Attention::Uniform {
                return Err(ForecastError::Beyond { missing: FROZEN.into() });
            }
            let (words, attention) = pairs::predict(data);
            Ok((Prediction::Words(words), attention))
        }
        _ => unreachable!("data is prepared for its spec"),
    }
}

const FROZEN: &str =
    "attention is frozen (model.attention = \"uniform\"), so that there is nowhere for it to go";
