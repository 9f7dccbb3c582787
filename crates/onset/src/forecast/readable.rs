//! Predicted attention together with its words, for people and scripts.

use serde::Serialize;

use super::PredictedAttention;
use crate::task::text::TextData;

/// One text, or one pair of sentences, with its predicted attention.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReadableAttention {
    /// The name of the text's true label, which the prediction `alpha` uses; `None` for pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The name of the label that the bag of words predicts; `None` for pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_label: Option<String>,
    /// The source words.
    pub source: Vec<String>,
    /// The target words; empty for texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<String>,
    /// One row for each target word (one row for a text), with one weight for each source word. For texts, the
    /// prediction uses the true label.
    pub alpha: Vec<Vec<f32>>,
    /// The same, predicted with the label that the bag of words predicts; `None` for pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha_by_predicted_label: Option<Vec<Vec<f32>>>,
}

impl ReadableAttention {
    /// The held-out texts of `data` with their predicted `attention`.
    pub fn of_texts(data: &TextData, attention: &PredictedAttention) -> Vec<Self> {
        let name = |label: u32| Some(data.label_names[label as usize].clone());
        let readable = attention.example.iter().enumerate().map(|(row, &example)| {
            let text = data.validation.example(example as usize);
            Self {
                label: name(text.label),
                predicted_label: name(attention.predicted_label[row]),
                source: text.words,
                target: Vec::new(),
                alpha: vec![attention.alpha[row].clone()],
                alpha_by_predicted_label: Some(vec![attention.alpha_by_prediction[row].clone()]),
            }
        });
        readable.collect()
    }

    /// Sentence pairs with their predicted `attention`, one row for each target word.
    pub(super) fn of_pairs(pairs: Vec<[Vec<String>; 2]>, attention: PredictedAttention) -> Vec<Self> {
        let whole = |[source, target]: [Vec<String>; 2]| Self {
            label: None,
            predicted_label: None,
            source,
            target,
            alpha: Vec::new(),
            alpha_by_predicted_label: None,
        };
        let mut all: Vec<Self> = pairs.into_iter().map(whole).collect();
        for (example, alpha) in attention.example.into_iter().zip(attention.alpha) {
            all[example as usize].alpha.push(alpha);
        }
        all
    }
}
