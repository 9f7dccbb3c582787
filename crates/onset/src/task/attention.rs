//! Attention at one place held against the right positions, for tasks that know them.

use onset_engine::argmax;

use crate::batch::Ragged;
use crate::model::Reading;

/// Means over all predictions that have a right position.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AttentionScores {
    /// Share of predictions whose largest weight is on a right position; the first of equals counts as the largest.
    pub accuracy: f64,
    /// Weight on the right positions.
    pub weight: f64,
    /// Entropy of α in nats.
    pub entropy: f64,
}

/// Scores the place with this number of `readings` against the `relevant` positions of each prediction.
pub fn attention_scores(readings: &[Reading], place: usize, relevant: &Ragged) -> AttentionScores {
    let (mut scores, mut count) = (AttentionScores::default(), 0.0f64);
    let rows = readings.iter().flat_map(|reading| reading.places[place].alpha.iter());
    for (row, alpha) in rows.enumerate() {
        let right = relevant.row(row);
        if right.is_empty() {
            continue;
        }
        count += 1.0;
        scores.accuracy += f64::from(u8::from(right.contains(&(argmax(alpha) as u32))));
        for (position, &weight) in alpha.iter().enumerate() {
            let weight = f64::from(weight);
            if right.contains(&(position as u32)) {
                scores.weight += weight;
            }
            if weight > 0.0 {
                scores.entropy -= weight * weight.ln();
            }
        }
    }
    let mean = |sum: f64| sum / count.max(1.0);
    AttentionScores {
        accuracy: mean(scores.accuracy),
        weight: mean(scores.weight),
        entropy: mean(scores.entropy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PlaceReading;

    #[test]
    fn uniform_attention_is_credited_to_the_first_position_alone() {
        let alpha = [[0.5f32, 0.5], [0.5, 0.5], [0.1, 0.9]].into_iter().collect();
        let reading =
            Reading { places: vec![PlaceReading { alpha, ..Default::default() }], ..Reading::default() };
        let mut relevant = Ragged::default();
        relevant.push([1]);
        relevant.push([]);
        relevant.push([1]);
        let scores = attention_scores(&[reading], 0, &relevant);
        assert_eq!(scores.accuracy, 0.5);
        assert!((scores.weight - 0.7).abs() < 1e-6, "{scores:?}");
    }
}
