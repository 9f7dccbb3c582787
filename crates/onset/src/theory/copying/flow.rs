//! The reduced dynamics of copying: the score gap w and the logit gap a, moved by the gradient of the loss.
//!
//! A context with weight c_o on word o gives it the score w_o·c_o. The right position has the attention logit a, all
//! others 0. With α the weight on the right position and γ = (1 − α)/(L − 1) on each other position,
//!
//! dw_o/dt = E\[c_o·(t_o − p_o)\]·V/(V − 1),
//! da/dt = κ·α(1 − α)·E\[A_right − A_other\],   A_l = w_{x_l}·(t_{x_l} − p_{x_l}),
//!
//! where t is the target's distribution (with noise ν: 1 − ν + ν/V for the right word, ν/V for any other). If all words
//! have the same statistics, dw/dt = \[α(1 − p) − (1 − α)q\]/(V − 1) and da/dt = κ·α(1 − α)·w·(1 − p + q). Normalisers
//! are averaged over the other words of the source, which is exact if all words have the same statistics and none
//! repeats.
//!
//! With several heads, whose projected contexts are averaged, each head has its own w and a. A score is the mean over
//! heads, and the expected residual t − p is shared by all heads.
//!
//! Adam divides each slope by its size and noise, and follows a moving average; see [`Pace`].

mod course;

use onset_engine::{AttentionMode, argmax};
use serde::Serialize;

use super::words::{Words, words_of};
use crate::task::copying::CopyingTask;

/// How fast parameters follow their gradient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Gradient flow.
    Gradient,
    /// Adam: f/√(f² + σ²), where f is the slope of a word divided by the probability that it is the right one, and σ is
    /// the noise of the mean of f over a batch. A word is right at `tokens`/V of a batch's positions, so that σ² =
    /// noise²·V/`tokens`. With momentum, the parameters follow the exponential moving average of this, with Adam's bias
    /// correction, so that they lag behind growing slopes.
    Adam {
        /// Target tokens in a batch.
        tokens: f64,
        /// Noise of a single slope of a score.
        score_noise: f64,
        /// Noise of a single slope of an attention logit.
        attention_noise: f64,
        /// The time constant of the moving average. 0, or less than the shortest integration step, means no momentum.
        momentum: f64,
    },
}

/// A copying task, the initial condition and the optimiser.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyingFlow {
    words: Vec<Words>,
    vocabulary: f64,
    length: f64,
    noise: f64,
    /// Initial w (of every word) and a of each head.
    pub start: Vec<[f64; 2]>,
    /// κ: how fast attention logits move relative to scores.
    pub attention_rate: f64,
    /// The optimiser.
    pub pace: Pace,
    /// What moves, and from which time on, in the order of times. The first entry holds from time 0 on.
    phases: Vec<Phase>,
}

/// What moves from a time on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phase {
    /// t.
    pub from: f64,
    /// Learned attention follows its logits. Uniform attention has the weight 1/L everywhere, and clamped attention 1 on the right
    /// position; meanwhile a stays where it is.
    pub attention: AttentionMode,
    /// Whether w stays where it is.
    pub scores_frozen: bool,
    /// Whether a stays where it is although attention follows it.
    pub logits_frozen: bool,
}

impl Phase {
    /// Everything moves, from time 0 on.
    pub const LEARNED: Self =
        Self { from: 0.0, attention: AttentionMode::Learned, scores_frozen: false, logits_frozen: false };
}

/// The state at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CopyingPoint {
    /// t.
    pub time: f64,
    /// w: the score gap of head `head`, the mean over target tokens.
    pub score_gap: f64,
    /// a: the logit gap of head `head` between the right position and any other.
    pub logit_gap: f64,
    /// The head, counted from 0, with the most attention on the right position.
    pub head: usize,
    /// α: attention of this head on the right position.
    pub attention: f64,
    /// p: the mean probability of the target token.
    pub probability: f64,
}

/// The probability of the target token at which the task counts as learned, without noise.
pub const COPIED: f64 = 0.9;

/// The shortest step of the integration under Adam.
const SHORTEST: f64 = 0.05;

/// The error allowed in a step, relative to the largest w or a.
const TOLERANCE: f64 = 1e-6;

/// Bisections of the step in which the task is learned.
const HALVINGS: usize = 30;

/// Slopes below this are rounding errors.
const ROUNDING: f64 = 1e-15;

/// Buffers for the slopes at one state.
#[derive(Debug, Default, Clone)]
struct Slopes {
    /// For each head, dw_o/dt of each kind of words, then da/dt; then the slopes of the moving averages.
    slope: Vec<f64>,
    /// α and γ of each head.
    weights: Vec<[f64; 2]>,
    /// Contributions of the right position, and of any other, to the score of each kind of words.
    scores: Vec<[f64; 2]>,
    /// E exp(score) of each kind, for a word other than the right one.
    mass: Vec<f64>,
    /// The expected residual of each kind at the right position, and summed over the other positions.
    residuals: Vec<[f64; 2]>,
    probability: f64,
}

