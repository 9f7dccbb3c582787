//! Runs that left others at some step: which left which, and what each change did, over pairs that differ in it alone.

use serde::Serialize;

use super::RunRecord;
use super::causes::{PairedCurve, PairedEffect, paired_curve, paired_effect};
use crate::measures::Emergence;
use crate::store::{StoreError, digest};
use crate::train::{BRANCH, BranchOrigin};

/// Scores of which the difference is shown: the first that all runs have.
const SCORES: [&str; 3] = ["accuracy", "auc", "loss"];

/// A change, and the runs that were changed so: one for each of the runs that were not.
#[derive(Debug, Clone, Serialize)]
pub struct BranchEffect {
    /// What is changed, in words, with the changes of the runs that were left.
    pub changes: Vec<String>,
    /// The step at which they left.
    pub at: u64,
    /// Names of the pairs: the run that was left, and the branch.
    pub pairs: Vec<[String; 2]>,
    /// The score.
    pub score: &'static str,
    /// Its mean at the end: of the runs that were left, and of the branches.
    pub last: [f64; 2],
    /// Branch minus the run that it left, at each step from the branch on.
    pub difference: PairedCurve,
    /// By how much emergence is put off, for tasks with an accuracy; none if no pair emerged.
    pub effect: Option<PairedEffect>,
}

/// The branches among `runs`, and those that left a run which is not there.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Branches {
    /// Each change, in the order of first appearance.
    pub effects: Vec<BranchEffect>,
    /// Branches whose parent is not among the runs, with what is changed.
    pub alone: Vec<(String, String)>,
}

impl Branches {
    /// Whether no run is a branch.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.alone.is_empty()
    }
}

/// Pairs with the same changes, made at the same step.
struct Group<'a> {
    changes: Vec<String>,
    at: u64,
    pairs: Vec<[&'a RunRecord; 2]>,
}

/// A run with what it says about where it comes from.
struct Known<'a> {
    run: &'a RunRecord,
    origin: Option<BranchOrigin>,
    spec: String,
}

/// The branches among `runs`. A parent is known by its spec, so that runs may have been moved.
pub fn branches(runs: &[&RunRecord]) -> Result<Branches, StoreError> {
    branches_called(runs, &RunRecord::name)
}

/// As [`branches`], with runs called by `name`.
pub fn branches_called(
    runs: &[&RunRecord],
    name: &dyn Fn(&RunRecord) -> String,
) -> Result<Branches, StoreError> {
    let known = |run: &&'_ RunRecord| -> Result<(Option<BranchOrigin>, String), StoreError> {
        let has_parent = run.directory.path().join(BRANCH).is_file();
        let origin = has_parent.then(|| run.directory.read_json(BRANCH)).transpose()?;
        Ok((origin, digest(run.directory.spec_text().as_bytes())))
    };
    let all: Vec<Known<'_>> = runs
        .iter()
        .map(|run| known(run).map(|(origin, spec)| Known { run, origin, spec }))
        .collect::<Result<_, _>>()?;
    let mut found = Branches::default();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for branch in &all {
        let Some(origin) = &branch.origin else { continue };
        let Some(parent) = parent_of(&all, origin) else {
            found.alone.push((name(branch.run), origin.changes.clone()));
            continue;
        };
        let (changes, pair) = (changes_of(&all, branch), [parent.run, branch.run]);
        match groups.iter_mut().find(|known| known.changes == changes && known.at == origin.at) {
            Some(known) => known.pairs.push(pair),
            None => groups.push(Group { changes, at: origin.at, pairs: vec![pair] }),
        }
    }
    for group in groups {
        found.effects.push(effect(group, name)?);
    }
    Ok(found)
}

fn parent_of<'a>(all: &'a [Known<'a>], origin: &BranchOrigin) -> Option<&'a Known<'a>> {
    all.iter().find(|known| known.spec == origin.parent_spec)
}

