//! Stage 2: attention logits as free parameters, once it is known what each word says.
//!
//! For one output, −∂L/∂a_l = α_l·(A_l − Σ α A) with the advantage A_l of position l. For a label of sign σ,
//! A_l = (1 − p)·σβ_l with p the probability of the true label at σ·Σ α β. From uniform attention the first move goes to the
//! position with the largest β, and on it the order stays that of β.

/// α at time `time` for one text whose words say `support` (σβ, in nats), from uniform attention.
pub fn attend(support: &[f32], time: f64) -> Vec<f32> {
    let count = support.len();
    let mut logits = vec![0.0f64; count];
    let mut alpha = vec![1.0 / count.max(1) as f64; count];
    let spread = support.iter().fold(0.0f64, |widest, &b| widest.max(f64::from(b).abs()));
    // A logit moves by at most 2·spread·α a time; this keeps a step's movement small.
    let steps = ((time * 8.0 * spread.max(1e-9)).ceil() as usize).clamp(1, MOST_STEPS);
    let step = time / steps as f64;
    for _ in 0..steps {
        let score: f64 = alpha.iter().zip(support).map(|(a, &b)| a * f64::from(b)).sum();
        let wrong = 1.0 / (1.0 + score.exp());
        for ((logit, a), &b) in logits.iter_mut().zip(&alpha).zip(support) {
            *logit += step * a * (f64::from(b) - score) * wrong;
        }
        let largest = logits.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
        alpha.iter_mut().zip(&logits).for_each(|(a, logit)| *a = (logit - largest).exp() / sum);
    }
    alpha.into_iter().map(|a| a as f32).collect()
}

/// Steps of the integration at most.
const MOST_STEPS: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_move_is_minus_the_gradient_of_the_loss() {
        let support = [0.4f32, -0.8, 1.5, 0.1];
        let time = 1e-3;
        let alpha = attend(&support, time);
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
            // Slopes of all logits sum to 0, so that α moves by α·slope.
            let expected = 0.25 + time * 0.25 * slope;
            assert!(
                (f64::from(alpha[place]) - expected).abs() < 1e-6,
                "{place}: {} {expected}",
                alpha[place]
            );
        }
    }

    proptest! {
        #[test]
        fn attention_keeps_the_order_of_support_and_sums_to_one(
            support in proptest::collection::vec(-4.0f32..4.0, 1..20), time in 0.1f64..50.0,
        ) {
            let alpha = attend(&support, time);
            prop_assert!((alpha.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            for i in 0..support.len() {
                for j in 0..support.len() {
                    prop_assert!(support[i] < support[j] + 1e-3 || alpha[i] >= alpha[j] - 1e-6);
                }
            }
        }
    }
}
