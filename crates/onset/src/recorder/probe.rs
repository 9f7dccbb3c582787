//! What a recorder reads from a model for one probe example.

use std::sync::Arc;

use super::RecorderError;
use crate::batch::Rows;
use crate::model::{Place, PlaceReading, Reading};
use crate::record::Prediction;

/// α at one place for the predictions of an example, and β where it was asked for: a row for each prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Attended {
    /// The place.
    pub place: Place,
    /// α; rows sum to 1.
    pub alpha: Rows,
    /// β in nats; no rows if it was not asked for.
    pub beta: Rows,
    /// The tokens at the positions that the place attends to, at least as many as the longest row.
    pub tokens: usize,
}

/// One probe example after one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probe {
    /// The sequences that places attend to, in tokens: one, or of encoder–decoder models the source and the target.
    pub tokens: Vec<Vec<String>>,
    /// The right output of each prediction; empty texts where it is unknown.
    pub target: Vec<String>,
    /// The likeliest output of each prediction.
    pub predicted: Vec<String>,
    /// ln p of the right output, in nats; NaN where it is unknown.
    pub log_probability: Vec<f32>,
    /// The number of the true label and its score, of classifiers.
    pub label: Option<(u32, f32)>,
    /// Attention at each place.
    pub places: Vec<Attended>,
    /// Δ of each prediction over the first sequence; no rows if it was not asked for.
    pub delta: Rows,
}

impl Probe {
    /// Checks that all lists fit each other and that α is finite.
    pub(super) fn check(&self, step: u64, example: usize) -> Result<(), RecorderError> {
        let count = self.target.len();
        let shape = |what, expected: usize, found: usize| match expected == found {
            true => Ok(()),
            false => {
                let (expected, found) = (expected.to_string(), found.to_string());
                Err(RecorderError::Shape { what, expected, found })
            }
        };
        shape("predicted outputs of an example", count, self.predicted.len())?;
        shape("log-probabilities of an example", count, self.log_probability.len())?;
        for attended in &self.places {
            let Place { layer, head, .. } = attended.place;
            shape("rows of α of an example", count, attended.alpha.len())?;
            let longest = attended.alpha.iter().map(<[f32]>::len).max().unwrap_or(0);
            let tokens = self.tokens.get(attended.tokens).map_or(0, Vec::len);
            if longest > tokens {
                let what = "tokens of an example";
                let (expected, found) = (format!("at least {longest}"), tokens.to_string());
                return Err(RecorderError::Shape { what, expected, found });
            }
            if !attended.beta.is_empty() {
                shape("rows of β of an example", count, attended.beta.len())?;
            }
            let finite = |rows: &Rows| rows.numbers().iter().all(|weight| weight.is_finite());
            if !finite(&attended.alpha) {
                return Err(RecorderError::NotFinite { what: "attention", step, example, layer, head });
            }
        }
        Ok(())
    }

    /// The places, what is read there, and the predictions in words, of the places that attend to each sequence.
    pub(super) fn into_sequences(self) -> impl Iterator<Item = (Vec<Place>, Reading, Vec<Prediction>)> {
        let Self { tokens, target, predicted, log_probability, label, places, mut delta } = self;
        let mut by_sequence = vec![(Vec::new(), Vec::new()); tokens.len()];
        for Attended { place, alpha, beta, tokens } in places {
            if let Some((places, readings)) = by_sequence.get_mut(tokens) {
                places.push(place);
                readings.push(PlaceReading { alpha, beta });
            }
        }
        tokens.into_iter().zip(by_sequence).map(move |(tokens, (places, readings))| {
            let shared: Arc<[String]> = tokens.into();
            let reading = Reading {
                log_probability: log_probability.clone(),
                logit: label.map(|(_, logit)| logit),
                places: readings,
                // It is that of the first sequence.
                delta: std::mem::take(&mut delta),
                ..Reading::default()
            };
            let prediction = |(target, predicted): (&String, &String)| Prediction {
                tokens: Arc::clone(&shared),
                target: target.clone(),
                predicted: predicted.clone(),
                relevant: None,
                label: label.map(|(label, _)| label),
            };
            let predictions = target.iter().zip(&predicted).map(prediction).collect();
            (places, reading, predictions)
        })
    }
}
