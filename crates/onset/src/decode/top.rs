//! The highest scores of a row and their log-probabilities, computed from pieces of the row.

use onset_engine::{CHUNK, exp, largest_of_chunks, sum_of_exp};

/// The highest scores so far, and the running sums of log softmax.
#[derive(Debug, Default)]
pub struct Top {
    /// Places and scores, highest first; ties by place.
    found: Vec<(u32, f32)>,
    /// The largest score of each chunk of the current piece; the buffer is reused.
    largest: Vec<f32>,
    /// Σ exp(score − shift) over all scores.
    sum: f32,
    shift: f32,
}

impl Top {
    /// Discards all scores.
    pub fn clear(&mut self) {
        self.found.clear();
        (self.sum, self.shift) = (0.0, f32::NEG_INFINITY);
    }

    /// Adds the `scores` of the places from `first` on; pieces must come in the order of their places. Keeps the
    /// `count` highest.
    pub fn see(&mut self, first: usize, scores: &[f32], count: usize) {
        largest_of_chunks(scores, &mut self.largest);
        let mut highest = f32::NEG_INFINITY;
        for (piece, (chunk, &here)) in scores.chunks(CHUNK).zip(&self.largest).enumerate() {
            highest = highest.max(here);
            // Most chunks contain none of the highest scores, and the maximum of a chunk is fast to compute.
            if self.found.len() == count && here <= self.found[count - 1].1 {
                continue;
            }
            for (place, &score) in chunk.iter().enumerate() {
                let threshold = self.found.last().map_or(f32::NEG_INFINITY, |&(_, score)| score);
                if score > threshold || (self.found.len() < count && !score.is_nan()) {
                    let at = self.found.partition_point(|&(_, other)| other >= score);
                    self.found.insert(at, ((first + piece * CHUNK + place) as u32, score));
                    self.found.truncate(count);
                }
            }
        }
        if highest > self.shift {
            self.sum *= exp(self.shift - highest);
            self.shift = highest;
        }
        self.sum += sum_of_exp(scores, self.shift);
    }

    /// Places and log-probabilities (log softmax) of the highest scores, highest first.
    pub fn log_probabilities(&self) -> impl Iterator<Item = (u32, f32)> {
        let normaliser = self.shift + self.sum.ln();
        self.found.iter().map(move |&(place, score)| (place, score - normaliser))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_highest_come_first_with_their_log_probabilities(
            scores in prop::collection::vec(-9i8..9, 1..400), count in 1usize..9, piece in 1usize..200,
        ) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut expected: Vec<usize> = (0..scores.len()).collect();
            expected.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
            let mut top = Top::default();
            top.clear();
            for (number, scores) in scores.chunks(piece).enumerate() {
                top.see(number * piece, scores, count);
            }
            prop_assert_eq!(top.log_probabilities().count(), count.min(scores.len()));
            let sum: f64 = scores.iter().map(|&score| f64::from(score).exp()).sum();
            for ((place, log), wanted) in top.log_probabilities().zip(expected) {
                prop_assert_eq!(place as usize, wanted);
                prop_assert!((f64::from(log) - (f64::from(scores[wanted]) - sum.ln())).abs() < 1e-4);
            }
        }
    }
}
