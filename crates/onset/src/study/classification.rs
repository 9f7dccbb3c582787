//! The runs of a classification study (paper, "Which are compared"): gold, comparisons, uniform.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{RunRecord, StudyError};
use crate::spec::{Attention, ClassificationSpec, Spec};
use crate::task::text::TextData;
use crate::train::{Job, Prepared};

/// Seeds of the runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassificationSeeds {
    /// The run whose α and Δ are taken.
    pub gold: u64,
    /// Runs that show how far training has come when attention agrees with the gold run's.
    pub comparisons: Vec<u64>,
    /// The run whose attention is held uniform.
    pub uniform: u64,
}

impl Default for ClassificationSeeds {
    /// Those of the paper.
    fn default() -> Self {
        Self { gold: 20, comparisons: (13..=17).collect(), uniform: 12 }
    }
}

/// The runs of one text set.
#[derive(Debug, Clone)]
pub struct ClassificationPlan {
    /// What the text set is called.
    pub name: String,
    /// Where its runs, proxies and tables go.
    pub folder: PathBuf,
    /// The texts.
    pub data: Arc<TextData>,
    /// Gold, uniform, then the comparisons.
    pub jobs: Vec<Job>,
    /// What progress calls each job.
    pub names: Vec<String>,
}

impl ClassificationPlan {
    /// The runs of `spec`, which says all but seed and attention, in folders of `folder`. Errors if its data
    /// cannot be used.
    pub fn new(
        name: &str,
        spec: &ClassificationSpec,
        seeds: &ClassificationSeeds,
        folder: &Path,
    ) -> Result<Self, StudyError> {
        let data = Arc::new(TextData::load(&spec.data)?);
        let mut plan =
            Self { name: name.into(), folder: folder.into(), data, jobs: Vec::new(), names: Vec::new() };
        plan.add(spec, "gold", seeds.gold, Attention::Learned);
        plan.add(spec, "uniform", seeds.uniform, Attention::Uniform);
        seeds.comparisons.iter().for_each(|&seed| plan.add(spec, "comparison", seed, Attention::Learned));
        Ok(plan)
    }

    fn add(&mut self, spec: &ClassificationSpec, role: &str, seed: u64, attention: Attention) {
        let mut spec = spec.clone();
        spec.seed = seed;
        spec.model.attention = attention;
        let folder = format!("{role}-seed-{seed}");
        self.jobs.push(Job {
            spec: Spec::Classification(spec),
            data: Prepared::Text(Arc::clone(&self.data)),
            path: self.folder.join(&folder),
        });
        self.names.push(format!("{} {role} {seed}", self.name));
    }

    /// The runs as they are on record: gold, uniform and those comparisons that have recorded anything; none
    /// if gold or uniform have not.
    pub fn read(&self) -> Result<Option<(RunRecord, RunRecord, Vec<RunRecord>)>, StudyError> {
        let mut runs = Vec::new();
        for job in &self.jobs {
            let begun = job.path.join("manifest.json").exists();
            let run = if begun { Some(RunRecord::read(&job.path)?) } else { None };
            runs.push(run.filter(|run| !run.directory.probe_steps().is_empty()));
        }
        let comparisons = runs.drain(2..).flatten().collect();
        let (uniform, gold) = (runs.pop().flatten(), runs.pop().flatten());
        Ok(gold.zip(uniform).map(|(gold, uniform)| (gold, uniform, comparisons)))
    }
}
