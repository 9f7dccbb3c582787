//! The optimiser and how long it runs.

use serde::{Deserialize, Serialize};

use super::is_default;

/// The optimiser's settings and the budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Optimiser steps.
    pub steps: u64,
    /// Examples per step.
    pub batch: usize,
    /// How parameters are moved.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optimizer: Optimizer,
    /// Step size.
    pub learning_rate: f32,
    /// Adam's decay of the first moment.
    pub beta1: f32,
    /// Adam's decay of the second moment.
    pub beta2: f32,
    /// Adam's denominator offset.
    pub epsilon: f32,
    /// End before `steps`, at the first evaluation with at least this accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_at_accuracy: Option<f64>,
}

/// How parameters are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam, the paper's.
    #[default]
    Adam,
    /// Plain gradient descent.
    Sgd,
}

impl Training {
    /// The paper's Adam for `steps` steps of `batch` examples.
    pub(super) fn paper(steps: u64, batch: usize) -> Self {
        Self {
            steps,
            batch,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            stop_at_accuracy: None,
        }
    }
}
