//! What is expected of a copying run: whether it attends and the shape of its curve by the reduced dynamics, its steps by the law.
//!
//! The dynamics has the right order of events, and is off by factors where words repeat, are rare or are sometimes wrong. Its steps are
//! therefore stretched until the curve from the measured initial condition is learned at the median of the law. Where the law does not reach,
//! steps are those of the dynamics, with the interval of what it misses by on settings that it was not calibrated on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::law::{CopyingLaw, CopyingSetting};
use super::outcome::{CopyingOutcome, Question, outcome, starts};
use super::start::InitialCondition;
use crate::spec::CopyingSpec;

/// The theory that a predicted step is by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "theory", rename_all = "snake_case")]
pub enum StepsBy {
    /// The law, which was fitted on other settings.
    Law,
    /// The reduced dynamics, with a wider interval.
    Dynamics {
        /// Why it is not the law, for people.
        because: String,
    },
}

/// For people, in a sentence.
impl fmt::Display for StepsBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Law => {
                f.write_str("Steps are by a law that was fitted on other distributions (docs/theory.md).")
            }
            Self::Dynamics { because } => write!(
                f,
                "The law of steps does not reach this: {because}. Steps are by the reduced dynamics alone, with an interval of what \
                 that misses by where it was not fitted."
            ),
        }
    }
}

/// The predicted outcome and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The outcome.
    pub outcome: CopyingOutcome,
    /// By which theory its steps are.
    pub by: StepsBy,
    /// Optimiser steps in a step of the dynamics.
    pub stretch: f64,
}

/// The standard deviation of ln(measured/predicted) of the dynamics on settings that nothing was fitted on (docs/results.md, "Which theory
/// holds where it was not fitted?").
const OUTSIDE: f64 = 1.16;

/// The same for changes on the way, in steps stretched by the law: that of the law and that of the effects of `onset reproduce causes`
/// (docs/results.md, "Is it knowledge that attention waits for?").
const CHANGED: f64 = 0.6;

/// To this time the dynamics is followed to find how its steps must be stretched.
const FURTHEST: f64 = 5000.0;

/// What is expected of `spec`, for initial weights with the initial conditions `heads`; steps beyond so many `budgets` are not told. `None`
/// without a calibration for its optimiser.
pub fn expected(spec: &CopyingSpec, heads: &[InitialCondition], budgets: f64) -> Option<Expected> {
    let calibration = Calibration::of(spec.train.optimizer)?;
    let by_dynamics = |spread: f64, stretch: f64, because: String| {
        let wide = Calibration { spread, ..calibration };
        let outcome = follow(spec, heads, &wide, (budgets, stretch));
        Expected { outcome, by: StepsBy::Dynamics { because }, stretch }
    };
    let plain = CopyingSpec { intervene: Vec::new(), ..spec.clone() };
    let law = CopyingLaw::shipped();
    let (attends, step) = match law.of_run(&plain, heads) {
        Ok(found) => found,
        Err(because) => return Some(by_dynamics(OUTSIDE, 1.0, because)),
    };
    // The curve is that of the likelier branch.
    let begun = on_branch(&plain, heads, &calibration, attends >= 0.5);
    let (at, on) = learned(&plain, &begun, &calibration);
    let stretch = at.and_then(|at| {
        let branch = law.predict(&CopyingSetting::of(&plain).ok()?, f64::from(u8::from(on))).ok()?;
        Some(branch.quantile(0.5) / at)
    });
    let (is_followed, stretch) = (stretch.is_some(), stretch.unwrap_or(1.0));
    if let Some(change) = spec.intervene.first() {
        let because = format!("training is changed on the way ({change})");
        return Some(by_dynamics(CHANGED, stretch, because));
    }
    let mut outcome = follow(spec, &begun, &calibration, (budgets, stretch));
    outcome.attends = attends;
    outcome.chance = step.chance(spec.train.steps as f64);
    outcome.emergence =
        [0.1, 0.5, 0.9].map(|level| Some(step.quantile(level)).filter(|step| *step <= outcome.horizon));
    if !is_followed && outcome.chance > 0.5 {
        // By the law it learns; by the dynamics it stays where it is, so that there is no curve to stretch.
        outcome.curve.clear();
    }
    Some(Expected { outcome, by: StepsBy::Law, stretch })
}

