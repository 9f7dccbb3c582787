//! The runs of the multi-head experiment.

use std::path::{Path, PathBuf};

use super::Combination;
use crate::spec::{CopyingSpec, Spec, SpecError};
use crate::train::{Job, Prepared};

/// The size of the experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiheadSettings {
    /// Heads in a combination.
    pub heads: usize,
    /// Runs of each kind of combination.
    pub repeats: usize,
    /// The number of good heads to find, and of bad heads.
    pub pool: usize,
    /// The number of data seeds on which a head is tried; test seeds start at [`MultiheadPlan::FIRST_TEST_SEED`].
    pub selection_seeds: usize,
    /// Largest number of heads to try.
    pub draws: usize,
}

/// The experiment's settings and the spec that all its runs share.
#[derive(Debug, Clone)]
pub struct MultiheadPlan {
    /// The size.
    pub settings: MultiheadSettings,
    spec: CopyingSpec,
    out: PathBuf,
}

/// Keys that the experiment sets itself for each run.
const DECIDED: [&str; 5] = ["task", "seed", "model.heads", "model.head_seeds", "model.body_seed"];

impl MultiheadPlan {
    /// The first data seed for testing combinations; lower seeds are for selection.
    pub const FIRST_TEST_SEED: u64 = 1000;

    /// The experiment with the paper's model and `overrides`; its runs go to subfolders of `out`.
    pub fn new(settings: MultiheadSettings, overrides: &[String], out: &Path) -> Result<Self, SpecError> {
        for given in overrides {
            let key = given.split('=').next().unwrap_or_default().trim();
            if DECIDED.contains(&key) {
                let message = format!("`{key}` cannot be set: the experiment sets it for each run");
                return Err(SpecError::Override { given: given.clone(), message });
            }
        }
        // Attention records of hundreds of runs would be large; `--set record.probes` can ask for them.
        let text = "task = 'copying'\n[model]\ncell = 'gru'\nshared_embedding = false\n[record]\nprobes = 0";
        let spec = Spec::parse(text, "reproduce multihead", overrides)?;
        let spec =
            CopyingSpec::of(&spec).expect("the task is copying, and another model's keys are decided here");
        Ok(Self { settings, spec, out: out.into() })
    }

    /// Steps of each run.
    pub fn steps(&self) -> u64 {
        self.spec.train.steps
    }

    /// The folder of the runs on one body.
    pub fn folder(&self, body: u64) -> PathBuf {
        self.out.join(format!("body-{body}"))
    }

    /// The run of one head alone on one data seed, and its name in progress output.
    pub fn trial(&self, body: u64, head: u64, data_seed: u64) -> (Job, String) {
        let name = format!("head-{head}-seed-{data_seed}");
        let path = self.folder(body).join("selection").join(&name);
        (self.job(body, vec![head], data_seed, path), format!("body {body} head {head} data {data_seed}"))
    }

    /// The run of a combination, and its name in progress output.
    pub fn test(&self, body: u64, combination: &Combination) -> (Job, String) {
        let Combination { kind, repeat, heads, data_seed, .. } = combination;
        let name = format!("{}-{repeat}", kind.folder());
        let path = self.folder(body).join("test").join(&name);
        (self.job(body, heads.clone(), *data_seed, path), format!("body {body} {name}"))
    }

    fn job(&self, body: u64, heads: Vec<u64>, data_seed: u64, path: PathBuf) -> Job {
        let mut spec = self.spec.clone();
        spec.seed = data_seed;
        spec.model.body_seed = Some(body);
        spec.model.heads = heads.len();
        spec.model.head_seeds = heads;
        let spec = spec.into_spec().expect("a checked spec with other heads and seeds");
        Job { data: Prepared::synthetic(&spec), spec, path }
    }
}
