//! Converts the time of the reduced dynamics to optimiser steps.
//!
//! A few constants describe how a model's parameters follow the two slopes of the reduced dynamics: κ, the noise of
//! each slope (Adam only), a factor on the measured initial condition, and the number of steps in a unit of time. They
//! are fitted to measured emergence steps of some distributions (`onset reproduce phase`) and used on others. Adam
//! moves each weight by about its step size, and a score sums over the width. So the steps in a unit of time are
//! proportional to 1/(learning rate · width). Under gradient descent they are proportional to 1/learning rate.

use rayon::prelude::*;
use serde::Serialize;

use super::flow::{CopyingFlow, Pace, Phase};
use super::phases::phases;
use crate::spec::{CopyingSpec, Optimizer};
use crate::stats::weighted_median;

/// How reduced time relates to optimiser steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calibration {
    /// The optimiser that it was fitted for.
    pub optimizer: Optimizer,
    /// κ. Under Adam, κ at width 64; it is proportional to the width.
    pub attention_rate: f64,
    /// The factor on the measured w and a of the initial weights.
    pub initial_gain: f64,
    /// Noise of a single slope of a score (Adam).
    pub score_noise: f64,
    /// Noise of a single slope of an attention logit (Adam).
    pub attention_noise: f64,
    /// Steps in a unit of time, times learning rate · width (Adam) or times learning rate (gradient descent).
    pub unit: f64,
    /// Standard deviation of ln(measured steps / predicted steps).
    pub spread: f64,
}

/// A run whose emergence step is known.
#[derive(Debug, Clone)]
pub struct LearnedRun {
    /// The spec that was trained.
    pub spec: CopyingSpec,
    /// w and a of its initial weights.
    pub initial: [f64; 2],
    /// The step at which it learned, to the accuracy of its evaluations.
    pub step: f64,
}

impl Calibration {
    /// The calibration of `optimizer`, as `onset reproduce phase` printed it (docs/results.md, "The phase diagram").
    /// `None` if the theory has no calibration for this optimiser.
    pub fn of(optimizer: Optimizer) -> Option<Self> {
        let [attention_rate, initial_gain, score_noise, attention_noise, unit, spread] = match optimizer {
            Optimizer::Adam => [1.0, 0.472, 7.389, 0.368, 0.306, 0.222],
            Optimizer::Sgd => [1.119, 0.503, 1.0, 1.0, 0.882, 0.253],
            // Add an optimiser here once its phase grid has been fitted.
            #[allow(unreachable_patterns, reason = "every optimiser has a calibration today")]
            _ => return None,
        };
        Some(Self { optimizer, attention_rate, initial_gain, score_noise, attention_noise, unit, spread })
    }

    /// Whether slopes are divided by their size and noise, as in Adam.
    fn normalizes(&self) -> bool {
        self.optimizer == Optimizer::Adam
    }

    /// The reduced dynamics of `spec` from the measured w and a of each head (`initial`).
    pub fn flow(&self, spec: &CopyingSpec, initial: &[[f64; 2]]) -> CopyingFlow {
        let pace = if self.normalizes() {
            Pace::Adam {
                tokens: (spec.train.batch * spec.data.length) as f64,
                score_noise: self.score_noise,
                attention_noise: self.attention_noise,
                momentum: self.momentum(spec),
            }
        } else {
            Pace::Gradient
        };
        let start = initial.iter().map(|head| head.map(|x| self.initial_gain * x)).collect();
        let mut flow = CopyingFlow::new(&spec.data).with_heads(start);
        (flow.pace, flow.attention_rate) = (pace, self.attention_rate * self.gain_of_width(spec));
        match phases(&spec.intervene) {
            Ok(phases) => {
                flow.in_phases(&phases.iter().map(|phase| self.timed(spec, phase)).collect::<Vec<_>>())
            }
            // `not_covered` refuses these.
            Err(_) => flow,
        }
    }

    /// `phase`, which begins at a step, at the time of that step.
    fn timed(&self, spec: &CopyingSpec, phase: &Phase) -> Phase {
        Phase { from: phase.from / self.steps_per_time(spec), ..*phase }
    }

    /// The time constant of Adam's moving average of slopes.
    fn momentum(&self, spec: &CopyingSpec) -> f64 {
        -1.0 / (f64::from(spec.train.beta1).ln() * self.steps_per_time(spec))
    }

    /// An attention logit sums over the width twice and a score once. So with steps of a fixed size, logits move faster
    /// than scores by a factor proportional to the width.
    fn gain_of_width(&self, spec: &CopyingSpec) -> f64 {
        if self.normalizes() { spec.model.hidden as f64 / WIDTH } else { 1.0 }
    }

    /// Steps in a unit of time in `spec`.
    pub fn steps_per_time(&self, spec: &CopyingSpec) -> f64 {
        let rate = f64::from(spec.train.learning_rate);
        if self.normalizes() { self.unit / (rate * spec.model.hidden as f64) } else { self.unit / rate }
    }

    /// `time` for a task of `vocabulary` words, in units in which scores grow at the same rate under either optimiser:
    /// a gradient is an average over the vocabulary, an Adam step is not.
    pub(crate) fn scaled_time(&self, time: f64, vocabulary: usize) -> f64 {
        if self.normalizes() { time } else { time * vocabulary as f64 }
    }
}

