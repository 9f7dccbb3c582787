//! What is known of the words and where attention goes, moved by the gradient of the loss.
//!
//! A context that holds the share c_o of word o gives it the score w_o·c_o; the right position has the attention logit
//! a, all others 0. With α the weight on the right position and γ = (1 − α)/(L − 1) on each other one,
//!
//! dw_o/dt = E\[c_o·(t_o − p_o)\]·V/(V − 1),   da/dt = κ·α(1 − α)·E\[A_right − A_other\],   A_l = w_{x_l}·(t_{x_l} − p_{x_l}),
//!
//! t being the target's distribution (with noise ν: 1 − ν + ν/V for the right word, ν/V for another). Where all words
//! are alike, this is dw/dt = \[α(1 − p) − (1 − α)q\]/(V − 1) and da/dt = κ·α(1 − α)·w·(1 − p + q). Normalisers are
//! averaged over what else is in the source, which is exact without repetition where all words are alike.
//!
//! Adam divides each of these by its own size and that of its noise; see [`Pace`].

use serde::Serialize;

use super::words::{Words, words_of};
use crate::spec::CopyingTask;

/// How fast parameters follow their gradient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Gradient flow.
    Gradient,
    /// Adam: f/√(f² + σ²), with the slope f of a word per time it is the right one, and the noise σ of its mean over a
    /// batch. A word is right in `tokens`/V of a batch's positions, so that σ² = noise²·V/`tokens`.
    Adam {
        /// Target words of a batch.
        tokens: f64,
        /// Noise of a single slope of what is known.
        knowledge_noise: f64,
        /// Noise of a single slope of attention.
        attention_noise: f64,
    },
}

/// A copying task and where training begins.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyingFlow {
    words: Vec<Words>,
    vocabulary: f64,
    length: f64,
    noise: f64,
    /// w at the start, of every word.
    pub knowledge: f64,
    /// ε: a at the start.
    pub bias: f64,
    /// κ: how fast attention logits move beside scores.
    pub attention_rate: f64,
    /// The optimiser.
    pub pace: Pace,
}

/// The state at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CopyingPoint {
    /// t.
    pub time: f64,
    /// w in the mean over the words to be said.
    pub knowledge: f64,
    /// a: the logit gap between the right position and another.
    pub preference: f64,
    /// α: attention on the right position.
    pub attention: f64,
    /// p: the mean probability of the right word.
    pub probability: f64,
}

/// The probability of the right word at which the task counts as learned, where there is no noise.
pub const COPIED: f64 = 0.9;

/// Slopes smaller than this are rounding.
const ROUNDING: f64 = 1e-15;

/// Room for the slopes of one state.
#[derive(Debug, Default, Clone)]
struct Slopes {
    /// dw_o/dt of each kind of words, then da/dt.
    slope: Vec<f64>,
    /// E exp(w_o·γ·k) of each kind, for a word that is not the right one.
    mass: Vec<f64>,
    attention: f64,
    probability: f64,
}

impl CopyingFlow {
    /// Gradient flow on `task` from uniform attention and nothing known, with κ = 1.
    pub fn new(task: &CopyingTask) -> Self {
        Self {
            words: words_of(task),
            vocabulary: task.vocabulary as f64,
            length: task.length as f64,
            noise: task.noise,
            knowledge: 0.0,
            bias: 0.0,
            attention_rate: 1.0,
            pace: Pace::Gradient,
        }
    }

    /// The same from other initial values of w and a.
    pub fn starting_at(self, [knowledge, bias]: [f64; 2]) -> Self {
        Self { knowledge, bias, ..self }
    }

    /// The rate at which gradient flow leaves the saddle at V = L.
    pub fn escape_rate(&self) -> f64 {
        let length = self.length;
        (self.attention_rate / (self.vocabulary - 1.0)).sqrt() * (length - 1.0) / (length * length)
    }

    /// The probability at which the task counts as learned: [`COPIED`] of what noise leaves possible.
    pub fn copied(&self) -> f64 {
        COPIED * (1.0 - self.noise + self.noise / self.vocabulary)
    }

    fn start(&self) -> Vec<f64> {
        let mut state = vec![self.knowledge; self.words.len()];
        state.push(self.bias);
        state
    }

    /// How long a step of the integration is: a hundredth of the time in which the fastest mode could grow by e.
    fn step(&self) -> f64 {
        match self.pace {
            Pace::Gradient => {
                let words = (self.vocabulary - 1.0).max(1.0);
                0.005 * self.length.min(20.0) * words / (0.2 * words * self.attention_rate).max(1.0)
            }
            Pace::Adam { .. } => 0.02,
        }
    }

