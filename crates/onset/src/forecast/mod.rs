//! Predictions of training from a spec and its data, without training. They can be sealed as forecasts and scored
//! later.
//!
//! [`predict`] computes a [`Prediction`] with the code of [`theory`](crate::theory). [`Forecast`] writes it into a run
//! directory before training starts. [`scored`] compares it with the finished run.

mod copying;
mod error;
mod groups;
mod levels;
mod pairs;
mod readable;
mod round;
#[cfg(feature = "studies")]
mod score;
#[cfg(feature = "studies")]
mod score_words;
mod seal;
mod texts;
mod version;
mod words;

pub use copying::{CopyingPrediction, theories_of};
pub use error::ForecastError;
pub(crate) use groups::indistinguishable;
pub use levels::{Level, LevelsPrediction};
pub use pairs::{PairFilesPrediction, predict_pair_files};
pub use readable::ReadableAttention;
pub use round::{LEVELS, RoundPrediction};
#[cfg(feature = "studies")]
pub use score::{RunScore, TimeScores, score_times, scored};
#[cfg(feature = "studies")]
pub(crate) use score::{discrimination, with_result};
#[cfg(feature = "studies")]
pub use score_words::WordScore;
#[cfg(feature = "studies")]
pub(crate) use score_words::{best_recorded, text_proxies};
pub use seal::{Forecast, ForecastStatus, TheoryForecasts};
pub use texts::text_attention_at;
pub use version::{THEORY_VERSION, theory_version};
pub use words::{PredictedWord, WordsPrediction};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::{ClassificationSpec, CopyingSpec, Optimizer, Spec, TranslationSpec};
use crate::task::pairs::PairData;
use crate::task::text::TextData;
use crate::theory::not_calibrated;
use crate::train::Prepared;
use onset_engine::AttentionMode;

/// The prediction for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Prediction {
    /// Whether and when copying is learned.
    Copying(CopyingPrediction),
    /// The words that attention goes to.
    Words(WordsPrediction),
    /// The levels at which the loss stays.
    Levels(LevelsPrediction),
}

/// Predicted α of each row. A row is a text, or a target position of a pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictedAttention {
    /// The number of the text or pair among the held-out ones.
    pub example: Vec<i64>,
    /// The target position; 0 for texts.
    pub position: Vec<i64>,
    /// α by source position; each row sums to 1. For texts, the prediction uses the text's true label, which signs β.
    pub alpha: Vec<Vec<f32>>,
    /// α of texts, predicted with the label that the bag of words predicts; empty for pairs.
    pub alpha_by_prediction: Vec<Vec<f32>>,
    /// The label that the bag of words predicts; empty for pairs.
    pub predicted_label: Vec<u32>,
    /// What other theories order the positions of each row by, by their names.
    pub theories: BTreeMap<String, Vec<Vec<f32>>>,
}

/// A prediction for specs of one task; `None` if the spec is for another task or model.
type Predictor = fn(&Spec, &Prepared) -> Option<Result<(Prediction, PredictedAttention), ForecastError>>;

/// The tasks and models that the theory covers, one line each.
const COVERED: [Predictor; 3] = [copying_run, text_run, pair_run];

/// Predicts the outcome of training `spec` on its `data`. Errors name what the theory does not cover.
pub fn predict(spec: &Spec, data: &Prepared) -> Result<(Prediction, PredictedAttention), ForecastError> {
    // Levels depend on the task alone.
    if let Some(levels) = levels::in_context_run(spec) {
        return levels;
    }
    if let Some(key) = spec.training().altered() {
        return Err(ForecastError::NotCovered { missing: not_calibrated(key) });
    }
    // The reduced dynamics of copying follows changes; nothing else does.
    if let Some(change) = spec.interventions().first()
        && CopyingSpec::of(spec).is_none()
    {
        let missing = format!("training is changed on the way ({change}), which this theory does not follow");
        return Err(ForecastError::NotCovered { missing });
    }
    COVERED.iter().find_map(|predictor| predictor(spec, data)).unwrap_or_else(|| {
        let (task, model) = (spec.task().kind(), spec.model().kind());
        let missing = format!("there is no theory for the task {task} with the model {model}");
        Err(ForecastError::NotCovered { missing })
    })
}

fn copying_run(spec: &Spec, _: &Prepared) -> Option<Result<(Prediction, PredictedAttention), ForecastError>> {
    let spec = CopyingSpec::of(spec)?;
    let prediction = copying::predict(&spec).map(Prediction::Copying);
    Some(prediction.map(|prediction| (prediction, PredictedAttention::default())))
}

fn text_run(spec: &Spec, data: &Prepared) -> Option<Result<(Prediction, PredictedAttention), ForecastError>> {
    let (spec, data) = (ClassificationSpec::of(spec)?, data.get::<TextData>()?);
    Some(learned(spec.model.attention).and_then(|()| {
        if spec.train.optimizer != Optimizer::Adam {
            return Err(ForecastError::NotCovered { missing: NOT_ADAM.into() });
        }
        let (words, attention) = texts::predict(data, spec.train.batch);
        Ok((Prediction::Words(words), attention))
    }))
}

fn pair_run(spec: &Spec, data: &Prepared) -> Option<Result<(Prediction, PredictedAttention), ForecastError>> {
    let (spec, data) = (TranslationSpec::of(spec)?, data.get::<PairData>()?);
    Some(learned(spec.model.attention).map(|()| {
        let (words, attention) = pairs::predict(data);
        (Prediction::Words(words), attention)
    }))
}

/// Refuses any attention mode but learned.
fn learned(mode: AttentionMode) -> Result<(), ForecastError> {
    match mode {
        AttentionMode::Learned => Ok(()),
        mode => {
            let missing = format!(
                "attention is {mode} from the start (model.attention = \"{mode}\"): there is no second stage"
            );
            Err(ForecastError::NotCovered { missing })
        }
    }
}

const NOT_ADAM: &str =
    "the time of stage 1 of texts is calibrated for Adam only (train.optimizer = \"adam\")";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_that_was_not_calibrated_is_not_predicted() {
        for given in ["schedule=cosine", "warmup=5", "clip=1.0", "beta1=0.5"] {
            for task in ["copying", "classification"] {
                let spec = Spec::parse(&format!("task = '{task}'"), "", &[format!("train.{given}")]).unwrap();
                let error = predict(&spec, &Prepared::load(&spec).unwrap()).unwrap_err().to_string();
                assert!(error.contains(given.split('=').next().unwrap()), "{error}");
            }
        }
    }

    #[test]
    fn texts_are_predicted_for_adam_only() {
        let overrides = ["train.optimizer=sgd".to_string()];
        let spec = Spec::parse("task = 'classification'", "", &overrides).unwrap();
        let error = predict(&spec, &Prepared::load(&spec).unwrap()).unwrap_err();
        assert!(error.to_string().contains("calibrated for Adam only"), "{error}");
    }
}