/// The changes on the way from a run that is no branch, the first one first.
fn changes_of(all: &[Known<'_>], branch: &Known<'_>) -> Vec<String> {
    let (mut changes, mut at) = (Vec::new(), Some(branch));
    // A chain is no longer than there are runs, whatever the files say.
    for _ in 0..all.len() {
        let Some(origin) = at.and_then(|known| known.origin.as_ref()) else { break };
        changes.push(origin.changes.clone());
        at = parent_of(all, origin);
    }
    changes.reverse();
    changes
}

fn effect(
    Group { changes, at, pairs }: Group<'_>,
    name: &dyn Fn(&RunRecord) -> String,
) -> Result<BranchEffect, StoreError> {
    let has = |score: &&&str| pairs.iter().flatten().all(|run| run.score(score).is_ok());
    let score = SCORES.iter().find(has).copied().unwrap_or("loss");
    let (mut curves, mut steps) = (Vec::new(), Vec::new());
    let mut last: [Vec<f64>; 2] = Default::default();
    for [parent, branch] in &pairs {
        let (plain, changed) =
            ((parent.steps()?, parent.score(score)?), (branch.steps()?, branch.score(score)?));
        for (last, (_, values)) in last.iter_mut().zip([plain, changed]) {
            last.extend(values.last());
        }
        steps.push((Emergence::of(plain.0, plain.1), Emergence::of(changed.0, changed.1)));
        curves.push((plain, changed));
    }
    let mut difference = paired_curve(&curves);
    let begin = difference.steps.iter().position(|&step| step >= at as i64).unwrap_or(0);
    difference.steps.drain(..begin);
    difference.difference.drain(..begin);
    difference.interval.drain(..begin);
    // What emerged before the branch is the same in both.
    steps.retain(|(plain, _)| plain.step().is_none_or(|step| step > at as f64));
    Ok(BranchEffect {
        changes,
        at,
        pairs: pairs.iter().map(|pair| pair.map(name)).collect(),
        score,
        last: last.map(|values| crate::stats::mean(&values).unwrap_or(f64::NAN)),
        difference,
        effect: if score == "accuracy" { paired_effect(&steps) } else { None },
    })
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::settings::Intervene;
    use crate::spec::Spec;
    use crate::train::{Branching, Prepared, RunOptions, Start, run};

    fn trained(spec: &Spec, path: &Path, start: Start) -> RunRecord {
        let data = Prepared::load(spec).unwrap();
        let cancel = AtomicBool::new(false);
        let options = RunOptions { start, threads: 1, cancel: &cancel };
        run(spec, &data, path, options, &mut |_| ControlFlow::Continue(())).unwrap();
        RunRecord::read(path).unwrap()
    }

    fn branch(parent: &RunRecord, at: u64, changes: Intervene, path: &Path) -> RunRecord {
        let parent = parent.directory.path().to_owned();
        let branching = Branching { parent, at, changes, steps: None, retrace: true };
        let spec = branching.spec().unwrap();
        branching.prepare(&spec, &Prepared::load(&spec).unwrap(), path).unwrap();
        trained(&spec, path, Start::Resume)
    }

    #[test]
    fn a_change_is_judged_over_pairs_from_the_branch_on_and_stands_below_the_one_it_adds_to() {
        let folder = tempfile::tempdir().unwrap();
        let set = [
            "task.vocabulary=6",
            "task.length=4",
            "model.hidden=8",
            "model.embedding=8",
            "train.steps=8",
            "train.batch=4",
            "record.every=2",
        ];
        let set = set.map(String::from);
        let mut runs = Vec::new();
        for seed in 0..3 {
            let spec = Spec::parse("task = 'copying'", "", &set).unwrap().with_seed(seed);
            let own = |name: &str| folder.path().join(name).join(format!("seed-{seed}"));
            let plain = trained(&spec, &own("plain"), Start::New);
            let small = Intervene { batch: Some(2), ..Intervene::default() };
            let changed = branch(&plain, 4, small, &own("small"));
            let slow = Intervene { learning_rate: Some(1e-9), ..Intervene::default() };
            let twice = branch(&changed, 6, slow, &own("small-slow"));
            runs.extend([plain, changed, twice]);
        }
        let found = branches(&runs.iter().collect::<Vec<_>>()).unwrap();
        let [small, slow] = &found.effects[..] else { panic!("{found:?}") };
        assert_eq!((small.pairs.len(), slow.pairs.len(), small.score), (3, 3, "accuracy"));
        assert_eq!((&slow.changes[..1], slow.changes.len()), (&small.changes[..], 2));
        assert_eq!((&small.difference.steps[..], &slow.difference.steps[..]), (&[4, 6, 8][..], &[6, 8][..]));
        // What is recorded at the branch is without the change.
        assert_eq!((small.difference.difference[0], slow.difference.difference[0]), (0.0, 0.0));
        let last = small.last[1] - small.last[0];
        assert!((last - small.difference.difference[2]).abs() < 1e-9);
        assert!(small.difference.interval[2].is_some() && small.effect.is_none());
        assert_eq!(small.pairs[1], ["plain/seed-1", "small/seed-1"]);
        // Without the runs that were left, a branch is listed alone.
        let alone = branches(&[&runs[1], &runs[2]]).unwrap();
        assert_eq!((alone.effects.len(), alone.alone.len()), (1, 1));
        assert!(branches(&[&runs[0]]).unwrap().is_empty());
    }
}
