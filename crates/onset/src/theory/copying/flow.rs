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
//! Of several heads, whose projected contexts are averaged, each has a w and an a of its own; a score is the mean of
//! theirs, and what one head lacks is what all together lack.
//!
//! Adam divides each of these by its own size and that of its noise, and follows means over the steps before; see
//! [`Pace`].

mod integration;

use serde::Serialize;

use self::integration::Integration;
use super::words::{Words, words_of};
use crate::spec::CopyingTask;

/// How fast parameters follow their gradient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Gradient flow.
    Gradient,
    /// Adam: f/√(f² + σ²), with the slope f of a word per time it is the right one, and the noise σ of its mean over a
    /// batch. A word is right in `tokens`/V of a batch's positions, so that σ² = noise²·V/`tokens`. With a memory, all
    /// of it is the mean over the time before, in which the past fades, as Adam corrects it at the start: what grows is
    /// followed late.
    Adam {
        /// Target words of a batch.
        tokens: f64,
        /// Noise of a single slope of what is known.
        knowledge_noise: f64,
        /// Noise of a single slope of attention.
        attention_noise: f64,
        /// The time in which the past fades by e; 0, or less than a step of the integration, is none.
        memory: f64,
    },
}

/// A copying task and where training begins.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyingFlow {
    words: Vec<Words>,
    vocabulary: f64,
    length: f64,
    noise: f64,
    /// w (of every word) and a of each head at the start.
    pub start: Vec<[f64; 2]>,
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
    /// w in the mean over the words to be said, of the head that attends most.
    pub knowledge: f64,
    /// a: the logit gap between the right position and another.
    pub preference: f64,
    /// The head, counted from 0, that attends to the right position most; the others' w and a are not told.
    pub head: usize,
    /// α: attention on the right position.
    pub attention: f64,
    /// p: the mean probability of the right word.
    pub probability: f64,
}

/// The probability of the right word at which the task counts as learned, where there is no noise.
pub const COPIED: f64 = 0.9;

/// The shortest step of the integration under Adam.
const SHORTEST: f64 = 0.05;

/// How often the step in which the task is learned is halved to find when.
const HALVINGS: usize = 30;

/// Slopes smaller than this are rounding.
const ROUNDING: f64 = 1e-15;

