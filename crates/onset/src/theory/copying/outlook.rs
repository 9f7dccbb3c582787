//! What training will do on a copying task: whether it learns within its budget, when, and on which curve.

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::start::Beginning;
use crate::spec::{Attention, CopyingSpec};

/// A prediction, in optimiser steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// The steps of the run.
    pub budget: u64,
    /// Probability that it learns within its budget.
    pub chance: f64,
    /// Probability that attention finds the right word, rather than leaving it.
    pub attends: f64,
    /// The step at which it learns, at the quantiles 0.1, 0.5 and 0.9; none where that is beyond the horizon.
    pub emergence: [Option<f64>; 3],
    /// The head, counted from 0, that attends most in the end.
    #[serde(default)]
    pub head: usize,
    /// As far as the dynamics was followed, in steps.
    pub horizon: f64,
    /// The likeliest curve.
    pub curve: Vec<OutlookPoint>,
}

/// The likeliest state at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutlookPoint {
    /// Optimiser steps.
    pub step: f64,
    /// Probability of the right word.
    pub accuracy: f64,
    /// Weight on the right position.
    pub attention: f64,
}

/// Standard normal quantiles at 0.1, 0.3, 0.5, 0.7 and 0.9.
const QUANTILES: [f64; 5] = [-1.2816, -0.5244, 0.0, 0.5244, 1.2816];

/// What the measured beginning leaves open, in units of its spread: other directions of the weights that grow into
/// the same two numbers. Of the order of what is measured; see docs/theory.md.
const UNSEEN: f64 = 1.2;

/// How many budgets the dynamics is followed.
const BUDGETS: f64 = 10.0;

/// Points of a curve.
const POINTS: usize = 100;

/// Why the theory says nothing of `spec`; none if it does.
pub fn beyond(spec: &CopyingSpec) -> Option<String> {
    let model = &spec.model;
    [
        (model.attention != Attention::Learned, "attention is frozen (model.attention = \"uniform\"): there is no second stage"),
        (!model.context, "the decoder does not see the context (model.context = false): what comes through its first state alone is not in the reduced dynamics"),
        (spec.data.length < 2, "a sequence of one word (data.length = 1) leaves attention nothing to choose"),
        (spec.data.vocabulary < 2, "with one word (data.vocabulary = 1) there is nothing to be learned"),
    ]
    .into_iter()
    .find_map(|(holds, why)| holds.then(|| why.to_owned()))
}

/// The prediction for `spec`, the heads of whose initial weights begin at `heads`.
pub fn outlook(spec: &CopyingSpec, heads: &[Beginning], calibration: &Calibration) -> Outlook {
    outlook_until(spec, heads, calibration, BUDGETS)
}

/// The same, with the dynamics followed for so many `budgets` (1 or more): what comes later is taken never to come.
pub fn outlook_until(
    spec: &CopyingSpec,
    heads: &[Beginning],
    calibration: &Calibration,
    budgets: f64,
) -> Outlook {
    let pace = calibration.steps_per_time(spec);
    let budget = spec.train.steps as f64;
    let end = budgets * budget / pace;
    let (mut steps, mut attending, mut cases) = (Vec::new(), 0.0, 0.0);
    for start in starts(spec, heads) {
        let flow = calibration.flow(spec, &start);
        let (learned, last) = flow.until_learned(end);
        let (time, attention) = (if learned { last.time } else { f64::INFINITY }, last.attention);
        attending += f64::from(u8::from(attention > 1.0 / spec.data.length as f64));
        cases += 1.0;
        steps.extend(QUANTILES.map(|z| time * pace * (z * calibration.spread).exp()));
    }
    steps.sort_by(f64::total_cmp);
    let within = steps.iter().filter(|&&step| step <= budget).count();
    let quantile = |share: f64| {
        let step = steps[((steps.len() - 1) as f64 * share).round() as usize];
        step.is_finite().then_some(step)
    };
    let measured: Vec<[f64; 2]> = heads.iter().map(|head| [head.knowledge, head.preference]).collect();
    let points = calibration.flow(spec, &measured).integrate(budget / pace, POINTS);
    let head = points.last().map_or(0, |point| point.head);
    let curve = points.iter().map(|point| OutlookPoint {
        step: point.time * pace,
        accuracy: point.probability,
        attention: point.attention,
    });
    Outlook {
        budget: spec.train.steps,
        chance: within as f64 / steps.len() as f64,
        attends: attending / cases,
        emergence: [0.1, 0.5, 0.9].map(quantile),
        head,
        horizon: budgets * budget,
        curve: curve.collect(),
    }
}

/// Where training may begin, as far as the measurement tells: for one head its w and a at quantiles of what it leaves
/// open, for several as many draws.
fn starts(spec: &CopyingSpec, heads: &[Beginning]) -> Vec<Vec<[f64; 2]>> {
    let moved = |head: &Beginning, [knowledge, preference]: [f64; 2]| {
        [
            head.knowledge + UNSEEN * knowledge * head.knowledge_spread,
            head.preference + UNSEEN * preference * head.preference_spread,
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
        let Spec::Copying(spec) = Spec::parse("task = 'copying'", "", &overrides).unwrap() else {
            panic!("a copying spec")
        };
        spec
    }

    fn at(knowledge: f64, preference: f64) -> Beginning {
        Beginning { knowledge, preference, knowledge_spread: 0.003, preference_spread: 0.008 }
    }

    #[test]
    fn more_words_than_places_are_learned_whatever_the_beginning_and_permutations_are_not() {
        let calibration = Calibration::of(Optimizer::Adam);
        let easy = spec(&["data.vocabulary=60"]);
        let of = |spec: &CopyingSpec, beginning| outlook(spec, &[beginning], &calibration);
        assert!(of(&easy, at(-0.003, -0.01)).chance > 0.95);
        let hard = spec(&[]);
        let [well, badly] = [of(&hard, at(0.008, 0.02)), of(&hard, at(-0.008, -0.02))];
        assert!(well.attends > 0.9 && badly.attends < 0.1, "{} {}", well.attends, badly.attends);
        assert!(well.chance > badly.chance);
        let [early, middle, late] = of(&easy, at(0.0, 0.0)).emergence.map(Option::unwrap);
        assert!(0.0 < early && early < middle && middle < late);
    }

    #[test]
    fn what_the_theory_does_not_cover_is_named() {
        assert_eq!(beyond(&spec(&[])), None);
        assert!(beyond(&spec(&["model.attention='uniform'"])).unwrap().contains("frozen"));
        assert!(beyond(&spec(&["model.context=false"])).unwrap().contains("context"));
    }
}
