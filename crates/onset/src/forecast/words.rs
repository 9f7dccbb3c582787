//! What is said of attention on words.

use serde::{Deserialize, Serialize};

/// Which words attention will go to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WordsPrediction {
    /// Texts or pairs that it rests on.
    pub seen: usize,
    /// The words, or pairs of a word and its translation, that attention goes to most, first those of which the most
    /// is expected.
    pub words: Vec<PredictedWord>,
    /// Words that co-occurrence cannot tell apart, as they come in the same texts alike; the largest groups first.
    pub groups: Vec<Vec<String>>,
    /// Words that are in such groups.
    pub grouped: usize,
    /// Rows (held-out texts, or target positions) of which attention is predicted.
    pub rows: usize,
    /// The share of rows whose predicted word stands out of its sampling noise by two standard errors.
    pub above_noise: f64,
}

/// A word that attention goes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictedWord {
    /// The word, on the source's side.
    pub word: String,
    /// For pairs, the word that is said while it is attended to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
    /// Expected weight times the source's length: 1 is uniform.
    pub attention: f64,
    /// How often it occurs in what is predicted.
    pub occurrences: u64,
    /// How far its co-occurrence stands out of its sampling noise, in standard errors; for texts positive for words of
    /// the positive label.
    pub signal: f64,
}

/// How many words are listed.
pub(super) const LISTED: usize = 100;

/// How many groups are listed.
pub(super) const GROUPS: usize = 20;

/// Standard errors from which a signal is taken for one.
pub(super) const CLEAR: f32 = 2.0;