/// The outcome by the dynamics, whose steps are `stretch` optimiser steps each.
fn follow(
    spec: &CopyingSpec,
    heads: &[InitialCondition],
    calibration: &Calibration,
    (budgets, stretch): (f64, f64),
) -> CopyingOutcome {
    let question = Question { budgets, ..Question::default() };
    let mut found = outcome(&stretched(spec, stretch), heads, calibration, &question);
    found.curve.iter_mut().for_each(|point| point.step *= stretch);
    CopyingOutcome {
        budget: spec.train.steps,
        emergence: found.emergence.map(|step| step.map(|step| step * stretch)),
        horizon: budgets * spec.train.steps as f64,
        ..found
    }
}

/// When the dynamics from these initial conditions learns, in its own steps, and whether it attends then; no step if it does not learn.
fn learned(spec: &CopyingSpec, heads: &[InitialCondition], calibration: &Calibration) -> (Option<f64>, bool) {
    let pace = calibration.steps_per_time(spec);
    let starts: Vec<[f64; 2]> = heads.iter().map(|head| [head.score_gap, head.logit_gap]).collect();
    let (learned, last) = calibration.flow(spec, &starts).until_learned(FURTHEST);
    (learned.then_some(last.time * pace), last.attention > 1.0 / spec.data.length as f64)
}

/// The initial conditions, within the error of the measured ones and nearest to them, from which the dynamics takes the branch that `attends` or
/// the other; the measured ones if there are none.
fn on_branch(
    spec: &CopyingSpec,
    heads: &[InitialCondition],
    calibration: &Calibration,
    attends: bool,
) -> Vec<InitialCondition> {
    let moved = |start: Vec<[f64; 2]>| -> Vec<InitialCondition> {
        let begun = heads.iter().zip(start);
        begun
            .map(|(head, [score_gap, logit_gap])| InitialCondition { score_gap, logit_gap, ..*head })
            .collect()
    };
    let distance = |begun: &[InitialCondition]| {
        let of = |(a, b): (&InitialCondition, &InitialCondition)| {
            ((a.score_gap - b.score_gap) / a.score_gap_error).powi(2)
                + ((a.logit_gap - b.logit_gap) / a.logit_gap_error).powi(2)
        };
        heads.iter().zip(begun).map(of).sum::<f64>()
    };
    let mut near: Vec<Vec<InitialCondition>> = starts(spec, heads).into_iter().map(moved).collect();
    near.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let takes = |begun: &Vec<InitialCondition>| learned(spec, begun, calibration).1 == attends;
    std::iter::once(heads.to_vec()).chain(near).find(takes).unwrap_or_else(|| heads.to_vec())
}

/// `spec` in steps of the dynamics, of which each is `stretch` optimiser steps.
pub fn stretched(spec: &CopyingSpec, stretch: f64) -> CopyingSpec {
    let shorter = |steps: u64| (steps as f64 / stretch).round() as u64;
    let mut spec = spec.clone();
    spec.train.steps = shorter(spec.train.steps).max(1);
    spec.intervene.iter_mut().for_each(|change| change.at = shorter(change.at));
    spec
}

#[cfg(test)]
mod tests {
    use onset_engine::AttentionMode;

    use super::*;
    use crate::settings::Intervene;
    use crate::spec::Spec;

    fn spec(overrides: &[&str]) -> CopyingSpec {
        let overrides: Vec<String> = overrides.iter().map(|given| given.to_string()).collect();
        CopyingSpec::of(&Spec::parse("task = 'copying'", "", &overrides).unwrap()).unwrap()
    }

    fn heads(score_gap: f64, logit_gap: f64) -> [InitialCondition; 1] {
        [InitialCondition {
            score_gap,
            logit_gap,
            score_gap_error: 0.003,
            logit_gap_error: 0.008,
            rehearsed: None,
        }]
    }

    const SMALL: [&str; 4] = ["task.length=20", "model.hidden=64", "model.embedding=64", "train.steps=1000"];

    fn small(overrides: &[&str]) -> CopyingSpec {
        spec(&[&SMALL, overrides].concat())
    }

