//! The predicted outcome of training on a copying task: whether it learns within its budget, when, and along which
//! curve.

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::flow::CopyingFlow;
use super::phases::phases;
use super::start::InitialCondition;
use crate::settings::FreezeTarget;
use crate::spec::CopyingSpec;
use crate::stats::closest_rank;
use onset_engine::AttentionMode;

/// The predicted distribution of outcomes, in optimiser steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyingOutcome {
    /// The training steps of the run.
    pub budget: u64,
    /// The probability of learning within the budget.
    pub chance: f64,
    /// The probability that attention moves to the right position rather than away from it.
    pub attends: f64,
    /// The emergence step at the quantiles 0.1, 0.5 and 0.9 (the median and its 80 % prediction interval); `None` if it
    /// is beyond the horizon.
    pub emergence: [Option<f64>; 3],
    /// The head, counted from 0, with the most attention on the right position at the end.
    #[serde(default)]
    pub head: usize,
    /// The step to which the dynamics was integrated.
    pub horizon: f64,
    /// The predicted curve from the measured initial condition.
    pub curve: Vec<OutcomePoint>,
}

/// The predicted state at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutcomePoint {
    /// Optimiser steps.
    pub step: f64,
    /// Probability of the target token.
    pub accuracy: f64,
    /// Attention on the right position.
    pub attention: f64,
}

/// Standard normal quantiles at 0.1, 0.3, 0.5, 0.7 and 0.9.
const QUANTILES: [f64; 5] = [-1.2816, -0.5244, 0.0, 0.5244, 1.2816];

/// The uncertainty of the measured initial condition, in units of its standard error: other directions of the weights
/// also grow into w and a. It is of the order of the measured values; see docs/theory.md.
const UNSEEN: f64 = 1.2;

/// The dynamics is integrated for this many budgets.
const BUDGETS: f64 = 10.0;

/// Points of a curve.
const POINTS: usize = 100;

/// Why the theory does not cover `spec`; `None` if it does.
pub fn not_covered(spec: &CopyingSpec) -> Option<String> {
    let model = &spec.model;
    [
        (model.attention != AttentionMode::Learned, "attention is frozen (model.attention = \"uniform\"): there is no second stage"),
        (!model.context, "the decoder does not see the context (model.context = false): the reduced dynamics does not model its initial state"),
        (spec.data.length < 2, "a sequence of one word (task.length = 1) leaves attention nothing to choose"),
        (spec.data.vocabulary < 2, "with one word (task.vocabulary = 1) there is nothing to learn"),
        (Calibration::of(spec.train.optimizer).is_none(), "there is no calibration for this optimiser (train.optimizer); there are calibrations for \"adam\" and \"sgd\""),
    ]
    .into_iter()
    .find_map(|(holds, why)| holds.then(|| why.to_owned()))
    .or_else(|| spec.train.altered().map(not_calibrated))
    .or_else(|| phases(&spec.intervene).err())
}

/// Why there is no prediction if the training option `key` differs from the paper's value.
pub fn not_calibrated(key: &str) -> String {
    format!("the theory is calibrated only for the paper's value of {key}; leave the key out")
}

/// The predicted outcome of `spec`, for initial weights with the initial conditions `heads`, one a head.
pub fn copying_outcome(
    spec: &CopyingSpec,
    heads: &[InitialCondition],
    calibration: &Calibration,
) -> CopyingOutcome {
    outcome(spec, heads, calibration, &Question::default())
}

/// What is asked of the dynamics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// It is integrated for this many budgets, 1 or more.
    pub budgets: f64,
    /// What is learned before this step does not count.
    pub counted_from: u64,
    /// w ([`FreezeTarget::Rest`]) or a ([`FreezeTarget::Attention`]) begins as it is after so many steps of the same flow.
    pub transplanted: Option<(FreezeTarget, u64)>,
}

impl Default for Question {
    fn default() -> Self {
        Self { budgets: BUDGETS, counted_from: 0, transplanted: None }
    }
}

