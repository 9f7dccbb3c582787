//! What the multi-head experiment trains.

use std::path::{Path, PathBuf};

use super::Combination;
use crate::spec::{CopyingSpec, Spec, SpecError};
use crate::train::{Job, Prepared};

/// How large the experiment is.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiheadSettings {
    /// Heads of a combination.
    pub heads: usize,
    /// Runs of each kind of combination.
    pub repeats: usize,
    /// Good heads that are wanted, and bad ones.
    pub pool: usize,
    /// Data seeds on which a head is tried; test seeds begin at [`MultiheadPlan::FIRST_TEST_SEED`].
    pub selection_seeds: usize,
    /// Heads that are tried at most.
    pub draws: usize,
}

/// The experiment's settings and the spec that all its runs share.
#[derive(Debug, Clone)]
pub struct MultiheadPlan {
    /// How large it is.
    pub settings: MultiheadSettings,
    spec: CopyingSpec,
    out: PathBuf,
}

/// Keys that the experiment itself decides.
const DECIDED: [&str; 5] = ["task", "seed", "model.heads", "model.head_seeds", "model.body_seed"];

impl MultiheadPlan {
    /// The first data seed on which combinations are tested; those before are for selection.
    pub const FIRST_TEST_SEED: u64 = 1000;

    /// The paper's model with `overrides`, its runs in folders of `out`.
    pub fn new(settings: MultiheadSettings, overrides: &[String], out: &Path) -> Result<Self, SpecError> {
        for given in overrides {
            let key = given.split('=').next().unwrap_or_default().trim();
            if DECIDED.contains(&key) {
                let message = format!("`{key}` has no place here: the experiment decides it for each run");
                return Err(SpecError::Override { given: given.clone(), message });
            }
        }
        // Attention matrices of hundreds of runs would be much to keep; `--set` can ask for them.
        let text = "task = 'copying'\n[model]\ncell = 'gru'\nshared_embedding = false\n[record]\nprobes = 0";
        match Spec::parse(text, "reproduce multihead", overrides)? {
            Spec::Copying(spec) => Ok(Self { settings, spec, out: out.into() }),
            _ => unreachable!("the task is copying"),
        }
    }

    /// Steps of each run.
    pub fn steps(&self) -> u64 {
        self.spec.train.steps
    }

    /// The runs' folder of one body.
    pub fn folder(&self, body: u64) -> PathBuf {
        self.out.join(format!("body-{body}"))
    }

    /// One head alone on a data seed, and what progress calls it.
    pub fn trial(&self, body: u64, head: u64, data_seed: u64) -> (Job, String) {
        let name = format!("head-{head}-seed-{data_seed}");
        let path = self.folder(body).join("selection").join(&name);
        (self.job(body, vec![head], data_seed, path), format!("body {body} head {head} data {data_seed}"))
    }

    /// A combination, and what progress calls it.
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
        Job { spec: Spec::Copying(spec), data: Prepared::Synthetic, path }
    }
}
