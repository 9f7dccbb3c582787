//! What to train: a TOML file as a user types it, read, completed and checked once.
//!
//! [`Spec`] is complete and written back into the run directory as the resolved spec. Together with
//! the seed that it holds, it decides every byte of a run.

mod classification;
mod copying;

pub use classification::{
    ClassificationModel, ClassificationRecord, ClassificationSpec, KeywordTask, TextSource,
};
pub use copying::{CopyingModel, CopyingRecord, CopyingSpec, CopyingTask};

use serde::{Deserialize, Serialize};

/// One experiment, of any task.
#[derive(Debug, Clone, PartialEq)]
pub enum Spec {
    /// Copying a sequence word by word (paper, "Copying").
    Copying(CopyingSpec),
    /// Binary text classification (paper, "Classification").
    Classification(ClassificationSpec),
}

/// How attention weights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attention {
    /// Scores are learned.
    Learned,
    /// Scores are held at 0, so that every position has the same weight.
    Uniform,
}

/// The optimiser (Adam) and how long it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Optimiser steps.
    pub steps: u64,
    /// Examples per step.
    pub batch: usize,
    /// Adam's step size.
    pub learning_rate: f32,
    /// Adam's decay of the first moment.
    pub beta1: f32,
    /// Adam's decay of the second moment.
    pub beta2: f32,
    /// Adam's denominator offset.
    pub epsilon: f32,
}
