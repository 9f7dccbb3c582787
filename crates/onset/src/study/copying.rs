//! The runs of the copying experiment (paper, "Copying").

use std::path::Path;

use crate::spec::{Spec, SpecError};
use crate::train::{Job, Prepared};

/// Every seed of every distribution, with a name for each.
#[derive(Debug, Clone)]
pub struct CopyingPlan {
    /// What to train.
    pub jobs: Vec<Job>,
    /// What progress calls each job.
    pub names: Vec<String>,
}

impl CopyingPlan {
    /// One run for each of `vocabularies` and `seeds`, in folders of `out`.
    pub fn new(
        vocabularies: &[usize],
        seeds: &[u64],
        overrides: &[String],
        out: &Path,
    ) -> Result<Self, SpecError> {
        let mut plan = Self { jobs: Vec::new(), names: Vec::new() };
        for &vocabulary in vocabularies {
            let overrides = [overrides, &[format!("data.vocabulary={vocabulary}")]].concat();
            let spec = Spec::parse("task = 'copying'", "reproduce copying", &overrides)?;
            let data = Prepared::synthetic(&spec);
            for &seed in seeds {
                let name = format!("v{vocabulary}-seed-{seed}");
                let path = out.join(&name);
                plan.jobs.push(Job { spec: spec.clone().with_seed(seed), data: data.clone(), path });
                plan.names.push(name);
            }
        }
        Ok(plan)
    }
}
