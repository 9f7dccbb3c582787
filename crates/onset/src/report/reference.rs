//! What a copying model can reach without attention (design: reference lines).
//!
//! Before output t the decoder has seen the t words before. Without repetition they are out, so that V − t
//! words remain, all alike: cross-entropy ln(V − t), accuracy 1/(V − t). With repetition nothing is
//! learned from the prefix: ln V and 1/V. The end always comes at the same place and costs nothing.

use serde::Serialize;

use crate::task::copying::CopyingTask;

/// The best mean scores over a sequence and its end, without looking at the source.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WithoutAttention {
    /// Cross-entropy in nats.
    pub loss: f64,
    /// Share of right tokens.
    pub accuracy: f64,
}

impl WithoutAttention {
    /// The reference for `task`.
    pub fn of(task: &CopyingTask) -> Self {
        let remaining = |t: usize| (task.vocabulary - if task.repetition { 0 } else { t }) as f64;
        let positions = (task.length + 1) as f64;
        Self {
            loss: (0..task.length).map(|t| remaining(t).ln()).sum::<f64>() / positions,
            accuracy: ((0..task.length).map(|t| 1.0 / remaining(t)).sum::<f64>() + 1.0) / positions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutations_have_the_closed_forms_over_their_words() {
        let of = |vocabulary, repetition| {
            WithoutAttention::of(&CopyingTask { vocabulary, repetition, ..CopyingTask::default() })
        };
        let hard = of(40, false);
        let log_factorial: f64 = (1..=40).map(|n| f64::from(n).ln()).sum();
        let harmonic: f64 = (1..=40).map(|n| 1.0 / f64::from(n)).sum();
        assert!((hard.loss * 41.0 / 40.0 - log_factorial / 40.0).abs() < 1e-12);
        assert!((log_factorial / 40.0 - 2.76).abs() < 0.01);
        assert!(((hard.accuracy * 41.0 - 1.0) / 40.0 - harmonic / 40.0).abs() < 1e-12);
        assert!((of(40, true).loss - 40f64.ln() * 40.0 / 41.0).abs() < 1e-12);
        assert!(of(60, false).loss > hard.loss && of(60, false).accuracy < hard.accuracy);
    }
}
