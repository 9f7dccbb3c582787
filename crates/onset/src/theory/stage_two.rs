//! Stage 2: attention logits as free parameters, with a fixed effect of each word.
//!
//! For one output, −∂L/∂a_l = α_l·(A_l − Σ α A) with the advantage A_l of position l. For a label of sign σ, A_l = (1 −
//! p)·σβ_l, where p is the probability of the true label at the score σ·Σ α β. From uniform attention, α first moves to
//! the position with the largest σβ. The order of α stays the order of σβ throughout.

use super::integration::{Accuracy, Integration};

/// The error allowed in a step, relative to the largest logit.
const TOLERANCE: f64 = 1e-6;

/// α (one entry a position, sum 1) at time `time`, from uniform attention, for one text whose words have the effects
/// `support` (σβ, in nats).
pub fn stage_two_attention(support: &[f32], time: f64) -> Vec<f32> {
    let widest = support.iter().fold(0.0f64, |widest, &b| widest.max(f64::from(b).abs()));
    // No logit moves faster than 2·widest. The slopes have no jumps, so shorter steps than this are never needed.
    let accuracy =
        Accuracy { tolerance: TOLERANCE, shortest: 1e-3 / widest.max(1e-9), controlled: support.len() };
    let mut alpha = Vec::new();
    let slopes = |logits: &[f64], slopes: &mut Vec<f64>| {
        softmax(logits, &mut alpha);
        let score: f64 = alpha.iter().zip(support).map(|(a, &b)| a * f64::from(b)).sum();
        let wrong = 1.0 / (1.0 + score.exp());
        slopes.clear();
        slopes.extend(alpha.iter().zip(support).map(|(a, &b)| a * (f64::from(b) - score) * wrong));
    };
    let mut flow = Integration::new(vec![0.0; support.len()], accuracy, slopes);
    flow.advance_to(time);
    let mut alpha = Vec::new();
    softmax(&flow.state, &mut alpha);
    alpha.into_iter().map(|a| a as f32).collect()
}

fn softmax(logits: &[f64], alpha: &mut Vec<f64>) {
    let largest = logits.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    alpha.clear();
    alpha.extend(logits.iter().map(|logit| (logit - largest).exp() / sum));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_move_is_minus_the_gradient_of_the_loss() {
        let support = [0.4f32, -0.8, 1.5, 0.1];
        let time = 1e-3;
        let alpha = stage_two_attention(&support, time);
        let loss = |logits: &[f64; 4]| {
            let sum: f64 = logits.iter().map(|a| a.exp()).sum();
            let score: f64 = logits.iter().zip(support).map(|(a, b)| a.exp() / sum * f64::from(b)).sum();
            (-score).exp().ln_1p()
        };
        for place in 0..4 {
            let moved = |by: f64| {
                let mut logits = [0.0; 4];
                logits[place] = by;
                loss(&logits)
            };
            let slope = -(moved(1e-5) - moved(-1e-5)) / 2e-5;
            // The slopes of all logits sum to 0, so that α moves by α·slope.
            let expected = 0.25 + time * 0.25 * slope;
            assert!(
                (f64::from(alpha[place]) - expected).abs() < 1e-6,
                "{place}: {} {expected}",
                alpha[place]
            );
        }
    }

    #[test]
    fn strong_words_are_followed_as_accurately_as_weak_ones() {
        // Compared with Euler's method in 50,000 steps.
        let support = [6.0f32, -3.0, 5.5, 0.5, 0.0];
        let (time, steps) = (200.0, 50_000);
        let mut logits = [0.0f64; 5];
        let mut alpha = Vec::new();
        for _ in 0..steps {
            softmax(&logits, &mut alpha);
            let score: f64 = alpha.iter().zip(support).map(|(a, b)| a * f64::from(b)).sum();
            let wrong = 1.0 / (1.0 + score.exp());
            for (logit, (a, b)) in logits.iter_mut().zip(alpha.iter().zip(support)) {
                *logit += time / f64::from(steps) * a * (f64::from(b) - score) * wrong;
            }
        }
        softmax(&logits, &mut alpha);
        for (found, expected) in stage_two_attention(&support, time).iter().zip(&alpha) {
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    proptest! {
        #[test]
        fn attention_keeps_the_order_of_support_and_sums_to_one(
            support in proptest::collection::vec(-4.0f32..4.0, 1..20), time in 0.1f64..50.0,
        ) {
            let alpha = stage_two_attention(&support, time);
            prop_assert!((alpha.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            for i in 0..support.len() {
                for j in 0..support.len() {
                    prop_assert!(support[i] < support[j] + 1e-3 || alpha[i] >= alpha[j] - 1e-6);
                }
            }
        }
    }
}
