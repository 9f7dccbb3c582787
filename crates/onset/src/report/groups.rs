//! Groups of runs that are averaged: runs that differ only in their seed.

use std::ops::Deref;

use serde::Serialize;

use crate::spec::{Identity, RunName, run_names};
use crate::store::Status;
use crate::study::RunRecord;

/// Runs with the same spec, data and version, and different seeds.
#[derive(Debug)]
pub struct Group<'a> {
    /// The group's title, and its difference from other groups with this title.
    pub name: RunName,
    runs: Vec<&'a RunRecord>,
}

/// Dereferences to all its runs, finished or not.
impl<'a> Deref for Group<'a> {
    type Target = [&'a RunRecord];

    fn deref(&self) -> &Self::Target {
        &self.runs
    }
}

/// How many runs of a group have finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The number of runs, one for each seed.
    pub seeds: usize,
    /// The number of finished runs. Scores after training are theirs; if none has finished, they are the last scores of
    /// all runs.
    pub finished: usize,
    /// The runs that have not finished.
    pub unfinished: Vec<Unfinished>,
}

/// A run that has not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// Its seed.
    pub seed: u64,
    /// Its status.
    pub status: Status,
    /// Steps taken.
    pub step: u64,
    /// Steps of the whole run.
    pub steps: u64,
}

/// The groups of `runs`, in order of first appearance.
pub fn groups(runs: &[RunRecord]) -> Vec<Group<'_>> {
    let mut found: Vec<(Identity, Vec<&RunRecord>)> = Vec::new();
    for run in runs {
        let identity = Identity::of(&run.spec, run.manifest());
        match found.iter_mut().find(|(known, _)| *known == identity) {
            Some((_, runs)) => runs.push(run),
            None => found.push((identity, vec![run])),
        }
    }
    let named: Vec<_> = found.iter().map(|(identity, runs)| (&runs[0].spec, identity)).collect();
    let names = run_names(&named);
    found.into_iter().zip(names).map(|((_, runs), name)| Group { name, runs }).collect()
}

impl<'a> Group<'a> {
    /// The runs whose last scores count as scores after training: the finished ones, or all if none has finished.
    pub fn counted(&self) -> Vec<&'a RunRecord> {
        let finished: Vec<_> = self.runs.iter().copied().filter(|run| run.is_finished()).collect();
        if finished.is_empty() { self.runs.clone() } else { finished }
    }

    /// How many of its runs have finished.
    pub fn standing(&self) -> Standing {
        let unfinished = self.runs.iter().filter(|run| !run.is_finished()).map(|run| {
            let manifest = run.manifest();
            Unfinished {
                seed: run.spec.seed(),
                status: manifest.status,
                step: manifest.steps_done,
                steps: manifest.steps,
            }
        });
        let unfinished: Vec<_> = unfinished.collect();
        Standing { seeds: self.runs.len(), finished: self.runs.len() - unfinished.len(), unfinished }
    }
}

impl Standing {
    /// The number of seeds and of finished ones, in words; empty for a single finished run.
    pub fn words(&self) -> String {
        match (self.finished, self.seeds) {
            (1, 1) => String::new(),
            (0, 1) => "not finished".into(),
            (finished, seeds) if finished == seeds => format!("{seeds} seeds"),
            (0, seeds) => format!("none of {seeds} seeds finished"),
            (finished, seeds) => format!("{finished} of {seeds} seeds finished"),
        }
    }

    /// One sentence for each unfinished run.
    pub fn sentences(&self) -> Vec<String> {
        let counted = if self.finished > 0 { "; not counted" } else { "" };
        let sentence = |run: &Unfinished| {
            let Unfinished { seed, status, step, steps } = run;
            format!("seed {seed}: {status} after {step} of {steps} steps{counted}")
        };
        self.unfinished.iter().map(sentence).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(finished: usize, unfinished: u64) -> Standing {
        let run = |seed| Unfinished { seed, status: Status::Interrupted, step: 100, steps: 2000 };
        let unfinished: Vec<_> = (0..unfinished).map(run).collect();
        Standing { seeds: finished + unfinished.len(), finished, unfinished }
    }

    #[test]
    fn what_is_not_finished_is_said_to_be_so() {
        let words = [(1, 0), (3, 0), (1, 1), (0, 1), (0, 2)].map(|(a, b)| standing(a, b).words());
        let expected = ["", "3 seeds", "1 of 2 seeds finished", "not finished", "none of 2 seeds finished"];
        assert_eq!(words, expected);
        assert_eq!(standing(1, 1).sentences(), ["seed 0: interrupted after 100 of 2000 steps; not counted"]);
        assert_eq!(standing(0, 1).sentences(), ["seed 0: interrupted after 100 of 2000 steps"]);
    }
}
