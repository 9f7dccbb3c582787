//! Stage 2: attention logits as free parameters, with a fixed effect of each word.
//!
//! For one output, −∂L/∂a_l = α_l·(A_l − Σ α A) with the advantage A_l of position l. For a label of sign σ, A_l = (1 −
//! p)·σβ_l, where p is the probability of the true label at the score σ·(Σ α β + c). From uniform attention, α first moves to
//! the position with the largest σβ. The order of α stays the order of σβ throughout.
//!
//! The bias c ties texts together. Once the words that decide labels are attended to, c moves until the texts without such a
//! word have the label that is left. Their loss vanishes, and attention there stays where it is.

use super::integration::{Accuracy, Integration};
use crate::task::text::WordTable;

/// The error allowed in a step, relative to the largest logit.
const TOLERANCE: f64 = 1e-6;

/// The same for all texts together, of which only the bias is used.
const TOLERANCE_TOGETHER: f64 = 1e-3;

/// Steps of the iteration that finds the bias, at most; it starts from the bias of a state nearby.
const BIAS_STEPS: usize = 20;

/// The change of the bias below which the iteration stops.
const BIAS_ERROR: f64 = 1e-4;

/// The largest change of the bias in one step: where nearly all labels are certain, Newton's method overshoots.
const LARGEST_BIAS_STEP: f64 = 2.0;

/// α (one entry a position, sum 1) at time `time`, from uniform attention, for one text whose words have the effects
/// `support` (σβ, in nats). `log_odds` gives ln p/(1 − p) of the label at a time and α.
pub fn stage_two_attention(
    support: &[f32],
    mut log_odds: impl FnMut(f64, &[f64]) -> f64,
    time: f64,
) -> Vec<f32> {
    let accuracy = Accuracy { tolerance: TOLERANCE, shortest: shortest(support), controlled: support.len() };
    let mut alpha = Vec::new();
    // The last entry is the time.
    let slopes = |state: &[f64], slopes: &mut Vec<f64>| {
        let (time, logits) = state.split_last().expect("the time");
        softmax(logits, &mut alpha);
        let wrong = 1.0 / (1.0 + log_odds(*time, &alpha).exp());
        slopes.clear();
        push_slopes(&alpha, support, wrong, slopes);
        slopes.push(1.0);
    };
    let mut flow = Integration::new(vec![0.0; support.len() + 1], accuracy, slopes);
    flow.advance_to(time);
    let mut alpha = Vec::new();
    softmax(&flow.state[..support.len()], &mut alpha);
    alpha.into_iter().map(|a| a as f32).collect()
}

/// Stage 2 on the texts of one data set.
#[derive(Debug, Clone)]
pub struct StageTwo<'a> {
    beta: &'a WordTable,
    /// When it ends.
    end: f64,
    /// Times, ascending from 0.
    times: Vec<f64>,
    /// The biases at each time.
    biases: Vec<Vec<f64>>,
}

impl<'a> StageTwo<'a> {
    /// Finds the course of the bias from time 0 to `end` while attention is learned on `texts` (token ids, label) together,
    /// with `beta` as the scores of their words. A label that no text has keeps the bias 0.
    pub fn of(texts: &[(&[u32], u32)], beta: &'a WordTable, end: f64) -> Self {
        let mut together = Together::of(texts, beta);
        let positions = together.support.len();
        let accuracy = Accuracy {
            tolerance: TOLERANCE_TOGETHER,
            shortest: shortest(&together.support),
            controlled: positions,
        };
        let mut here = together.clone();
        let mut flow =
            Integration::new(vec![0.0; positions], accuracy, |state: &[f64], into: &mut Vec<f64>| {
                together.settle(state);
                into.clear();
                together.push_slopes(into);
            });
        here.settle(&flow.state);
        let (mut times, mut biases) = (vec![0.0], vec![here.bias.clone()]);
        while positions > 0 && flow.time < end {
            flow.advance(end);
            here.settle(&flow.state);
            times.push(flow.time);
            biases.push(here.bias.clone());
        }
        Self { beta, end, times, biases }
    }