/// As [`copying_outcome`], for this `question`.
pub fn outcome(
    spec: &CopyingSpec,
    heads: &[InitialCondition],
    calibration: &Calibration,
    question: &Question,
) -> CopyingOutcome {
    let budgets = question.budgets;
    let pace = calibration.steps_per_time(spec);
    let budget = spec.train.steps as f64;
    let end = budgets * budget / pace;
    let (mut steps, mut attending, mut cases) = (Vec::new(), 0.0, 0.0);
    let flow_from = |start: &[[f64; 2]]| {
        let flow = calibration.flow(spec, start);
        match question.transplanted {
            Some((group, step)) => transplanted(flow, group, step as f64 / pace),
            None => flow,
        }
    };
    for start in starts(spec, heads) {
        let (learned, last) = flow_from(&start).until_learned_from(question.counted_from as f64 / pace, end);
        let (time, attention) = (if learned { last.time } else { f64::INFINITY }, last.attention);
        attending += f64::from(u8::from(attention > 1.0 / spec.data.length as f64));
        cases += 1.0;
        steps.extend(QUANTILES.map(|z| time * pace * (z * calibration.spread).exp()));
    }
    steps.sort_by(f64::total_cmp);
    let within = steps.iter().filter(|&&step| step <= budget).count();
    let quantile = |share: f64| closest_rank(&steps, share).filter(|step| step.is_finite());
    let measured: Vec<[f64; 2]> = heads.iter().map(|head| [head.score_gap, head.logit_gap]).collect();
    let points = flow_from(&measured).integrate(budget / pace, POINTS);
    let head = points.last().map_or(0, |point| point.head);
    let curve = points.iter().map(|point| OutcomePoint {
        step: point.time * pace,
        accuracy: point.probability,
        attention: point.attention,
    });
    CopyingOutcome {
        budget: spec.train.steps,
        chance: within as f64 / steps.len() as f64,
        attends: attending / cases,
        emergence: [0.1, 0.5, 0.9].map(quantile),
        head,
        horizon: budgets * budget,
        curve: curve.collect(),
    }
}

/// `flow` with the w or the a of each head that it has itself at `time`.
fn transplanted(mut flow: CopyingFlow, group: FreezeTarget, time: f64) -> CopyingFlow {
    let alone = |start: [f64; 2]| {
        let last = *flow.clone().with_heads(vec![start]).integrate(time, 1).last().expect("there are points");
        match group {
            FreezeTarget::Attention => [start[0], last.logit_gap],
            _ => [last.score_gap, start[1]],
        }
    };
    flow.start = flow.start.iter().map(|&start| alone(start)).collect();
    flow
}

/// Initial values of w and a within the uncertainty of the measurement: a grid of quantiles for one head, the same
/// number of random draws for several heads.
pub(super) fn starts(spec: &CopyingSpec, heads: &[InitialCondition]) -> Vec<Vec<[f64; 2]>> {
    let moved = |head: &InitialCondition, [score, logit]: [f64; 2]| {
        [
            head.score_gap + UNSEEN * score * head.score_gap_error,
            head.logit_gap + UNSEEN * logit * head.logit_gap_error,
        ]
    };
    if let [head] = heads {
        let pairs = QUANTILES.iter().flat_map(|&a| QUANTILES.map(|b| [a, b]));
        return pairs.map(|by| vec![moved(head, by)]).collect();
    }
    let drawn = |case: usize| {
        let mut random = Random::at(spec.seed, Stream::Resampling, case as u64);
        let mut normal = || f64::from(random.normal());
        heads.iter().map(|head| moved(head, [normal(), normal()])).collect()
    };
    (0..QUANTILES.len() * QUANTILES.len()).map(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Optimizer, Spec};

    fn spec(overrides: &[&str]) -> CopyingSpec {
        let overrides: Vec<String> = overrides.iter().map(|s| s.to_string()).collect();
        CopyingSpec::of(&Spec::parse("task = 'copying'", "", &overrides).unwrap()).unwrap()
    }

    fn at(score_gap: f64, logit_gap: f64) -> InitialCondition {
        InitialCondition {
            score_gap,
            logit_gap,
            score_gap_error: 0.003,
            logit_gap_error: 0.008,
            rehearsed: None,
        }
    }

    #[test]
    fn only_permutations_depend_on_the_initial_condition() {
        let calibration = Calibration::of(Optimizer::Adam).unwrap();
        let easy = spec(&["task.vocabulary=60"]);
        let of = |spec: &CopyingSpec, initial| copying_outcome(spec, &[initial], &calibration);
        assert!(of(&easy, at(-0.003, -0.01)).chance > 0.95);
        let hard = spec(&[]);
        let [well, badly] = [of(&hard, at(0.008, 0.02)), of(&hard, at(-0.008, -0.02))];
        assert!(well.attends > 0.9 && badly.attends < 0.1, "{} {}", well.attends, badly.attends);
        assert!(well.chance > badly.chance);
        let [early, middle, late] = of(&easy, at(0.0, 0.0)).emergence.map(Option::unwrap);
        assert!(0.0 < early && early < middle && middle < late);
    }

    #[test]
    fn the_reason_why_a_spec_is_not_covered_is_named() {
        assert_eq!(not_covered(&spec(&[])), None);
        assert!(not_covered(&spec(&["model.attention='uniform'"])).unwrap().contains("frozen"));
        assert!(not_covered(&spec(&["model.context=false"])).unwrap().contains("context"));
    }
}
