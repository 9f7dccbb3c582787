//! Emergence: the first recorded step at which a run's accuracy reaches a threshold.
//!
//! A run that has not reached the threshold by its last evaluation is *censored* at that step: it was stopped, was
//! interrupted, or used up its budget. All we know is that it learns later, if at all. Stopping may depend on learning
//! (`train.stop_at_accuracy`), so medians and ranks make no assumption about the censored runs. They are reported only
//! where every continuation of the censored runs gives the same value.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::stats::quantile;

/// A run counts as having learned when its accuracy reaches this.
pub const LEARNED: f64 = 0.95;

/// The step at which a run, or the median of several runs, learned, as far as it was observed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Emergence {
    /// At this step (half a step if it is the mean of two).
    At(f64),
    /// Not by this step, where observation ended.
    NotBy(f64),
}

impl Emergence {
    /// The first of `steps` whose accuracy is at least [`LEARNED`]; otherwise not by the last of them, where
    /// observation ended.
    pub fn of(steps: &[i64], accuracy: &[f64]) -> Self {
        match steps.iter().zip(accuracy).find(|(_, accuracy)| **accuracy >= LEARNED) {
            Some((&step, _)) => Self::At(step as f64),
            None => Self::NotBy(steps.last().map_or(0.0, |&step| step as f64)),
        }
    }

    /// The step of emergence; `None` if it was not observed.
    pub fn step(self) -> Option<f64> {
        match self {
            Self::At(step) => Some(step),
            Self::NotBy(_) => None,
        }
    }

    /// Whether emergence was observed.
    pub fn is_observed(self) -> bool {
        self.step().is_some()
    }

    /// Whether emergence was at or before `step`; `None` if observation ended before.
    pub fn is_by(self, step: f64) -> Option<bool> {
        match self {
            Self::At(own) => Some(own <= step),
            Self::NotBy(last) => (last >= step).then_some(false),
        }
    }

    /// Whether observation ended before `budget` steps without emergence.
    pub fn ended_early(self, budget: u64) -> bool {
        matches!(self, Self::NotBy(last) if last < budget as f64)
    }
}

impl fmt::Display for Emergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(step) => write!(formatter, "{step}"),
            Self::NotBy(step) => write!(formatter, "not by {step}"),
        }
    }
}

/// The step, as an integer if it is whole; null if emergence was not observed.
impl Serialize for Emergence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.step() {
            Some(step) if step.fract() == 0.0 => serializer.serialize_some(&(step as u64)),
            step => step.serialize(serializer),
        }
    }
}

/// The quantile at `share` over `runs`, interpolated between neighbours.
///
/// It is a step only if it is the same whenever the censored runs learn, at once or never. Otherwise it is
/// [`Emergence::NotBy`] the earliest possible step, the quantile if all censored runs learned where their observation
/// ended. Without runs it is not by step 0.
pub fn emergence_quantile(runs: &[Emergence], share: f64) -> Emergence {
    let at = |censored: &dyn Fn(f64) -> f64| {
        let step = |run: &Emergence| match *run {
            Emergence::At(step) => step,
            Emergence::NotBy(last) => censored(last),
        };
        let mut steps: Vec<f64> = runs.iter().map(step).collect();
        steps.sort_by(f64::total_cmp);
        quantile(&steps, share)
    };
    match (at(&|last| last), at(&|_| f64::INFINITY)) {
        (Some(earliest), Some(latest)) if earliest == latest => Emergence::At(earliest),
        (Some(earliest), _) => Emergence::NotBy(earliest),
        (None, _) => Emergence::NotBy(0.0),
    }
}

/// The median over `runs`; see [`emergence_quantile`].
pub fn median_emergence(runs: &[Emergence]) -> Emergence {
    emergence_quantile(runs, 0.5)
}

/// The steps by which `runs` can be ranked. A run without emergence gets infinity if it was observed for as long as any
/// run took to learn. Otherwise it gets `None`, because its rank is unknown.
pub fn ranked_steps(runs: &[Emergence]) -> Vec<Option<f64>> {
    let latest = runs.iter().filter_map(|run| run.step()).fold(0.0, f64::max);
    let rank = |run: &Emergence| match *run {
        Emergence::At(step) => Some(step),
        Emergence::NotBy(last) => (last >= latest).then_some(f64::INFINITY),
    };
    runs.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::Emergence::{At, NotBy};
    use super::*;

    #[test]
    fn the_first_step_at_or_above_the_threshold_counts() {
        assert_eq!(Emergence::of(&[0, 10, 20, 30], &[0.1, 0.949, 0.95, 0.2]), At(20.0));
        assert_eq!(Emergence::of(&[0, 10], &[0.1, f64::NAN]), NotBy(10.0));
        assert_eq!(Emergence::of(&[], &[]), NotBy(0.0));
    }

    #[test]
    fn a_run_that_was_stopped_early_is_censored_where_it_ended() {
        // Stopped at step 90 of a budget of 800, with an accuracy of 0.91.
        let run = Emergence::of(&[0, 30, 60, 90], &[0.1, 0.2, 0.6, 0.91]);
        assert_eq!(run.to_string(), "not by 90");
        assert!(run.ended_early(800) && !run.ended_early(90));
        assert_eq!((run.is_by(60.0), run.is_by(90.0), run.is_by(800.0)), (Some(false), Some(false), None));
        assert_eq!(median_emergence(&[run]).to_string(), "not by 90");
    }

    #[test]
    fn the_median_is_a_step_only_if_censored_runs_cannot_change_it() {
        let median = |runs: &[Emergence]| median_emergence(runs).to_string();
        assert_eq!(median(&[At(30.0), NotBy(200.0), At(40.0)]), "40");
        assert_eq!(median(&[At(30.0), NotBy(200.0), NotBy(200.0)]), "not by 200");
        assert_eq!(median(&[At(30.0), At(40.0)]), "35");
        assert_eq!(median(&[At(30.0), At(41.0)]), "35.5");
        // The mean of 30 and of any step after 200.
        assert_eq!(median(&[At(30.0), NotBy(200.0)]), "not by 115");
        // A run that ended at step 20 may have learned before the others or after them.
        assert_eq!(median(&[At(30.0), NotBy(20.0), At(40.0)]), "not by 30");
        assert_eq!(median(&[NotBy(90.0), NotBy(100.0), At(110.0)]), "not by 100");
        assert_eq!(median(&[]), "not by 0");
        assert_eq!(emergence_quantile(&[At(10.0), At(20.0), NotBy(99.0), NotBy(99.0)], 0.25), At(17.5));
    }

    #[test]
    fn only_runs_observed_long_enough_can_be_ranked() {
        let ranks = ranked_steps(&[At(30.0), NotBy(20.0), At(50.0), NotBy(50.0)]);
        assert_eq!(ranks, [Some(30.0), None, Some(50.0), Some(f64::INFINITY)]);
    }

    #[test]
    fn files_hold_a_number_or_null() {
        let json = |emergence| serde_json::to_string(&emergence).unwrap();
        assert_eq!(
            (json(At(20.0)), json(At(20.5)), json(NotBy(90.0))),
            ("20".into(), "20.5".into(), "null".into())
        );
    }
}
