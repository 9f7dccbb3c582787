//! The highest scores of a row, and their log-probabilities.

use onset_engine::{largest, sum_of_exp};

/// Scores that are looked at together.
const CHUNK: usize = 128;

/// The `count` highest of `scores` with their places, highest first, as log softmax; equal ones by place.
pub fn top_log_probabilities(scores: &[f32], count: usize, found: &mut Vec<(u32, f32)>) {
    found.clear();
    let mut threshold = f32::NEG_INFINITY;
    for (piece, chunk) in scores.chunks(CHUNK).enumerate() {
        // Most pieces hold nothing: their largest is found many numbers at a time.
        if found.len() == count && largest(chunk) <= threshold {
            continue;
        }
        for (place, &score) in chunk.iter().enumerate() {
            if score > threshold || (found.len() < count && !score.is_nan()) {
                let at = found.partition_point(|&(_, other)| other >= score);
                found.insert(at, ((piece * CHUNK + place) as u32, score));
                found.truncate(count);
                if found.len() == count {
                    threshold = found[count - 1].1;
                }
            }
        }
    }
    let shift = found.first().map_or(0.0, |&(_, score)| score);
    let normaliser = shift + sum_of_exp(scores, shift).ln();
    found.iter_mut().for_each(|(_, score)| *score -= normaliser);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_highest_come_first_with_their_log_probabilities(
            scores in prop::collection::vec(-9i8..9, 1..400), count in 1usize..9,
        ) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut expected: Vec<usize> = (0..scores.len()).collect();
            expected.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
            let mut found = Vec::new();
            top_log_probabilities(&scores, count, &mut found);
            prop_assert_eq!(found.len(), count.min(scores.len()));
            let sum: f64 = scores.iter().map(|&score| f64::from(score).exp()).sum();
            for (&(place, log), wanted) in found.iter().zip(expected) {
                prop_assert_eq!(place as usize, wanted);
                prop_assert!((f64::from(log) - (f64::from(scores[wanted]) - sum.ln())).abs() < 1e-4);
            }
        }
    }
}
