//! The prediction of attention on words.

use serde::{Deserialize, Serialize};

/// The words that attention is predicted to go to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WordsPrediction {
    /// The number of training texts or pairs that it is computed from.
    pub seen: usize,
    /// The words, or pairs of a word and its translation, with the most predicted attention, largest first. For texts,
    /// the prediction uses each held-out text's true label.
    pub words: Vec<PredictedWord>,
    /// Groups of words that co-occurrence cannot distinguish, because they occur equally often in the same texts; the
    /// largest group first.
    pub groups: Vec<Vec<String>>,
    /// The number of words in all such groups.
    pub grouped: usize,
    /// The number of rows (held-out texts, or target positions) with predicted attention.
    pub rows: usize,
    /// The share of rows whose predicted word has a signal of at least two standard errors.
    pub above_noise: f64,
    /// The share of held-out texts whose label the bag of words predicts correctly; `None` for pairs and in forecasts
    /// of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_accuracy: Option<f64>,
}

/// A word with its predicted attention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictedWord {
    /// The source word.
    pub word: String,
    /// For texts, the label that it speaks for; `None` for pairs, and in forecasts of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// For pairs, the target token at whose position it is attended to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
    /// Predicted weight times the source's length: 1 is uniform.
    pub attention: f64,
    /// The number of its occurrences in the predicted rows.
    pub occurrences: u64,
    /// The signal-to-noise ratio of its co-occurrence, in standard errors; with two labels, negative for words of the
    /// first.
    pub signal: f64,
    /// For texts, whether the word is in more training texts of its label than chance would put there, in an exact test
    /// that counts how many words are tested ([`FALSE_DISCOVERIES`](crate::measures::FALSE_DISCOVERIES)); `None` for
    /// pairs, and in forecasts of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<bool>,
}

/// The number of words that are listed.
pub(super) const LISTED: usize = 100;

/// The number of groups that are listed.
pub(super) const GROUPS: usize = 20;

/// A prediction is above the noise if its signal is at least this many standard errors.
pub(super) const CLEAR: f32 = 2.0;
