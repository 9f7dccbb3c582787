//! The theory's prediction before the first step.

use serde::Serialize;

use super::Event;

/// The theory's prediction for a training; quantities that the theory does not predict are omitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Prediction {
    /// Copying: the most probable curve, from this seed's initial weights.
    pub curve: Vec<PredictedPoint>,
    /// Copying: probability of learning within the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// Copying: probability that attention ends on the right position rather than avoiding it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attends: Option<f64>,
    /// Copying: the emergence step at the quantiles 0.1, 0.5 and 0.9; `None` beyond the last step of the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergence: Option<[Option<f64>; 3]>,
    /// Copying: whether the law of steps was not fitted on such settings, so that the interval is wider.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_outside: bool,
    /// Copying: the accuracy of a model that knows the tokens of the source, but not their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_attention: Option<f64>,
    /// Keywords: α of each text of the view, after both stages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Vec<f32>>,
    /// Keywords: mean weight on the keyword, after both stages. For texts, the theory predicts where attention goes,
    /// not when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyword_attention: Option<f64>,
    /// What may happen in the training. Captions and marks, not predictions: the setup decides their conditions.
    pub events: Vec<Event>,
    /// The reason why there is no prediction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<String>,
}

/// One point of a predicted curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PredictedPoint {
    /// Optimiser steps.
    pub step: f64,
    /// Probability of the target token.
    pub accuracy: f64,
    /// Weight on the right position.
    pub attention: f64,
    /// Mean probability of a word when the context is the state of that word alone; `None` with several heads, of which the
    /// theory gives only the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word_probability: Option<f64>,
    /// The score gap w.
    pub score_gap: f64,
    /// The logit gap a.
    pub logit_gap: f64,
}
