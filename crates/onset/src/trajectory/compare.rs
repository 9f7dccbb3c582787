//! Many runs in one chart: grouped by configuration, with the spread of each group over seeds.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::catalogue::{Known, Overview};
use super::curves::RunCurves;
use super::spread::{Spread, spread};
use super::thin::Curve;
use crate::store::Status;

/// Runs compared by one score.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Groups of runs that differ only in their seed, in the order in which the first run of each was given.
    pub groups: Vec<ComparedGroup>,
    /// All scores that any of the runs has.
    pub scores: BTreeSet<String>,
}

/// Runs that differ only in their seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedGroup {
    /// The group's key, as in [`Known::Run`].
    pub group: String,
    /// The title of its runs.
    pub title: String,
    /// How it differs from other groups with this title; empty if it does not.
    pub difference: String,
    /// Examples in a batch; `None` if another program trained the runs.
    pub batch: Option<usize>,
    /// Mean seconds of a step, of the runs that have stopped; `None` if there are none.
    pub step_seconds: Option<f64>,
    /// Median and quartiles over seeds.
    pub spread: Spread,
    /// The runs, in the order given.
    pub seeds: Vec<ComparedSeed>,
}

/// One run of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedSeed {
    /// The run's id.
    pub id: String,
    /// Its seed.
    pub seed: u64,
    /// Its status.
    pub status: Status,
    /// Its own curve, if curves of single seeds were requested; empty if the run has no such score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
}

/// Compares `runs` by `score`. `with_seeds` keeps the curve of each run as well as the spread of its group. Runs that
/// cannot be read are omitted, because their group is unknown.
pub fn compare(
    runs: impl IntoIterator<Item = (Overview, Arc<RunCurves>)>,
    score: &str,
    with_seeds: bool,
) -> Comparison {
    let mut comparison = Comparison::default();
    let mut curves: Vec<Vec<Curve>> = Vec::new();
    let mut paces: Vec<(f64, u64)> = Vec::new();
    for (overview, run_curves) in runs {
        let Known::Run { manifest, title, difference, group, seconds, batch, .. } = overview.known else {
            continue;
        };
        comparison.scores.extend(run_curves.scores.keys().cloned());
        let place = comparison.groups.iter().position(|known| known.group == group).unwrap_or_else(|| {
            let (spread, seeds) = (Spread::default(), Vec::new());
            let step_seconds = None;
            comparison.groups.push(ComparedGroup {
                group,
                title,
                difference,
                batch,
                step_seconds,
                spread,
                seeds,
            });
            curves.push(Vec::new());
            paces.push((0.0, 0));
            curves.len() - 1
        });
        let (seed, status) = (manifest.seed, manifest.status);
        // The seconds of a run are known once it has stopped.
        if status != Status::Running && seconds > 0.0 {
            paces[place].0 += seconds;
            paces[place].1 += manifest.steps_done;
        }
        comparison.groups[place].seeds.push(ComparedSeed { id: overview.id, seed, status, curve: None });
        curves[place].push(run_curves.scores.get(score).cloned().unwrap_or_default());
    }
    for (group, (seconds, steps)) in comparison.groups.iter_mut().zip(paces) {
        group.step_seconds = (steps > 0).then(|| seconds / steps as f64);
    }
    for (group, curves) in comparison.groups.iter_mut().zip(curves) {
        let finished = group.seeds.iter().map(|seed| seed.status == Status::Finished);
        group.spread = spread(curves.iter().zip(finished));
        if with_seeds {
            group.seeds.iter_mut().zip(curves).for_each(|(seed, curve)| seed.curve = Some(curve));
        }
    }
    comparison
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn run(seed: u64, group: &str, values: &[f64]) -> (Overview, Arc<RunCurves>) {
        let manifest = format!(
            r#"{{"format": 1, "onset": "0", "task": "copying", "seed": {seed}, "status": "finished", "steps_done": 1,
            "steps": 1, "spec_digest": "", "data_digest": null, "parameters": 7, "scores": {{}}, "failure": null}}"#
        );
        let known = Known::Run {
            manifest: serde_json::from_str(&manifest).unwrap(),
            title: "a title".into(),
            difference: String::new(),
            group: group.into(),
            seconds: 0.5,
            batch: Some(32),
            began: None,
        };
        let overview = Overview { id: format!("{group}/{seed}"), stamp: String::new(), known };
        let steps = (0..values.len() as u64).collect();
        let curve = Curve { steps, values: values.to_vec(), ranges: Vec::new() };
        (overview, Arc::new(RunCurves { scores: BTreeMap::from([("accuracy".into(), curve)]) }))
    }

    #[test]
    fn seeds_of_a_setting_are_one_group_with_their_median() {
        let runs = [run(0, "a", &[0.0, 0.2]), run(0, "b", &[0.5, 0.5]), run(1, "a", &[0.2, 0.4])];
        let compared = compare(runs.clone(), "accuracy", false);
        let groups: Vec<&str> = compared.groups.iter().map(|group| group.group.as_str()).collect();
        assert_eq!(groups, ["a", "b"]);
        let ids: Vec<&str> = compared.groups[0].seeds.iter().map(|seed| seed.id.as_str()).collect();
        assert_eq!(ids, ["a/0", "a/1"]);
        let median = &compared.groups[0].spread.median;
        assert!((median[0] - 0.1).abs() < 1e-12 && (median[1] - 0.3).abs() < 1e-12, "{median:?}");
        assert!(compared.groups[0].seeds.iter().all(|seed| seed.curve.is_none()));
        // Two runs of one step and half a second each.
        assert_eq!((compared.groups[0].step_seconds, compared.groups[0].batch), (Some(0.5), Some(32)));
        let with_seeds = compare(runs, "accuracy", true);
        assert_eq!(with_seeds.groups[0].seeds[1].curve.as_ref().unwrap().values, [0.2, 0.4]);
    }

    #[test]
    fn a_run_that_lacks_the_score_is_there_without_a_curve() {
        let compared = compare([run(0, "a", &[0.0])], "bleu", true);
        assert_eq!(compared.scores, BTreeSet::from(["accuracy".to_string()]));
        assert!(compared.groups[0].spread.steps.is_empty());
        assert!(compared.groups[0].seeds[0].curve.as_ref().unwrap().steps.is_empty());
    }
}
