//! What is trained, and the runs.

use std::path::Path;

use serde::Serialize;

use super::Arm;
use crate::settings::FreezeTarget;
use crate::spec::{Spec, SpecError};
use crate::theory::MARKOV_MODEL;
use crate::train::{Job, Prepared};

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Copying 20 words of 30, of which the theory predicts each effect.
    Copying,
    /// Markov chains in context: a Transformer of two layers.
    Markov,
}

/// The steps of the plain run whose parameters are put into others.
const DONOR: [u64; 3] = [60, 120, 500];

const COPYING: [Arm; 15] = [
    Arm::Plain,
    Arm::UniformUntil(25),
    Arm::UniformUntil(50),
    Arm::UniformUntil(100),
    Arm::UniformUntil(200),
    Arm::KnowledgeFrozen,
    Arm::AttentionFrozen,
    Arm::KnowledgeFrom(DONOR[0]),
    Arm::KnowledgeFrom(DONOR[1]),
    Arm::KnowledgeFrom(DONOR[2]),
    Arm::AttentionFrom(DONOR[1]),
    Arm::AttentionFrom(DONOR[2]),
    Arm::ClampedUntil(25),
    Arm::ClampedUntil(50),
    Arm::ClampedUntil(100),
];

const MARKOV: [Arm; 6] = [
    Arm::Plain,
    Arm::UniformUntil(200),
    Arm::UniformUntil(500),
    Arm::ClampedUntil(100),
    Arm::KnowledgeFrozen,
    Arm::AttentionFrozen,
];

impl Subject {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Copying, Self::Markov];

    /// The folder of its runs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Markov => "markov",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Copying => "Copying 20 words of 30",
            Self::Markov => "Markov chains of 3 symbols in context",
        }
    }

    /// What emerges, in words.
    pub fn emerges(self) -> &'static str {
        match self {
            Self::Copying => "accuracy of 0.95",
            Self::Markov => "half of the way from the loss of unigram counts to that of pairs",
        }
    }

    /// What is changed.
    pub fn arms(self) -> &'static [Arm] {
        match self {
            Self::Copying => &COPYING,
            Self::Markov => &MARKOV,
        }
    }

    /// The layer that a clamp is about: the one that matches.
    fn clamped_layer(self) -> Option<usize> {
        (self == Self::Markov).then_some(1)
    }

    fn spec(self, overrides: &[String]) -> Result<Spec, SpecError> {
        let keys: Vec<&str> = match self {
            Self::Copying => vec![
                "task.vocabulary=30",
                "task.length=20",
                "model.hidden=64",
                "model.embedding=64",
                "train.batch=64",
                "train.steps=501",
                "record.every=5",
                "record.probes=0",
                "record.checkpoints=[60,120,500]",
            ],
            Self::Markov => {
                let own = [
                    "model.width=16",
                    "task.symbols=3",
                    "task.sequences=256",
                    "train.steps=1100",
                    "record.every=20",
                    "record.heads=false",
                    "record.probes=0",
                ];
                MARKOV_MODEL.into_iter().chain(own).collect()
            }
        };
        let text = match self {
            Self::Copying => "task = 'copying'",
            Self::Markov => "task = 'markov'\n[model]\nkind = 'transformer'",
        };
        let keys: Vec<String> = keys.into_iter().map(String::from).chain(overrides.iter().cloned()).collect();
        Spec::parse(text, "reproduce causes", &keys)
    }
}

/// The runs of the study.
#[derive(Debug, Clone)]
pub struct CausesPlan {
    /// What is trained.
    pub subjects: Vec<Subject>,
    /// Seeds of each change.
    pub seeds: Vec<u64>,
}

/// The runs, with what each is.
#[derive(Debug, Default)]
pub struct CausesRuns {
    /// What is trained. The plain runs come before those that take parameters from them.
    pub jobs: Vec<Job>,
    /// Their names.
    pub names: Vec<String>,
    /// What is trained in each, and how it is changed.
    pub parts: Vec<(Subject, Arm)>,
}

impl CausesPlan {
    /// The runs, in subfolders of `out`.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<CausesRuns, SpecError> {
        let mut runs = CausesRuns::default();
        let takes_from_plain = |arm: &Arm| arm.donor_step().is_some();
        for takes in [false, true] {
            for &subject in &self.subjects {
                let spec = subject.spec(overrides)?;
                let data = Prepared::synthetic(&spec);
                for &arm in subject.arms().iter().filter(|arm| takes_from_plain(arm) == takes) {
                    for &seed in &self.seeds {
                        let name = format!("{}/{}/seed-{seed}", subject.name(), arm.name());
                        let plain = out.join(format!("{}/plain/seed-{seed}", subject.name()));
                        let changes = arm.changes(&plain, subject.clamped_layer());
                        let spec = spec.clone().with_seed(seed).with_interventions(changes)?;
                        runs.jobs.push(Job { spec, data: data.clone(), path: out.join(&name) });
                        runs.names.push(name);
                        runs.parts.push((subject, arm));
                    }
                }
            }
        }
        Ok(runs)
    }
}

impl Arm {
    /// What the theory takes from the plain run.
    pub(super) fn transplanted(self) -> Option<(FreezeTarget, u64)> {
        match self {
            Self::KnowledgeFrom(step) => Some((FreezeTarget::Rest, step)),
            Self::AttentionFrom(step) => Some((FreezeTarget::Attention, step)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_possible_and_plain_runs_come_before_those_that_need_them() {
        let plan = CausesPlan { subjects: Subject::ALL.to_vec(), seeds: vec![0, 1] };
        let CausesRuns { jobs, names, parts } = plan.plan(&[], Path::new("x")).unwrap();
        let arms: usize = Subject::ALL.iter().map(|subject| subject.arms().len()).sum();
        assert_eq!((jobs.len(), names.len()), (2 * arms, parts.len()));
        let different: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        let first_taken = parts.iter().position(|(_, arm)| arm.donor_step().is_some()).unwrap();
        let last_plain = parts.iter().rposition(|(_, arm)| *arm == Arm::Plain).unwrap();
        assert!(last_plain < first_taken);
    }
}
