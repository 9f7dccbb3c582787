//! From the theory's time to optimiser steps.
//!
//! A few numbers say how a model's parameters follow the two slopes of the reduced dynamics: κ, for Adam the noise of
//! each, and how much of the measured beginning counts; one more how many steps a unit of time takes. They are fitted
//! to measured emergence steps of stated distributions (`onset reproduce phase`) and used on others. Adam moves each
//! weight by about its step size, and a score sums over the width, so that its steps are taken in proportion to
//! 1/(learning rate · width); those of gradient descent in proportion to 1/learning rate.

use rayon::prelude::*;
use serde::Serialize;

use super::flow::{CopyingFlow, Pace};
use crate::spec::{CopyingSpec, Optimizer};

/// How reduced time passes in training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calibration {
    /// Whose.
    pub optimizer: Optimizer,
    /// κ; under Adam at a width of 64, in proportion to which it grows.
    pub attention_rate: f64,
    /// What the measured w and a of initial weights are multiplied with.
    pub start_gain: f64,
    /// Noise of a single slope of what is known (Adam).
    pub knowledge_noise: f64,
    /// Noise of a single slope of attention (Adam).
    pub attention_noise: f64,
    /// Adam: time that passes in 1/(learning rate · width) steps, inverted; gradient descent: in 1/learning rate.
    pub unit: f64,
    /// Standard deviation of the logarithm of measured over predicted steps.
    pub spread: f64,
}

/// A run of which it is known when it learned.
#[derive(Debug, Clone)]
pub struct Emerged {
    /// What was trained.
    pub spec: CopyingSpec,
    /// w and a of its initial weights.
    pub start: [f64; 2],
    /// The step at which it learned, as well as its evaluations tell.
    pub step: f64,
}

impl Calibration {
    /// The calibration of `optimizer` that `onset reproduce phase` printed (docs/results.md, "The phase diagram").
    pub fn of(optimizer: Optimizer) -> Self {
        let [attention_rate, start_gain, knowledge_noise, attention_noise, unit, spread] = match optimizer {
            Optimizer::Adam => [1.0, 0.472, 7.389, 0.368, 0.306, 0.222],
            Optimizer::Sgd => [1.119, 0.503, 1.0, 1.0, 0.882, 0.253],
        };
        Self { optimizer, attention_rate, start_gain, knowledge_noise, attention_noise, unit, spread }
    }

    /// The reduced dynamics of `spec` from the `start` of each head.
    pub fn flow(&self, spec: &CopyingSpec, start: &[[f64; 2]]) -> CopyingFlow {
        let pace = match self.optimizer {
            Optimizer::Sgd => Pace::Gradient,
            Optimizer::Adam => Pace::Adam {
                tokens: (spec.train.batch * spec.data.length) as f64,
                knowledge_noise: self.knowledge_noise,
                attention_noise: self.attention_noise,
                memory: self.memory(spec),
            },
        };
        let start = start.iter().map(|head| head.map(|x| self.start_gain * x)).collect();
        let mut flow = CopyingFlow::new(&spec.data).with_heads(start);
        (flow.pace, flow.attention_rate) = (pace, self.attention_rate * self.gain_of_width(spec));
        flow
    }

    /// The time in which what Adam's mean of slopes holds fades by e.
    fn memory(&self, spec: &CopyingSpec) -> f64 {
        -1.0 / (f64::from(spec.train.beta1).ln() * self.steps_per_time(spec))
    }

    /// A logit of attention sums over the width twice, a score once, so that steps of a size make it move faster than
    /// scores in proportion to the width.
    fn gain_of_width(&self, spec: &CopyingSpec) -> f64 {
        match self.optimizer {
            Optimizer::Adam => spec.model.hidden as f64 / WIDTH,
            Optimizer::Sgd => 1.0,
        }
    }

    /// Steps in which a unit of time passes in `spec`.
    pub fn steps_per_time(&self, spec: &CopyingSpec) -> f64 {
        let rate = f64::from(spec.train.learning_rate);
        match self.optimizer {
            Optimizer::Sgd => self.unit / rate,
            Optimizer::Adam => self.unit / (rate * spec.model.hidden as f64),
        }
    }
}

/// A residual beyond this counts as this: a run on the other branch says nothing about speed.
const FURTHEST: f64 = 1.0;

/// The width at which κ is given.
const WIDTH: f64 = 64.0;

/// Time up to which the dynamics is followed in a fit; later is as good as never.
const LATEST: f64 = 400.0;

/// How often times are found anew with the unit that the last ones gave.
const UNIT_ROUNDS: usize = 3;

/// ln of κ, the gain of the start, and the two noises.
type Logarithms = [f64; 4];

/// The calibration that fits `runs` best, each distribution counting alike. All runs are of `optimizer`.
pub fn fit(optimizer: Optimizer, runs: &[Emerged]) -> Calibration {
    let free = if optimizer == Optimizer::Adam { 4 } else { 2 };
    let starts: &[Logarithms] = match optimizer {
        Optimizer::Adam => {
            &[[-2.0, 0.0, -0.5, -2.0], [0.0, 0.0, 1.5, -1.0], [-1.0, -1.0, 1.0, 0.0], [-1.0, -1.7, 1.7, -2.0]]
        }
        Optimizer::Sgd => &[[-0.7, 0.5, 0.0, 0.0], [-3.0, 0.0, 0.0, 0.0]],
    };
    let candidates = starts.iter().map(|&start| descend(optimizer, runs, start, free));
    let best = candidates.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are starts");
    residuals(optimizer, runs, best.0).calibration
}