    /// α (one entry a position, sum 1) at the end on a text of these words, with attention learned for `label`.
    pub fn attention(&self, tokens: &[u32], label: u32) -> Vec<f32> {
        let link = self.beta.link;
        let mut scores = vec![0.0; link.width()];
        let log_odds = |time: f64, alpha: &[f64]| {
            self.bias_at(time, &mut scores);
            add_scores(self.beta, tokens, alpha, &mut scores);
            link.log_odds(&scores, label)
        };
        stage_two_attention(&self.beta.along(tokens, label), log_odds, self.end)
    }

    /// The biases at a time, between those at the times that are known.
    fn bias_at(&self, time: f64, into: &mut [f64]) {
        let after = self.times.partition_point(|&known| known <= time).clamp(1, self.times.len().max(2) - 1);
        let Some(&later) = self.times.get(after) else { return into.copy_from_slice(&self.biases[0]) };
        let earlier = self.times[after - 1];
        let part = ((time - earlier) / (later - earlier)).clamp(0.0, 1.0);
        let ends = self.biases[after - 1].iter().zip(&self.biases[after]);
        into.iter_mut().zip(ends).for_each(|(bias, (a, b))| *bias = a + part * (b - a));
    }
}

/// Attention on many texts at once, with one bias for all.
#[derive(Clone)]
struct Together<'a> {
    beta: &'a WordTable,
    texts: &'a [(&'a [u32], u32)],
    /// σβ of all positions of all texts.
    support: Vec<f32>,
    /// α of the same positions.
    alpha: Vec<f64>,
    /// The scores of all texts without the bias (texts × scores).
    scores: Vec<f64>,
    bias: Vec<f64>,
    /// Whether a score is of a label that texts have.
    present: Vec<bool>,
}

impl<'a> Together<'a> {
    fn of(texts: &'a [(&'a [u32], u32)], beta: &'a WordTable) -> Self {
        let width = beta.link.width();
        let has = |score: usize| texts.iter().any(|&(_, label)| beta.link.truth(score, label) > 0.5);
        let lacks = |score: usize| texts.iter().any(|&(_, label)| beta.link.truth(score, label) < 0.5);
        Self {
            beta,
            texts,
            support: texts.iter().flat_map(|(tokens, label)| beta.along(tokens, *label)).collect(),
            alpha: Vec::new(),
            scores: vec![0.0; texts.len() * width],
            bias: vec![0.0; width],
            present: (0..width).map(|score| has(score) && lacks(score)).collect(),
        }
    }

    /// Finds α, the scores and the bias at these logits.
    fn settle(&mut self, logits: &[f64]) {
        let (width, mut at) = (self.bias.len(), 0);
        self.alpha.clear();
        for (text, &(tokens, _)) in self.texts.iter().enumerate() {
            push_softmax(&logits[at..][..tokens.len()], &mut self.alpha);
            let scores = &mut self.scores[text * width..][..width];
            scores.fill(0.0);
            add_scores(self.beta, tokens, &self.alpha[at..], scores);
            at += tokens.len();
        }
        for _ in 0..BIAS_STEPS {
            if self.step_bias() < BIAS_ERROR {
                return;
            }
        }
    }

    /// One step of each bias towards Σ (y − p) = 0. Returns the largest change.
    ///
    /// A step is Newton's for two labels. For more, it divides by Σ p instead of the matrix of second derivatives.
    fn step_bias(&mut self) -> f64 {
        let (width, link) = (self.bias.len(), self.beta.link);
        let mut sums = vec![[0.0; 2]; width];
        let mut p = vec![0.0; width];
        for (scores, &(_, label)) in self.scores.chunks(width).zip(self.texts) {
            p.iter_mut().zip(scores.iter().zip(&self.bias)).for_each(|(p, (score, bias))| *p = score + bias);
            link.probabilities(&mut p);
            for (score, (sum, &p)) in sums.iter_mut().zip(&p).enumerate() {
                sum[0] += link.truth(score, label) - p;
                sum[1] += if width == 1 { p * (1.0 - p) } else { p };
            }
        }
        let mut largest = 0.0f64;
        for ((bias, [residual, scale]), _) in
            self.bias.iter_mut().zip(sums).zip(&self.present).filter(|(_, present)| **present)
        {
            let step = (residual / scale.max(1e-9)).clamp(-LARGEST_BIAS_STEP, LARGEST_BIAS_STEP);
            *bias += step;
            largest = largest.max(step.abs());
        }
        largest
    }

    /// Appends the slopes of all logits at the settled state.
    fn push_slopes(&self, into: &mut Vec<f64>) {
        let (width, mut at) = (self.bias.len(), 0);
        let mut scores = vec![0.0; width];
        for (text, &(tokens, label)) in self.texts.iter().enumerate() {
            let own = self.scores[text * width..].iter().zip(&self.bias);
            scores.iter_mut().zip(own).for_each(|(sum, (score, bias))| *sum = score + bias);
            let wrong = 1.0 / (1.0 + self.beta.link.log_odds(&scores, label).exp());
            let range = at..at + tokens.len();
            push_slopes(&self.alpha[range.clone()], &self.support[range], wrong, into);
            at += tokens.len();
        }
    }
}