impl CopyingFlow {
    /// Gradient flow on `task` from w = a = 0, with κ = 1.
    pub fn new(task: &CopyingTask) -> Self {
        Self {
            words: words_of(task),
            vocabulary: task.vocabulary as f64,
            length: task.length as f64,
            noise: task.noise,
            start: vec![[0.0; 2]],
            attention_rate: 1.0,
            pace: Pace::Gradient,
            phases: vec![Phase::LEARNED],
        }
    }

    /// The same flow with other `phases`, in the order of their times; what comes before the first is learned.
    pub fn in_phases(self, phases: &[Phase]) -> Self {
        let first = phases.first().is_none_or(|phase| phase.from > 0.0).then_some(Phase::LEARNED);
        Self { phases: first.into_iter().chain(phases.iter().copied()).collect(), ..self }
    }

    /// The same flow with other initial values of w and a.
    pub fn starting_at(self, start: [f64; 2]) -> Self {
        self.with_heads(vec![start])
    }

    /// The same flow with one head for each pair of initial values of w and a.
    pub fn with_heads(self, start: Vec<[f64; 2]>) -> Self {
        Self { start, ..self }
    }

    /// The rate at which gradient flow leaves the saddle at V = L.
    pub fn escape_rate(&self) -> f64 {
        let length = self.length;
        (self.attention_rate / (self.vocabulary - 1.0)).sqrt() * (length - 1.0) / (length * length)
    }

    /// The probability at which the task counts as learned: [`COPIED`] times the largest probability under noise.
    pub fn copied(&self) -> f64 {
        COPIED * (1.0 - self.noise + self.noise / self.vocabulary)
    }

    /// For each head, w of each kind of words, then a. If the optimiser has momentum, the exponentially weighted sum of
    /// each slope and the time follow.
    fn state(&self) -> Vec<f64> {
        let of = |&[score_gap, logit_gap]: &[f64; 2]| {
            std::iter::repeat_n(score_gap, self.words.len()).chain(std::iter::once(logit_gap))
        };
        let mut state: Vec<f64> = self.start.iter().flat_map(of).collect();
        if matches!(self.pace, Pace::Adam { momentum, .. } if momentum > SHORTEST) {
            state.resize(2 * state.len() + 1, 0.0);
        }
        state
    }

    /// The number of entries of a state that are w or a.
    fn gaps(&self) -> usize {
        self.start.len() * (self.words.len() + 1)
    }

    /// The shortest step of the integration: a fortieth of the time in which the fastest mode could grow by e.
    fn shortest_step(&self) -> f64 {
        match self.pace {
            Pace::Gradient => {
                let words = (self.vocabulary - 1.0).max(1.0);
                0.0125 * self.length.min(20.0) * words / (0.2 * words * self.attention_rate).max(1.0)
            }
            Pace::Adam { .. } => SHORTEST,
        }
    }

    /// Writes the slopes at `state` in `phase` into `into`.
    fn slopes(&self, phase: &Phase, state: &[f64], into: &mut Slopes) {
        let (state, averages) = state.split_at(self.gaps());
        let (stride, others) = (self.words.len() + 1, (self.length - 1.0).max(1.0));
        into.weights.clear();
        into.weights.extend(state.chunks_exact(stride).map(|head| {
            let attention = self.attention(phase, head[stride - 1]);
            [attention, (1.0 - attention) / others]
        }));
        self.residuals(state, into);
        into.slope.clear();
        for (head, [attention, elsewhere]) in state.chunks_exact(stride).zip(&into.weights) {
            let (mut right, mut other) = (0.0, 0.0);
            for ((words, &gap), [at_right, at_other]) in self.words.iter().zip(head).zip(&into.residuals) {
                let slope = attention * at_right + elsewhere * at_other;
                // Where all terms cancel, a rounding error must not push the flow off the saddle.
                into.slope.push(if slope.abs() < ROUNDING { 0.0 } else { slope });
                right += words.count * gap * at_right;
                other += words.count * gap * at_other;
            }
            into.slope.push(attention * (1.0 - attention) * (right - other / others));
        }
        self.stop_frozen(phase, &mut into.slope);
        self.pace_slopes(phase, &mut into.slope, averages);
    }

    /// The weight on the right position of a head with this logit gap.
    fn attention(&self, phase: &Phase, logit_gap: f64) -> f64 {
        match phase.attention {
            AttentionMode::Uniform => 1.0 / self.length,
            AttentionMode::Clamped => 1.0,
            _ if self.length > 1.0 => 1.0 / (1.0 + (self.length - 1.0) * (-logit_gap).exp()),
            _ => 1.0,
        }
    }

