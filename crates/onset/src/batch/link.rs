//! How scores become probabilities of labels: one score and the logistic function for two labels, a score for each label
//! and softmax for more.

use serde::{Deserialize, Serialize};

/// The link between scores and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Link {
    #[default]
    /// Two labels: p(1) = σ(s) (paper, "Classification").
    Logistic,
    /// More labels: p(k) = softmax(s)_k; holds their number.
    Softmax(usize),
}

impl Link {
    /// The link for so many labels.
    pub fn of(labels: usize) -> Self {
        if labels <= 2 { Self::Logistic } else { Self::Softmax(labels) }
    }

    /// How many scores there are.
    pub fn width(self) -> usize {
        match self {
            Self::Logistic => 1,
            Self::Softmax(labels) => labels,
        }
    }

    /// How many labels there are.
    pub fn labels(self) -> usize {
        match self {
            Self::Logistic => 2,
            Self::Softmax(labels) => labels,
        }
    }

    /// The label with the largest probability, the first of equal ones.
    pub fn predicted(self, scores: &[f64]) -> u32 {
        match self {
            Self::Logistic => u32::from(scores[0] > 0.0),
            Self::Softmax(_) => {
                let mut best = 0;
                for (label, score) in scores.iter().enumerate() {
                    if *score > scores[best] {
                        best = label;
                    }
                }
                best as u32
            }
        }
    }

    /// −ln p(`label`), in nats.
    pub fn loss(self, scores: &[f64], label: u32) -> f64 {
        let margin = self.log_odds(scores, label);
        (-margin).max(0.0) + (-margin.abs()).exp().ln_1p()
    }

    /// ln p/(1 − p) of `label`: with two labels the score, multiplied by the label's sign.
    pub fn log_odds(self, scores: &[f64], label: u32) -> f64 {
        match self {
            Self::Logistic if label == 1 => scores[0],
            Self::Logistic => -scores[0],
            Self::Softmax(_) => {
                let others =
                    || scores.iter().enumerate().filter(|(k, _)| *k != label as usize).map(|(_, s)| *s);
                let largest = others().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = others().map(|score| (score - largest).exp()).sum();
                scores[label as usize] - largest - sum.ln()
            }
        }
    }

    /// Replaces `scores` by probabilities: of the second of two labels, or of each label.
    pub fn probabilities(self, scores: &mut [f64]) {
        match self {
            Self::Logistic => scores[0] = 1.0 / (1.0 + (-scores[0]).exp()),
            Self::Softmax(_) => {
                let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
                let sum: f64 = scores.iter().sum();
                scores.iter_mut().for_each(|score| *score /= sum);
            }
        }
    }

    /// What the probability of number `score` should be for a text of this label: 1 or 0.
    pub fn truth(self, score: usize, label: u32) -> f64 {
        let is_true = match self {
            Self::Logistic => label == 1,
            Self::Softmax(_) => label as usize == score,
        };
        f64::from(u8::from(is_true))
    }

    /// Replaces `scores` by y − p: minus the gradient of the loss with respect to them.
    pub fn residual(self, scores: &mut [f64], label: u32) {
        self.probabilities(scores);
        scores.iter_mut().enumerate().for_each(|(score, p)| *p = self.truth(score, label) - *p);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: [(Link, &[f64], u32); 4] = [
        (Link::Logistic, &[0.7], 1),
        (Link::Logistic, &[0.7], 0),
        (Link::Softmax(3), &[0.2, -1.0, 1.5], 2),
        (Link::Softmax(4), &[0.2, -1.0, 1.5, 0.0], 1),
    ];

    #[test]
    fn the_residual_is_minus_the_gradient_of_the_loss() {
        for (link, scores, label) in CASES {
            let mut residual = scores.to_vec();
            link.residual(&mut residual, label);
            for index in 0..scores.len() {
                let moved = |by: f64| {
                    let mut scores = scores.to_vec();
                    scores[index] += by;
                    link.loss(&scores, label)
                };
                let gradient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((gradient + residual[index]).abs() < 1e-8, "{link:?} {index}");
            }
        }
    }

    #[test]
    fn probabilities_of_all_labels_sum_to_one() {
        for (link, scores, _) in CASES {
            let sum: f64 = (0..link.labels() as u32).map(|label| (-link.loss(scores, label)).exp()).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{link:?}: {sum}");
        }
    }

    #[test]
    fn softmax_over_two_scores_is_the_logistic_function_of_their_difference() {
        let (two, one) = (Link::Softmax(2), Link::Logistic);
        for label in [0, 1] {
            let (a, b) = (two.log_odds(&[0.3, 1.1], label), one.log_odds(&[0.8], label));
            assert!((a - b).abs() < 1e-12);
        }
        assert_eq!((two.predicted(&[0.3, 1.1]), one.predicted(&[0.8])), (1, 1));
        assert_eq!(Link::Softmax(3).predicted(&[1.0, 1.0, 0.0]), 0);
    }
}
