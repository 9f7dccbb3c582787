//! Training progress ξ (paper, "Which are compared"): the score of the comparison runs at the first checkpoint where
//! their own attention agrees with the gold run's better than a given agreement A.

use serde::{Deserialize, Serialize};

/// One checkpoint of the comparison runs: means over the runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Optimiser steps.
    pub step: u64,
    /// A of gold α with the α of the comparison runs.
    pub agreement: f64,
    /// Their validation score.
    pub score: f64,
}

/// The checkpoint at which attention exceeds a given agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// The first checkpoint whose agreement is above it.
    pub step: u64,
    /// ξ: the score at that checkpoint.
    pub score: f64,
}

/// The first point of `curve` whose agreement exceeds `threshold`; `None`, not 0, if no point does.
pub fn first_above(curve: &[CurvePoint], threshold: f64) -> Option<Reached> {
    let point = curve.iter().find(|point| point.agreement > threshold)?;
    Some(Reached { step: point.step, score: point.score })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_the_score_at_the_first_checkpoint_above_and_undefined_where_there_is_none() {
        // The comparison runs of sst2 in the paper's orientation: A(α, β^uf) = 0.36 gives ξ at step 500.
        let steps =
            [(0, 0.09, 0.49), (100, 0.21, 0.66), (250, 0.32, 0.72), (500, 0.39, 0.76), (1000, 0.48, 0.83)];
        let curve = steps.map(|(step, agreement, score)| CurvePoint { step, agreement, score });
        assert_eq!(first_above(&curve, 0.36), Some(Reached { step: 500, score: 0.76 }));
        assert_eq!(first_above(&curve, 0.39), Some(Reached { step: 1000, score: 0.83 }));
        assert_eq!(first_above(&curve, 0.48), None);
        assert_eq!(first_above(&curve, f64::NAN), None);
    }
}