/// Residuals are clipped at this size: a run on the other branch carries no information about speed.
const FURTHEST: f64 = 1.0;

/// The width at which κ is given.
const WIDTH: f64 = 64.0;

/// The time to which the dynamics is integrated in a fit.
const LATEST: f64 = 400.0;

/// How often times are recomputed with the unit of the previous round.
const UNIT_ROUNDS: usize = 3;

/// ln of κ, of the factor on the initial condition, and of the two noises.
type Logarithms = [f64; 4];

/// The calibration that best fits `runs`, with equal weight for each distribution. All runs must use `optimizer`.
/// `None` if there are no runs, or if [`Calibration::of`] has no calibration for `optimizer`.
pub fn fit(optimizer: Optimizer, runs: &[LearnedRun]) -> Option<Calibration> {
    let known = Calibration::of(optimizer).filter(|_| !runs.is_empty())?;
    let (free, starts): (usize, &[Logarithms]) = if known.normalizes() {
        let starts = &[
            [-2.0, 0.0, -0.5, -2.0],
            [0.0, 0.0, 1.5, -1.0],
            [-1.0, -1.0, 1.0, 0.0],
            [-1.0, -1.7, 1.7, -2.0],
        ];
        (4, starts)
    } else {
        (2, &[[-0.7, 0.5, 0.0, 0.0], [-3.0, 0.0, 0.0, 0.0]])
    };
    let candidates = starts.iter().map(|&start| descend(known, runs, start, free));
    let best = candidates.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are starts");
    Some(residuals(known, runs, best.0).calibration)
}

/// Pattern search: moves from `at` to its best neighbour along the axes, at ever smaller distances. It found the
/// calibrations in use. The loss is piecewise smooth (clipped residuals about a median), and each evaluation integrates
/// every run. A general simplex method would first have to be compared on the whole phase grid.
fn descend(known: Calibration, runs: &[LearnedRun], mut at: Logarithms, free: usize) -> (Logarithms, f64) {
    let loss = |at: Logarithms| residuals(known, runs, at).loss;
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

/// The residuals of ln(steps) with the unit that fits best.
fn residuals(known: Calibration, runs: &[LearnedRun], at: Logarithms) -> Residuals {
    let [attention_rate, initial_gain, score_noise, attention_noise] = at.map(f64::exp);
    let mut calibration = Calibration { attention_rate, initial_gain, score_noise, attention_noise, ..known };
    let (mut found, mut centre) = (Vec::new(), 0.0);
    // Momentum lasts a fixed number of steps, so times depend on the unit that is computed from them.
    for _ in 0..if known.normalizes() { UNIT_ROUNDS } else { 1 } {
        found = logarithms_of_ratios(runs, &calibration);
        centre = weighted_median(&found).unwrap_or(0.0);
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

/// ln(measured steps / predicted steps) and the weight of each run. The weights of each distribution have the same sum.
fn logarithms_of_ratios(runs: &[LearnedRun], calibration: &Calibration) -> Vec<(f64, f64)> {
    let alike = |a: &LearnedRun, b: &LearnedRun| a.spec.data == b.spec.data && a.spec.model == b.spec.model;
    let found = runs.par_iter().map(|run| {
        let latest = calibration.scaled_time(LATEST, run.spec.data.vocabulary);
        let flow = calibration.flow(&run.spec, &[run.initial]);
        let time = flow.learned_at(latest).unwrap_or(latest);
        let weight = 1.0 / runs.iter().filter(|other| alike(run, other)).count() as f64;
        ((run.step / (time * calibration.steps_per_time(&run.spec))).ln(), weight)
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Training;
    use crate::task::copying::CopyingTask;

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
        let known = Calibration::of(Optimizer::Sgd).unwrap();
        let truth = Calibration { attention_rate: 0.3, unit: 2.0, ..known };
        let runs: Vec<LearnedRun> = [(12, 10), (20, 10), (30, 10), (25, 20), (60, 20)]
            .map(|(vocabulary, length)| {
                let spec = spec(vocabulary, length, Optimizer::Sgd);
                let time = truth.flow(&spec, &[[0.0; 2]]).learned_at(1e5).unwrap();
                LearnedRun { step: time * truth.steps_per_time(&spec), initial: [0.0; 2], spec }
            })
            .into();
        let found = fit(Optimizer::Sgd, &runs).unwrap();
        assert!((found.attention_rate / 0.3).ln().abs() < 0.1, "{found:?}");
        assert!((found.unit / 2.0).ln().abs() < 0.1 && found.spread < 0.03, "{found:?}");
    }

    #[test]
    fn wider_models_and_larger_steps_are_faster_under_adam() {
        let calibration = Calibration::of(Optimizer::Adam).unwrap();
        let mut narrow = spec(60, 40, Optimizer::Adam);
        let wide = calibration.steps_per_time(&narrow);
        narrow.model.hidden /= 4;
        narrow.train.learning_rate *= 2.0;
        assert!((calibration.steps_per_time(&narrow) / wide - 2.0).abs() < 1e-6);
    }
}
