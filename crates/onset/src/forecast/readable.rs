//! Foretold attention with the words that it is on, for people and scripts to read.

use serde::Serialize;

use super::PredictedAttention;
use crate::task::text::TextData;

/// One text, or one pair of sentences, and where attention will go on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReadableAttention {
    /// What the text's label is called; none for pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The words that are read.
    pub source: Vec<String>,
    /// The words that are said; none for texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<String>,
    /// A row for each word that is said (one for a text), with a weight for each word that is read.
    pub alpha: Vec<Vec<f32>>,
}

impl ReadableAttention {
    /// The held-out texts of `data` with the `attention` that is foretold of them.
    pub fn of_texts(data: &TextData, attention: &PredictedAttention) -> Vec<Self> {
        let rows = attention.example.iter().zip(&attention.alpha);
        let readable = rows.map(|(&example, alpha)| {
            let text = &data.validation[example as usize];
            Self {
                label: Some(data.label_names[usize::from(text.positive)].clone()),
                source: text.words.clone(),
                target: Vec::new(),
                alpha: vec![alpha.clone()],
            }
        });
        readable.collect()
    }

    /// Pairs of sentences, word by word, with the `attention` that is foretold of them, a row for each target word.
    pub(super) fn of_pairs(pairs: Vec<[Vec<String>; 2]>, attention: PredictedAttention) -> Vec<Self> {
        let whole =
            |[source, target]: [Vec<String>; 2]| Self { label: None, source, target, alpha: Vec::new() };
        let mut all: Vec<Self> = pairs.into_iter().map(whole).collect();
        for (example, alpha) in attention.example.into_iter().zip(attention.alpha) {
            all[example as usize].alpha.push(alpha);
        }
        all
    }
}
