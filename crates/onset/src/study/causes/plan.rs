//! The runs of the study.

use std::path::{Path, PathBuf};

use super::{Arm, Subject};
use crate::settings::FreezeTarget;
use crate::study::StudyError;
use crate::target::TargetError;
use crate::train::{Job, Prepared, TrainError};

/// The runs of the study.
#[derive(Debug, Clone)]
pub struct CausesPlan {
    /// What is trained, each with the seeds of each change.
    pub subjects: Vec<(Subject, Vec<u64>)>,
    /// Folder with copies of data sets; none means the folder that they are fetched to.
    pub from: Option<PathBuf>,
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
    ///
    /// # Errors
    /// If a key or a data set cannot be used.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<CausesRuns, StudyError> {
        let mut runs = CausesRuns::default();
        let takes_from_plain = |arm: &Arm| arm.donor_step().is_some();
        let mut prepared = Vec::new();
        for (subject, seeds) in &self.subjects {
            let spec = subject.spec(overrides, self.from.as_deref())?;
            let data = Prepared::load(&spec).map_err(TrainError::from)?;
            prepared.push((*subject, seeds, spec, data));
        }
        for takes in [false, true] {
            for (subject, seeds, spec, data) in &prepared {
                for &arm in subject.arms().iter().filter(|arm| takes_from_plain(arm) == takes) {
                    for &seed in *seeds {
                        let name = format!("{}/{}/seed-{seed}", subject.name(), arm.name());
                        let plain = out.join(format!("{}/plain/seed-{seed}", subject.name()));
                        let changes = arm.changes(&plain, subject.clamped_layer());
                        let spec = spec
                            .clone()
                            .with_seed(seed)
                            .with_interventions(changes)
                            .map_err(TargetError::from)?;
                        runs.jobs.push(Job { spec, data: data.clone(), path: out.join(&name) });
                        runs.names.push(name);
                        runs.parts.push((*subject, arm));
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
        let drawn = Subject::ALL.into_iter().filter(|subject| subject.data().is_none());
        let plan =
            CausesPlan { subjects: drawn.clone().map(|subject| (subject, vec![0, 1])).collect(), from: None };
        let CausesRuns { jobs, names, parts } = plan.plan(&[], Path::new("x")).unwrap();
        let arms: usize = drawn.map(|subject| subject.arms().len()).sum();
        assert_eq!((jobs.len(), names.len()), (2 * arms, parts.len()));
        let different: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        let first_taken = parts.iter().position(|(_, arm)| arm.donor_step().is_some()).unwrap();
        let last_plain = parts.iter().rposition(|(_, arm)| *arm == Arm::Plain).unwrap();
        assert!(last_plain < first_taken);
    }
}