    #[test]
    fn steps_are_those_of_the_law_and_the_curve_is_stretched_to_them() {
        for given in [&["task.vocabulary=30"][..], &["task.vocabulary=30", "task.noise=0.3"]] {
            let spec = small(given);
            let found = expected(&spec, &heads(0.0, 0.0), 10.0).unwrap();
            let law = CopyingLaw::shipped().predict(&CopyingSetting::of(&spec).unwrap(), 1.0).unwrap();
            assert_eq!(found.by, StepsBy::Law);
            let median = law.quantile(0.5);
            assert!((found.outcome.emergence[1].unwrap() - median).abs() < 1e-6);
            assert!((found.outcome.chance - law.chance(1000.0)).abs() < 1e-9);
            let (calibration, curve) = (Calibration::of(spec.train.optimizer).unwrap(), &found.outcome.curve);
            let copied = calibration.flow(&spec, &[[0.0, 0.0]]).copied();
            let crossed = curve.iter().find(|point| point.accuracy >= copied).unwrap().step;
            // A curve has a point every ten steps.
            assert!((0.0..=10.1).contains(&(crossed - median)), "{crossed} {median}");
            assert!((curve.last().unwrap().step / 1000.0 - 1.0).abs() < 0.01);
        }
        let [plain, noisy] = [&["task.vocabulary=30"][..], &["task.vocabulary=30", "task.noise=0.5"]]
            .map(|given| expected(&small(given), &heads(0.0, 0.0), 10.0).unwrap().stretch);
        assert!(noisy > 1.5 * plain, "{noisy} {plain}");
    }

    #[test]
    fn a_seed_that_eliminates_is_expected_by_its_own_law() {
        let of = |gap: f64| expected(&small(&["task.vocabulary=20"]), &heads(gap, 2.0 * gap), 10.0).unwrap();
        let [attends, eliminates] = [of(0.02), of(-0.02)].map(|found| found.outcome);
        assert!(
            attends.attends > 0.9 && eliminates.attends < 0.5,
            "{} {}",
            attends.attends,
            eliminates.attends
        );
        assert!(attends.emergence[1].unwrap() < eliminates.emergence[1].unwrap());
        let [first, own] = [&attends, &eliminates].map(|outcome| outcome.emergence[1].unwrap());
        let most = |outcome: &CopyingOutcome, value: fn(&crate::theory::OutcomePoint) -> f64, until: f64| {
            outcome.curve.iter().take_while(|point| point.step < until).map(value).fold(0.0, f64::max)
        };
        assert!(most(&eliminates, |point| point.attention, own) < 0.06);
        // When the one has learned, the other is far behind.
        let [ahead, behind] =
            [&attends, &eliminates].map(|outcome| most(outcome, |point| point.accuracy, first));
        assert!(behind < 0.65 * ahead, "{behind} {ahead}");
    }

    #[test]
    fn beyond_the_law_the_interval_is_wider_and_says_why() {
        let width = |found: &Expected| {
            let [low, _, high] = found.outcome.emergence.map(Option::unwrap);
            high / low
        };
        let near = expected(&small(&["task.vocabulary=30"]), &heads(0.0, 0.0), 10.0).unwrap();
        for (given, reason) in [("model.cell='gru'", "LSTM"), ("task.length=5", "task.length = 5 is far")] {
            let far = expected(&small(&["task.vocabulary=30", given]), &heads(0.0, 0.0), 10.0).unwrap();
            let StepsBy::Dynamics { because } = &far.by else { panic!("{given}: {:?}", far.by) };
            assert!(because.contains(reason), "{because}");
            assert!(width(&far) > 3.0 * width(&near), "{} {}", width(&far), width(&near));
        }
    }

    #[test]
    fn changes_on_the_way_come_at_their_own_steps() {
        let plain = expected(&small(&["task.vocabulary=30"]), &heads(0.0, 0.0), 10.0).unwrap();
        let mode = |at, mode| Intervene { at, attention: Some(mode), ..Intervene::default() };
        let changes = vec![mode(0, AttentionMode::Uniform), mode(100, AttentionMode::Learned)];
        let spec = CopyingSpec { intervene: changes, ..small(&["task.vocabulary=30"]) };
        let found = expected(&spec, &heads(0.0, 0.0), 10.0).unwrap();
        assert!(matches!(&found.by, StepsBy::Dynamics { because } if because.contains("changed on the way")));
        assert_eq!(found.stretch, plain.stretch);
        let attention = |step: f64| {
            let curve = &found.outcome.curve;
            curve.iter().find(|point| point.step >= step).unwrap().attention
        };
        let [held, free] = [attention(90.0), attention(160.0)];
        assert!((held - 0.05).abs() < 1e-3 && free > 0.06, "{held} {free}, stretched by {}", found.stretch);
    }
}