    /// Puts the slopes at `state` into `into`.
    fn slopes(&self, state: &[f64], into: &mut Slopes) {
        let kinds = self.words.len();
        let others = (self.length - 1.0).max(1.0);
        let attention = if self.length > 1.0 { 1.0 / (1.0 + others * (-state[kinds]).exp()) } else { 1.0 };
        let elsewhere = (1.0 - attention) / others;
        let [told_right, told_other] = self.told();
        into.slope.clear();
        into.mass.clear();
        for (words, &known) in self.words.iter().zip(state) {
            let powers = words.others_if_not.iter().enumerate();
            into.mass.push(powers.map(|(k, chance)| chance * (known * elsewhere * k as f64).exp()).sum());
        }
        let all: f64 = self.words.iter().zip(&into.mass).map(|(words, mass)| words.count * mass).sum();
        let (mut inverse, mut probability) = (0.0, 0.0);
        let (mut advantage_right, mut advantage_other) = (0.0, 0.0);
        for ((words, &known), mass) in self.words.iter().zip(state).zip(&into.mass) {
            let mut slope = 0.0;
            for (k, chance) in words.others_if_right.iter().enumerate() {
                let share = attention + elsewhere * k as f64;
                let score = (known * share).exp();
                let normaliser = all - mass + score;
                let weight = words.right * chance;
                let lacking = told_right - score / normaliser;
                inverse += words.count * weight / normaliser;
                probability += words.count * weight * score / normaliser;
                slope += weight * share * lacking;
                advantage_right += words.count * weight * known * lacking;
                advantage_other += words.count * weight * k as f64 * known * lacking;
            }
            into.slope.push(slope);
        }
        for (kind, (words, &known)) in self.words.iter().zip(state).enumerate() {
            for (k, chance) in words.others_if_not.iter().enumerate().skip(1) {
                let said = (known * elsewhere * k as f64).exp() * inverse;
                let part = (1.0 - words.right) * chance * k as f64 * (told_other - said);
                into.slope[kind] += elsewhere * part;
                advantage_other += words.count * known * part;
            }
        }
        // What is left where everything cancels is rounding, and must not start what nothing starts.
        into.slope.iter_mut().filter(|slope| slope.abs() < ROUNDING).for_each(|slope| *slope = 0.0);
        let advantage = advantage_right - advantage_other / others;
        into.slope.push(attention * (1.0 - attention) * advantage);
        (into.attention, into.probability) = (attention, probability);
        self.pace_slopes(&mut into.slope);
    }

    /// What the target says of the right word and of another.
    fn told(&self) -> [f64; 2] {
        let other = self.noise / self.vocabulary;
        [1.0 - self.noise + other, other]
    }

    fn pace_slopes(&self, slopes: &mut [f64]) {
        let (preference, knowledge) = slopes.split_last_mut().expect("a is always there");
        match self.pace {
            Pace::Gradient => {
                let gap = self.vocabulary / (self.vocabulary - 1.0).max(1.0);
                knowledge.iter_mut().for_each(|slope| *slope *= gap);
            }
            Pace::Adam { tokens, knowledge_noise, attention_noise } => {
                let followed = |slope: f64, noise: f64, times: f64| slope / slope.hypot(noise / times.sqrt());
                for (slope, words) in knowledge.iter_mut().zip(&self.words) {
                    *slope = followed(*slope / words.right, knowledge_noise, tokens * words.right);
                }
                *preference = followed(*preference, attention_noise, tokens / self.vocabulary);
            }
        }
        *preference *= self.attention_rate;
    }

    fn point(&self, time: f64, state: &[f64], slopes: &Slopes) -> CopyingPoint {
        let known = self.words.iter().zip(state).map(|(words, w)| words.count * words.right * w);
        CopyingPoint {
            time,
            knowledge: known.sum(),
            preference: state[self.words.len()],
            attention: slopes.attention,
            probability: slopes.probability,
        }
    }

    /// Follows the flow by the midpoint rule, telling `each` every point, until it says that it has seen enough.
    pub fn follow(&self, mut each: impl FnMut(CopyingPoint) -> bool) {
        let (mut state, step) = (self.start(), self.step());
        let (mut here, mut halfway, mut middle) = (Slopes::default(), Slopes::default(), state.clone());
        for count in 0u64.. {
            self.slopes(&state, &mut here);
            if !each(self.point(count as f64 * step, &state, &here)) {
                break;
            }
            for (middle, (x, slope)) in middle.iter_mut().zip(state.iter().zip(&here.slope)) {
                *middle = x + 0.5 * step * slope;
            }
            self.slopes(&middle, &mut halfway);
            state.iter_mut().zip(&halfway.slope).for_each(|(x, slope)| *x += step * slope);
        }
    }

    /// The flow up to time `end`, about `points` points evenly spaced and the first.
    pub fn integrate(&self, end: f64, points: usize) -> Vec<CopyingPoint> {
        let (mut kept, between) = (Vec::new(), end / points.max(1) as f64);
        self.follow(|point| {
            if point.time >= kept.len() as f64 * between - 1e-9 {
                kept.push(point);
            }
            point.time < end
        });
        kept
    }

    /// The first time, up to `end`, at which the task counts as learned; none if it never does.
    pub fn learned_at(&self, end: f64) -> Option<f64> {
        self.reached_at(self.copied(), end)
    }

    /// How long the plateau is: the first time, up to `end`, at which p is twice what it is at the start.
    pub fn plateau(&self, end: f64) -> Option<f64> {
        let mut first = Slopes::default();
        self.slopes(&self.start(), &mut first);
        self.reached_at(2.0 * first.probability, end)
    }

    fn reached_at(&self, probability: f64, end: f64) -> Option<f64> {
        let mut reached = None;
        self.follow(|point| {
            if point.probability >= probability {
                reached = Some(point.time);
            }
            reached.is_none() && point.time < end
        });
        reached
    }
}

#[cfg(test)]
mod tests;