/// Room for the slopes of one state.
#[derive(Debug, Default, Clone)]
struct Slopes {
    /// For each head, dw_o/dt of each kind of words, then da/dt; behind them how memory moves.
    slope: Vec<f64>,
    /// α and γ of each head.
    weights: Vec<[f64; 2]>,
    /// What the right position, and another one, adds to the score of each kind of words.
    scores: Vec<[f64; 2]>,
    /// E exp(score) of each kind, for a word that is not the right one.
    mass: Vec<f64>,
    /// What each kind lacks where it is right, and at other positions.
    lacks: Vec<[f64; 2]>,
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
            start: vec![[0.0; 2]],
            attention_rate: 1.0,
            pace: Pace::Gradient,
        }
    }

    /// The same from other initial values of w and a.
    pub fn starting_at(self, start: [f64; 2]) -> Self {
        self.with_heads(vec![start])
    }

    /// The same with a head for each of these initial values of w and a.
    pub fn with_heads(self, start: Vec<[f64; 2]>) -> Self {
        Self { start, ..self }
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

    /// For each head, w of each kind of words, then a. Behind these, where the optimiser has a memory, the sum of what
    /// each was moved by, in which the past fades, and the time.
    fn state(&self) -> Vec<f64> {
        let of = |&[knowledge, bias]: &[f64; 2]| {
            std::iter::repeat_n(knowledge, self.words.len()).chain(std::iter::once(bias))
        };
        let mut state: Vec<f64> = self.start.iter().flat_map(of).collect();
        if matches!(self.pace, Pace::Adam { memory, .. } if memory > SHORTEST) {
            state.resize(2 * state.len() + 1, 0.0);
        }
        state
    }

    /// How many numbers of a state are w and a.
    fn moving(&self) -> usize {
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

    /// Puts the slopes at `state` into `into`.
    fn slopes(&self, state: &[f64], into: &mut Slopes) {
        let (state, memory) = state.split_at(self.moving());
        let (stride, others) = (self.words.len() + 1, (self.length - 1.0).max(1.0));
        into.weights.clear();
        into.weights.extend(state.chunks_exact(stride).map(|head| {
            let attention =
                if self.length > 1.0 { 1.0 / (1.0 + others * (-head[stride - 1]).exp()) } else { 1.0 };
            [attention, (1.0 - attention) / others]
        }));
        self.lacks(state, into);
        into.slope.clear();
        for (head, [attention, elsewhere]) in state.chunks_exact(stride).zip(&into.weights) {
            let (mut right, mut other) = (0.0, 0.0);
            for ((words, &known), [lack_right, lack_other]) in self.words.iter().zip(head).zip(&into.lacks) {
                let slope = attention * lack_right + elsewhere * lack_other;
                // What is left where everything cancels is rounding, and must not start what nothing starts.
                into.slope.push(if slope.abs() < ROUNDING { 0.0 } else { slope });
                right += words.count * known * lack_right;
                other += words.count * known * lack_other;
            }
            into.slope.push(attention * (1.0 - attention) * (right - other / others));
        }
        self.pace_slopes(&mut into.slope, memory);
    }

    /// E\[t − p\] of each kind of words: where it is right, and summed over the other positions that it stands at.
    fn lacks(&self, state: &[f64], into: &mut Slopes) {
        let (stride, heads) = (self.words.len() + 1, self.start.len() as f64);
        let [told_right, told_other] = self.told();
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
        into.lacks.clear();
        for ((words, [right, other]), mass) in self.words.iter().zip(&into.scores).zip(&into.mass) {
            let mut lacks = [0.0; 2];
            for (k, chance) in words.others_if_right.iter().enumerate() {
                let score = (right + other * k as f64).exp();
                let normaliser = all - mass + score;
                let weight = words.right * chance;
                let lacking = told_right - score / normaliser;
                inverse += words.count * weight / normaliser;
                probability += words.count * weight * score / normaliser;
                lacks[0] += weight * lacking;
                lacks[1] += weight * k as f64 * lacking;
            }
            into.lacks.push(lacks);
        }
        for ((words, [_, other]), lacks) in self.words.iter().zip(&into.scores).zip(&mut into.lacks) {
            for (k, chance) in words.others_if_not.iter().enumerate().skip(1) {
                let said = (other * k as f64).exp() * inverse;
                lacks[1] += (1.0 - words.right) * chance * k as f64 * (told_other - said);
            }
        }
        into.probability = probability;
    }

    /// What the target says of the right word and of another.
    fn told(&self) -> [f64; 2] {
        let other = self.noise / self.vocabulary;
        [1.0 - self.noise + other, other]
    }

    /// Turns the slopes of the loss into movement, and adds how memory moves.
    fn pace_slopes(&self, slopes: &mut Vec<f64>, memory: &[f64]) {
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
            Pace::Adam { tokens, knowledge_noise, attention_noise, memory: fades } => {
                let followed = |slope: f64, noise: f64, times: f64| slope / slope.hypot(noise / times.sqrt());
                for head in slopes.chunks_exact_mut(kinds + 1) {
                    for (slope, words) in head.iter_mut().zip(&self.words) {
                        *slope = followed(*slope / words.right, knowledge_noise, tokens * words.right);
                    }
                    let attention = followed(head[kinds], attention_noise, tokens / self.vocabulary);
                    head[kinds] = self.attention_rate * attention;
                }
                if let Some((time, sums)) = memory.split_last() {
                    remember(slopes, sums, *time, fades);
                }
            }
        }
    }

    fn point(&self, time: f64, state: &[f64], slopes: &Slopes) -> CopyingPoint {
        let stride = self.words.len() + 1;
        let attends = |head: &usize| slopes.weights[*head][0];
        let most = |a: &usize, b: &usize| attends(a).total_cmp(&attends(b)).then(b.cmp(a));
        let head = (0..slopes.weights.len()).max_by(most).unwrap_or(0);
        let own = &state[head * stride..][..stride];
        let known = self.words.iter().zip(own).map(|(words, w)| words.count * words.right * w);
        CopyingPoint {
            time,
            knowledge: known.sum(),
            preference: own[stride - 1],
            head,
            attention: attends(&head),
            probability: slopes.probability,
        }
    }

    /// From a state, at time 0.
    fn begin_at(&self, state: Vec<f64>) -> Integration<impl FnMut(&[f64], &mut Vec<f64>)> {
        let mut room = Slopes::default();
        Integration::new(
            state,
            self.moving(),
            self.shortest_step(),
            move |state: &[f64], slopes: &mut Vec<f64>| {
                self.slopes(state, &mut room);
                slopes.clone_from(&room.slope);
            },
        )
    }

    fn point_at(&self, time: f64, state: &[f64]) -> CopyingPoint {
        let mut slopes = Slopes::default();
        self.slopes(state, &mut slopes);
        self.point(time, state, &slopes)
    }

    /// The flow up to time `end`: the first point and `points` more, evenly spaced.
    pub fn integrate(&self, end: f64, points: usize) -> Vec<CopyingPoint> {
        let mut flow = self.begin_at(self.state());
        let point = |place: usize| {
            let time = end * place as f64 / points.max(1) as f64;
            while flow.time < time {
                flow.advance(time);
            }
            self.point_at(flow.time, &flow.state)
        };
        (0..=points).map(point).collect()
    }

    /// The flow up to where the task counts as learned, or else to time `end`; whether it was learned is told too.
    pub fn until_learned(&self, end: f64) -> (bool, CopyingPoint) {
        self.until_probability(self.copied(), end)
    }

    /// The first time, up to `end`, at which the task counts as learned; none if it never does.
    pub fn learned_at(&self, end: f64) -> Option<f64> {
        let (learned, last) = self.until_learned(end);
        learned.then_some(last.time)
    }

    /// How long the plateau is: the first time, up to `end`, at which p is twice what it is at the start.
    pub fn plateau(&self, end: f64) -> Option<f64> {
        let first = self.point_at(0.0, &self.state());
        let (passed, last) = self.until_probability(2.0 * first.probability, end);
        passed.then_some(last.time)
    }

    fn until_probability(&self, probability: f64, end: f64) -> (bool, CopyingPoint) {
        let mut flow = self.begin_at(self.state());
        let mut here = self.point_at(0.0, &flow.state);
        while here.probability < probability && here.time < end {
            let before = (flow.time, flow.state.clone());
            flow.advance(end);
            here = self.point_at(flow.time, &flow.state);
            if here.probability >= probability {
                here = self.crossing(before, here, probability);
            }
        }
        (here.probability >= probability, here)
    }

    /// Where between a state and a later one that a single step leads to p reaches `probability`.
    fn crossing(
        &self,
        (time, state): (f64, Vec<f64>),
        mut later: CopyingPoint,
        probability: f64,
    ) -> CopyingPoint {
        let mut flow = self.begin_at(state);
        let mut earlier = time;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (earlier + later.time);
            flow.try_step(middle - time);
            let point = self.point_at(middle, &flow.tried);
            if point.probability >= probability {
                later = point;
            } else {
                earlier = middle;
            }
        }
        later
    }
}

/// Turns what would move a state now into the mean of what would have moved it, of which `sums` are the sums up to
/// `time`; adds how these and the time move.
fn remember(slopes: &mut Vec<f64>, sums: &[f64], time: f64, fades: f64) {
    let weight = -fades * (-time / fades).exp_m1();
    for place in 0..sums.len() {
        slopes.push(slopes[place] - sums[place] / fades);
        if weight > 0.0 {
            slopes[place] = sums[place] / weight;
        }
    }
    slopes.push(1.0);
}

#[cfg(test)]
mod tests;