/// The shortest step of an integration: no logit moves faster than twice the largest support, and the slopes have no jumps.
fn shortest(support: &[f32]) -> f64 {
    let widest = support.iter().fold(0.0f64, |widest, &b| widest.max(f64::from(b).abs()));
    1e-3 / widest.max(1e-9)
}

/// Appends the slopes of the logits of one text, whose label has the probability 1 − `wrong`.
fn push_slopes(alpha: &[f64], support: &[f32], wrong: f64, into: &mut Vec<f64>) {
    let mean: f64 = alpha.iter().zip(support).map(|(a, &b)| a * f64::from(b)).sum();
    into.extend(alpha.iter().zip(support).map(|(a, &b)| a * (f64::from(b) - mean) * wrong));
}

/// Adds Σ α β of the words `tokens` to `scores`; `alpha` may be longer.
fn add_scores(beta: &WordTable, tokens: &[u32], alpha: &[f64], scores: &mut [f64]) {
    for (&token, a) in tokens.iter().zip(alpha) {
        scores.iter_mut().zip(beta.row(token)).for_each(|(sum, &b)| *sum += a * f64::from(b));
    }
}

fn softmax(logits: &[f64], alpha: &mut Vec<f64>) {
    alpha.clear();
    push_softmax(logits, alpha);
}

