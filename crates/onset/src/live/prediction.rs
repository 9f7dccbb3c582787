//! What the theory predicts before the first step.

use serde::Serialize;

/// The theory's prediction of a training; what it has no number for is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Prediction {
    /// Copying: the likeliest curve, from this seed's initial weights.
    pub curve: Vec<PredictedPoint>,
    /// Copying: probability to learn within the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// Copying: probability that attention ends on the right position rather than avoiding it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attends: Option<f64>,
    /// Copying: the step at which it learns, at the quantiles 0.1, 0.5 and 0.9; none beyond the training's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergence: Option<[Option<f64>; 3]>,
    /// Copying: the accuracy of a model that knows which tokens the source has, but not their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_attention: Option<f64>,
    /// Keywords: α of each text of the view, after both stages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Vec<f32>>,
    /// Keywords: mean weight on the keyword, after both stages. The theory of texts predicts where attention goes, not
    /// when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyword_attention: Option<f64>,
    /// Why the theory predicts nothing.
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
    /// The score gap w.
    pub score_gap: f64,
    /// The logit gap a.
    pub logit_gap: f64,
}
