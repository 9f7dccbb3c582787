//! The prediction of attention on words.

use serde::{Deserialize, Serialize};

/// The words that attention is predicted to go to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WordsPrediction {
    /// Training texts or pairs that it is computed from.
    pub seen: usize,
    /// The words, or pairs of a word and its translation, with the most predicted attention; the largest first. Of texts,
    /// attention is predicted with each held-out text's true label.
    pub words: Vec<PredictedWord>,
    /// Words that co-occurrence cannot distinguish, because they occur in the same texts equally often; the largest groups
    /// first.
    pub groups: Vec<Vec<String>>,
    /// The number of words in all such groups.
    pub grouped: usize,
    /// Rows (held-out texts, or target positions) for which attention is predicted.
    pub rows: usize,
    /// The share of rows whose predicted word has a signal of at least two standard errors.
    pub above_noise: f64,
    /// The share of held-out texts whose label the bag of words predicts right; `None` for pairs, and in forecasts of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_accuracy: Option<f64>,
}

/// A word with its predicted attention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictedWord {
    /// The word, on the source side.
    pub word: String,
    /// For pairs, the target token at whose position it is attended to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
    /// Predicted weight times the source's length: 1 is uniform.
    pub attention: f64,
    /// How often it occurs in the predicted rows.
    pub occurrences: u64,
    /// The signal-to-noise ratio of its co-occurrence, in standard errors; for texts positive for words of the positive
    /// label.
    pub signal: f64,
}

/// The number of words that are listed.
pub(super) const LISTED: usize = 100;

/// The number of groups that are listed.
pub(super) const GROUPS: usize = 20;

/// The signal, in standard errors, from which a prediction counts as above the noise.
pub(super) const CLEAR: f32 = 2.0;