fn push_softmax(logits: &[f64], alpha: &mut Vec<f64>) {
    let start = alpha.len();
    let largest = logits.iter().copied().fold(f64::MIN, f64::max);
    alpha.extend(logits.iter().map(|logit| (logit - largest).exp()));
    let sum: f64 = alpha[start..].iter().sum();
    alpha[start..].iter_mut().for_each(|a| *a /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Link;
    use proptest::prelude::*;

    /// The log-odds of a text of its own: the attended support.
    fn plain(support: &[f32]) -> impl FnMut(f64, &[f64]) -> f64 {
        move |_, alpha| alpha.iter().zip(support).map(|(a, &b)| a * f64::from(b)).sum()
    }

    #[test]
    fn the_first_move_is_minus_the_gradient_of_the_loss() {
        let support = [0.4f32, -0.8, 1.5, 0.1];
        let time = 1e-3;
        let alpha = stage_two_attention(&support, plain(&support), time);
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
        for (found, expected) in stage_two_attention(&support, plain(&support), time).iter().zip(&alpha) {
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    /// Word 1 decides for label 1; word 2 has a weaker effect for label 0; words 0 and 3 none.
    fn table() -> WordTable {
        WordTable::scores(Link::Logistic, vec![0.0, 8.0, -2.0, 0.0])
    }

    #[test]
    fn the_bias_balances_the_labels_at_every_time() {
        let texts: Vec<(&[u32], u32)> =
            (0..30).map(|n| if n % 3 == 0 { (&[0, 1, 3, 3][..], 1) } else { (&[0, 2, 3][..], 0) }).collect();
        let beta = table();
        let stage = StageTwo::of(&texts, &beta, 20.0);
        let mut together = Together::of(&texts, &beta);
        together.settle(&vec![0.0; together.support.len()]);
        assert!((stage.biases[0][0] - together.bias[0]).abs() < 1e-6 && together.step_bias() < 1e-4);
        // Attended to, word 1 explains label 1, and all others have label 0.
        assert!(stage.biases.last().unwrap()[0] < stage.biases[0][0] - 1.0, "{:?}", stage.biases);
    }

    #[test]
    fn once_the_deciding_word_is_known_texts_without_it_keep_uniform_attention() {
        let texts: Vec<(&[u32], u32)> = (0..40)
            .map(|n| match n % 4 {
                0 | 1 => (&[0, 1, 3, 3][..], 1),
                2 => (&[0, 2, 3, 3][..], 0),
                _ => (&[0, 0, 3, 3][..], 0),
            })
            .collect();
        let beta = table();
        let stage = StageTwo::of(&texts, &beta, 200.0);
        assert!(stage.attention(&[0, 1, 3, 3], 1)[1] > 0.8);
        let with_bias = stage.attention(&[0, 2, 3, 3], 0)[1];
        let alone =
            stage_two_attention(&beta.along(&[0, 2, 3, 3], 0), plain(&[0.0, 2.0, 0.0, 0.0]), 200.0)[1];
        assert!(alone > 0.9 && with_bias < 0.7 * alone, "{alone} {with_bias}");
    }

    #[test]
    fn of_three_labels_each_attends_to_its_word_and_an_absent_label_is_left_alone() {
        let mut numbers = vec![0.0; 5 * 3];
        (0..3).for_each(|label| numbers[(1 + label) * 3 + label] = 5.0);
        let beta = WordTable::scores(Link::Softmax(3), numbers);
        let texts: Vec<(&[u32], u32)> =
            (0..20).map(|n| if n % 2 == 0 { (&[0, 1, 4][..], 0) } else { (&[0, 2, 4][..], 1) }).collect();
        let stage = StageTwo::of(&texts, &beta, 50.0);
        assert!(stage.biases.iter().all(|biases| biases[2] == 0.0 && biases.iter().all(|b| b.is_finite())));
        let alpha = stage.attention(&[0, 2, 4], 1);
        assert!(alpha[1] > 0.6 && alpha[0] == alpha[2], "{alpha:?}");
    }

    #[test]
    fn without_texts_or_words_there_is_no_bias() {
        let beta = table();
        for texts in [&[][..], &[(&[][..], 1u32)][..]] {
            let stage = StageTwo::of(texts, &beta, 10.0);
            assert_eq!((stage.times.len(), stage.biases[0][0]), (1, 0.0));
            assert_eq!(stage.attention(&[0, 3], 1), [0.5, 0.5]);
        }
    }

    proptest! {
        #[test]
        fn attention_keeps_the_order_of_support_and_sums_to_one(
            support in proptest::collection::vec(-4.0f32..4.0, 1..20), time in 0.1f64..50.0,
        ) {
            let alpha = stage_two_attention(&support, plain(&support), time);
            prop_assert!((alpha.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            for i in 0..support.len() {
                for j in 0..support.len() {
                    prop_assert!(support[i] < support[j] + 1e-3 || alpha[i] >= alpha[j] - 1e-6);
                }
            }
        }
    }
}
