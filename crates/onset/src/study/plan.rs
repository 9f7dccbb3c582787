//! The runs of a study (paper, "Which are compared"): gold, uniform and comparison runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{RunRecord, StudyError};
use crate::data::DataTask;
use crate::spec::{ClassificationSpec, Spec, TranslationSpec};
use crate::store::RunDirectory;
use crate::task::pairs::{PairData, PairTask};
use crate::task::text::{TextData, TextTask};
use crate::train::{Job, Prepared, TrainError};
use onset_engine::AttentionMode;

/// Seeds of the runs of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudySeeds {
    /// The seed of the gold run, whose α and Δ are used.
    pub gold: u64,
    /// The seeds of the comparison runs. They show the training progress at which attention agrees with the gold run's.
    pub comparisons: Vec<u64>,
    /// The seed of the uniform run, which has uniform attention.
    pub uniform: u64,
}

impl StudySeeds {
    /// Errors if the gold run is also a comparison run.
    pub fn check(&self) -> Result<(), StudyError> {
        match self.comparisons.contains(&self.gold) {
            true => Err(StudyError::GoldIsCompared { seed: self.gold }),
            false => Ok(()),
        }
    }
}

/// The runs of one data set.
#[derive(Debug, Clone)]
pub struct StudyPlan<Data> {
    /// The name of the data set.
    pub name: String,
    /// The folder of its runs, proxies and tables.
    pub folder: PathBuf,
    /// The data.
    pub data: Arc<Data>,
    /// Gold, uniform, then the comparisons.
    pub jobs: Vec<Job>,
    /// The name of each job in progress output.
    pub names: Vec<String>,
}

/// The runs of one text set.
pub type ClassificationPlan = StudyPlan<TextData>;

/// The runs of one set of sentence pairs.
pub type TranslationPlan = StudyPlan<PairData>;

/// The recorded runs of a study.
#[derive(Debug)]
pub struct StudyRuns {
    /// The run whose α and Δ are used.
    pub gold: RunRecord,
    /// The run with uniform attention.
    pub uniform: RunRecord,
    /// The comparison runs that have recorded anything.
    pub comparisons: Vec<RunRecord>,
}

impl StudyRuns {
    /// All runs, gold first.
    pub fn iter(&self) -> impl Iterator<Item = &RunRecord> {
        [&self.gold, &self.uniform].into_iter().chain(&self.comparisons)
    }
}

impl ClassificationPlan {
    /// The runs of `spec`, in subfolders of `folder`; `seeds` sets the seed and the kind of run sets attention. Errors
    /// if `spec` is for another task, or if its data cannot be used.
    pub fn new(name: &str, spec: &Spec, seeds: &StudySeeds, folder: &Path) -> Result<Self, StudyError> {
        let Some(spec) = ClassificationSpec::of(spec) else {
            return Err(StudyError::other_task(spec, DataTask::Classification));
        };
        let data = Arc::new(TextData::load(&spec.data)?);
        let job = |seed, attention| {
            let mut spec = spec.clone();
            spec.seed = seed;
            spec.model.attention = attention;
            let task = TextTask::new(&spec.data, Arc::clone(&data));
            Ok((spec.into_spec().map_err(TrainError::from)?, Prepared::of(Arc::new(task))))
        };
        Self::of(name, folder, Arc::clone(&data), seeds, &job)
    }
}

impl TranslationPlan {
    /// The runs of `spec`, in subfolders of `folder`; `seeds` sets the seed and the kind of run sets attention. Errors
    /// if `spec` is for another task, or if its data cannot be used.
    pub fn new(name: &str, spec: &Spec, seeds: &StudySeeds, folder: &Path) -> Result<Self, StudyError> {
        let Some(spec) = TranslationSpec::of(spec) else {
            return Err(StudyError::other_task(spec, DataTask::Translation));
        };
        let data = Arc::new(PairData::load(&spec.data)?);
        let job = |seed, attention| {
            let mut spec = spec.clone();
            spec.seed = seed;
            spec.model.attention = attention;
            let task = PairTask::new(&spec.data, Arc::clone(&data));
            Ok((spec.into_spec().map_err(TrainError::from)?, Prepared::of(Arc::new(task))))
        };
        Self::of(name, folder, Arc::clone(&data), seeds, &job)
    }
}

impl<Data> StudyPlan<Data> {
    fn of(
        name: &str,
        folder: &Path,
        data: Arc<Data>,
        seeds: &StudySeeds,
        job: &dyn Fn(u64, AttentionMode) -> Result<(Spec, Prepared), StudyError>,
    ) -> Result<Self, StudyError> {
        let mut plan =
            Self { name: name.into(), folder: folder.into(), data, jobs: Vec::new(), names: Vec::new() };
        let mut add = |role: &str, seed: u64, attention: AttentionMode| {
            let (spec, data) = job(seed, attention)?;
            plan.jobs.push(Job { spec, data, path: folder.join(format!("{role}-seed-{seed}")) });
            plan.names.push(format!("{name} {role} {seed}"));
            Ok::<(), StudyError>(())
        };
        add("gold", seeds.gold, AttentionMode::Learned)?;
        add("uniform", seeds.uniform, AttentionMode::Uniform)?;
        seeds.comparisons.iter().try_for_each(|&seed| add("comparison", seed, AttentionMode::Learned))?;
        Ok(plan)
    }

    /// Reads the recorded runs; `None` if the gold or the uniform run has recorded nothing.
    pub fn read(&self) -> Result<Option<StudyRuns>, StudyError> {
        let mut runs = Vec::new();
        for job in &self.jobs {
            let begun = RunDirectory::exists(&job.path);
            let run = if begun { Some(RunRecord::read(&job.path)?) } else { None };
            runs.push(run.filter(|run| !run.directory.probe_steps().is_empty()));
        }
        let comparisons = runs.drain(2..).flatten().collect();
        let (uniform, gold) = (runs.pop().flatten(), runs.pop().flatten());
        Ok(gold.zip(uniform).map(|(gold, uniform)| StudyRuns { gold, uniform, comparisons }))
    }
}