/// Goes from `at` to the better of the neighbours at ever smaller distances.
fn descend(optimizer: Optimizer, runs: &[Emerged], mut at: Logarithms, free: usize) -> (Logarithms, f64) {
    let loss = |at: Logarithms| residuals(optimizer, runs, at).loss;
    let (mut least, mut distance) = (loss(at), 1.0);
    while distance > 0.04 {
        let mut better = None;
        for axis in 0..free {
            for way in [distance, -distance] {
                let mut next = at;
                next[axis] += way;
                let value = loss(next);
                if value < better.map_or(least, |(_, value)| value) {
                    better = Some((next, value));
                }
            }
        }
        match better {
            Some((next, value)) => (at, least) = (next, value),
            None => distance /= 2.0,
        }
    }
    (at, least)
}

struct Residuals {
    calibration: Calibration,
    loss: f64,
}

/// How far off the logarithms of steps are, with the unit that fits best.
fn residuals(optimizer: Optimizer, runs: &[Emerged], at: Logarithms) -> Residuals {
    let [attention_rate, start_gain, knowledge_noise, attention_noise] = at.map(f64::exp);
    let mut calibration = Calibration {
        attention_rate,
        start_gain,
        knowledge_noise,
        attention_noise,
        ..Calibration::of(optimizer)
    };
    let (mut found, mut centre) = (Vec::new(), 0.0);
    // How far back memory goes is a number of steps, so that times depend on the unit that they tell.
    for _ in 0..if optimizer == Optimizer::Adam { UNIT_ROUNDS } else { 1 } {
        found = logarithms_of_ratios(runs, &calibration);
        centre = weighted_median(&found);
        calibration.unit *= centre.exp();
    }
    let all: f64 = found.iter().map(|(_, weight)| weight).sum();
    let mean = |of: &dyn Fn(f64) -> f64| {
        let off = |residual: f64| (residual - centre).abs().min(FURTHEST);
        found.iter().map(|(residual, weight)| weight * of(off(*residual))).sum::<f64>() / all
    };
    calibration.spread = mean(&|x| x * x).sqrt();
    Residuals { calibration, loss: mean(&|x| x) }
}

/// ln of measured over predicted steps, and the weight of each run: distributions count alike.
fn logarithms_of_ratios(runs: &[Emerged], calibration: &Calibration) -> Vec<(f64, f64)> {
    let alike = |a: &Emerged, b: &Emerged| a.spec.data == b.spec.data && a.spec.model == b.spec.model;
    let found = runs.par_iter().map(|run| {
        let latest = match calibration.optimizer {
            Optimizer::Adam => LATEST,
            Optimizer::Sgd => LATEST * run.spec.data.vocabulary as f64,
        };
        let flow = calibration.flow(&run.spec, &[run.start]);
        let time = flow.learned_at(latest).unwrap_or(latest);
        let weight = 1.0 / runs.iter().filter(|other| alike(run, other)).count() as f64;
        ((run.step / (time * calibration.steps_per_time(&run.spec))).ln(), weight)
    });
    found.collect()
}

fn weighted_median(found: &[(f64, f64)]) -> f64 {
    let mut sorted = found.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut passed = 0.0;
    let middle = sorted.iter().find(|(_, weight)| {
        passed += weight;
        passed >= 0.5 * all
    });
    middle.map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{CopyingTask, Training};

    fn spec(vocabulary: usize, length: usize, optimizer: Optimizer) -> CopyingSpec {
        let plain = CopyingSpec::default();
        CopyingSpec {
            data: CopyingTask { vocabulary, length, ..CopyingTask::default() },
            train: Training { optimizer, ..plain.train },
            ..plain
        }
    }

    #[test]
    fn a_fit_finds_the_calibration_that_made_the_steps() {
        let truth = Calibration { attention_rate: 0.3, unit: 2.0, ..Calibration::of(Optimizer::Sgd) };
        let runs: Vec<Emerged> = [(12, 10), (20, 10), (30, 10), (25, 20), (60, 20)]
            .map(|(vocabulary, length)| {
                let spec = spec(vocabulary, length, Optimizer::Sgd);
                let time = truth.flow(&spec, &[[0.0; 2]]).learned_at(1e5).unwrap();
                Emerged { step: time * truth.steps_per_time(&spec), start: [0.0; 2], spec }
            })
            .into();
        let found = fit(Optimizer::Sgd, &runs);
        assert!((found.attention_rate / 0.3).ln().abs() < 0.1, "{found:?}");
        assert!((found.unit / 2.0).ln().abs() < 0.1 && found.spread < 0.03, "{found:?}");
    }

    #[test]
    fn wider_models_and_larger_steps_are_faster_under_adam() {
        let calibration = Calibration::of(Optimizer::Adam);
        let mut narrow = spec(60, 40, Optimizer::Adam);
        let wide = calibration.steps_per_time(&narrow);
        narrow.model.hidden /= 4;
        narrow.train.learning_rate *= 2.0;
        assert!((calibration.steps_per_time(&narrow) / wide - 2.0).abs() < 1e-6);
    }
}