    /// The expected residual E\[t − p\] of each kind of words: at the right position, and summed over the other
    /// positions with the word.
    fn residuals(&self, state: &[f64], into: &mut Slopes) {
        let (stride, heads) = (self.words.len() + 1, self.start.len() as f64);
        let [target_right, target_other] = self.target();
        into.scores.clear();
        into.mass.clear();
        for (kind, words) in self.words.iter().enumerate() {
            let scores = |weight: usize| -> f64 {
                let of = state.chunks_exact(stride).zip(&into.weights);
                of.map(|(head, weights)| head[kind] * weights[weight]).sum::<f64>() / heads
            };
            let (right, other) = (scores(0), scores(1));
            into.scores.push([right, other]);
            let powers = words.others_if_not.iter().enumerate();
            into.mass.push(powers.map(|(k, chance)| chance * (other * k as f64).exp()).sum());
        }
        let all: f64 = self.words.iter().zip(&into.mass).map(|(words, mass)| words.count * mass).sum();
        let (mut inverse, mut probability) = (0.0, 0.0);
        into.residuals.clear();
        for ((words, [right, other]), mass) in self.words.iter().zip(&into.scores).zip(&into.mass) {
            let mut residuals = [0.0; 2];
            for (k, chance) in words.others_if_right.iter().enumerate() {
                let score = (right + other * k as f64).exp();
                let normaliser = all - mass + score;
                let weight = words.right * chance;
                let residual = target_right - score / normaliser;
                inverse += words.count * weight / normaliser;
                probability += words.count * weight * score / normaliser;
                residuals[0] += weight * residual;
                residuals[1] += weight * k as f64 * residual;
            }
            into.residuals.push(residuals);
        }
        for ((words, [_, other]), residuals) in self.words.iter().zip(&into.scores).zip(&mut into.residuals) {
            for (k, chance) in words.others_if_not.iter().enumerate().skip(1) {
                let predicted = (other * k as f64).exp() * inverse;
                residuals[1] += (1.0 - words.right) * chance * k as f64 * (target_other - predicted);
            }
        }
        into.probability = probability;
    }

    /// The target's probability of the right word, and of any other.
    fn target(&self) -> [f64; 2] {
        let other = self.noise / self.vocabulary;
        [1.0 - self.noise + other, other]
    }

    /// Turns the gradient of the loss into the parameters' slopes, and adds the slopes of the moving averages.
    fn pace_slopes(&self, phase: &Phase, slopes: &mut Vec<f64>, averages: &[f64]) {
        let kinds = self.words.len();
        match self.pace {
            Pace::Gradient => {
                let heads = self.start.len() as f64;
                let gap = self.vocabulary / (self.vocabulary - 1.0).max(1.0);
                for head in slopes.chunks_exact_mut(kinds + 1) {
                    head[..kinds].iter_mut().for_each(|slope| *slope *= gap / heads);
                    head[kinds] *= self.attention_rate / heads;
                }
            }
            Pace::Adam { tokens, score_noise, attention_noise, momentum } => {
                let followed = |slope: f64, noise: f64, times: f64| slope / slope.hypot(noise / times.sqrt());
                for head in slopes.chunks_exact_mut(kinds + 1) {
                    for (slope, words) in head.iter_mut().zip(&self.words) {
                        *slope = followed(*slope / words.right, score_noise, tokens * words.right);
                    }
                    let attention = followed(head[kinds], attention_noise, tokens / self.vocabulary);
                    head[kinds] = self.attention_rate * attention;
                }
                if let Some((time, sums)) = averages.split_last() {
                    let gaps = slopes.len();
                    average(slopes, sums, *time, momentum);
                    self.stop_frozen(phase, &mut slopes[..gaps]);
                }
            }
        }
    }

    /// What is frozen does not follow the moving average of earlier slopes either.
    fn stop_frozen(&self, phase: &Phase, slopes: &mut [f64]) {
        let kinds = self.words.len();
        for head in slopes.chunks_exact_mut(kinds + 1) {
            if phase.scores_frozen {
                head[..kinds].fill(0.0);
            }
            if phase.logits_frozen || phase.attention != AttentionMode::Learned {
                head[kinds] = 0.0;
            }
        }
    }

    fn point(&self, time: f64, state: &[f64], slopes: &Slopes) -> CopyingPoint {
        let stride = self.words.len() + 1;
        let attention: Vec<f64> = slopes.weights.iter().map(|weights| weights[0]).collect();
        let head = argmax(&attention);
        let own = &state[head * stride..][..stride];
        let gaps = self.words.iter().zip(own).map(|(words, w)| words.count * words.right * w);
        CopyingPoint {
            time,
            score_gap: gaps.sum(),
            logit_gap: own[stride - 1],
            head,
            attention: attention[head],
            probability: slopes.probability,
        }
    }
}

/// Replaces the slopes by their exponential moving average with time constant `momentum`. `sums` are the weighted sums
/// up to `time`. Appends the slopes of these sums and of the time.
fn average(slopes: &mut Vec<f64>, sums: &[f64], time: f64, momentum: f64) {
    let weight = -momentum * (-time / momentum).exp_m1();
    for place in 0..sums.len() {
        slopes.push(slopes[place] - sums[place] / momentum);
        if weight > 0.0 {
            slopes[place] = sums[place] / weight;
        }
    }
    slopes.push(1.0);
}

#[cfg(test)]
mod tests;
