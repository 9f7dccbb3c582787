//! The runs of the copying experiment (paper, "Copying").

use std::path::Path;

use crate::spec::{Spec, SpecError};
use crate::train::{Job, Prepared};

/// The runs for every seed of every distribution, and their names.
#[derive(Debug, Clone)]
pub struct CopyingPlan {
    /// The runs to train.
    pub jobs: Vec<Job>,
    /// The name of each job in progress output.
    pub names: Vec<String>,
}

impl CopyingPlan {
    /// One run for each of `vocabularies` and each of `seeds`, in subfolders of `out`.
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
