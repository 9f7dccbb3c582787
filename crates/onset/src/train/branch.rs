//! Branches: a run that goes on from the state of another one at some step, with changes.
//!
//! A branch has the bytes of a run of its own spec, trained from the start; only the steps before the branch are not taken again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Prepared, TrainError};
use crate::spec::{Intervene, Spec};
use crate::store::{Checkpoint, Manifest, RunDirectory, Status, StoreError, digest};

/// What a branch keeps about where it comes from, in `branch.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchOrigin {
    /// The run that it left, as it was named.
    pub parent: PathBuf,
    /// SHA-256 of that run's spec.
    pub parent_spec: String,
    /// The step at which it left.
    pub at: u64,
    /// What is changed, in words.
    pub changes: String,
}

/// The file with the [`BranchOrigin`].
pub const BRANCH: &str = "branch.json";

/// A branch to be made.
#[derive(Debug, Clone)]
pub struct Branching {
    /// The run directory that it leaves.
    pub parent: PathBuf,
    /// The step at which it leaves.
    pub at: u64,
    /// What is changed; [`Intervene::at`] is set to `at`.
    pub changes: Intervene,
    /// Steps in all; the parent's if none are given.
    pub steps: Option<u64>,
    /// Whether to begin from the start where the parent kept no state at that step.
    pub retrace: bool,
}

impl Branching {
    /// The spec of the branch.
    ///
    /// # Errors
    /// If the parent cannot be read or has not come that far, and if the changes are not possible.
    pub fn spec(&self) -> Result<Spec, TrainError> {
        let directory = RunDirectory::view(&self.parent)?;
        let origin = self.parent.join("spec.toml").display().to_string();
        let overrides: Vec<String> =
            self.steps.map(|steps| format!("train.steps={steps}")).into_iter().collect();
        let spec = Spec::parse(directory.spec_text(), &origin, &overrides)?.with_files_near(&self.parent);
        let changes = Intervene { at: self.at, ..self.changes.clone() };
        Ok(spec.with_interventions([changes])?)
    }

    /// Makes the run directory `path` with what the parent recorded up to the branch, ready to be resumed with [`Branching::spec`].
    /// A directory that is there is left as it is.
    ///
    /// # Errors
    /// If the parent kept no state at that step, and if something cannot be read or written.
    pub fn prepare(&self, spec: &Spec, data: &Prepared, path: &Path) -> Result<(), TrainError> {
        if RunDirectory::exists(path) {
            return Ok(());
        }
        let parent = RunDirectory::view(&self.parent)?;
        let state = self.state(&parent)?;
        let manifest = Manifest {
            status: Status::Interrupted,
            steps_done: if state.is_some() { self.at } else { 0 },
            ..super::run::first_manifest(spec, data, parent.manifest().parameters)
        };
        let own = RunDirectory::create(path, &spec.to_toml(), manifest)?;
        own.write_json(
            BRANCH,
            &BranchOrigin {
                parent: self.parent.clone(),
                parent_spec: digest(parent.spec_text().as_bytes()),
                at: self.at,
                changes: Intervene { at: self.at, ..self.changes.clone() }.to_string(),
            },
        )?;
        match state {
            Some(state) => self.take_over(&parent, &own, spec, &state),
            None => Ok(()),
        }
    }

    /// Copies the parent's records up to the branch, and its state.
    fn take_over(
        &self,
        parent: &RunDirectory,
        own: &RunDirectory,
        spec: &Spec,
        state: &Path,
    ) -> Result<(), TrainError> {
        let tables = [RunDirectory::training_path, RunDirectory::evaluation_path, RunDirectory::heads_path];
        for table in tables {
            copy(&table(parent), &table(own))?;
        }
        let early = |steps: Vec<u64>| steps.into_iter().filter(|&step| step <= self.at);
        for step in
            early(parent.probe_steps()).filter(|&step| spec.record().evaluates(step, spec.training().steps))
        {
            copy(&parent.probe_path(step), &own.probe_path(step))?;
        }
        for step in early(parent.checkpoint_steps()) {
            copy(&parent.checkpoint_path(step), &own.checkpoint_path(step))?;
        }
        for step in early(parent.state_steps()) {
            copy(&parent.state_path(step), &own.state_path(step))?;
        }
        // Last: without it, a branch that was cut off here begins from the start, with the same bytes.
        Ok(copy(state, &own.resume_path())?)
    }

    /// The file with the parent's state at the branch; none where training begins from the start.
    fn state(&self, parent: &RunDirectory) -> Result<Option<PathBuf>, TrainError> {
        if self.at == 0 {
            return Ok(None);
        }
        let kept = parent.state_path(self.at);
        if kept.is_file() {
            return Ok(Some(kept));
        }
        let snapshot = parent.resume_path();
        let last = snapshot.is_file().then(|| Checkpoint::read(&snapshot)?.step()).transpose()?;
        if last == Some(self.at) {
            return Ok(Some(snapshot));
        }
        if self.retrace {
            return Ok(None);
        }
        let mut steps: Vec<u64> = parent.state_steps();
        steps.extend(last);
        steps.sort_unstable();
        let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
        Err(TrainError::NoState {
            path: self.parent.clone(),
            step: self.at,
            steps: if steps.is_empty() {
                "no step but 0".into()
            } else {
                format!("steps 0, {}", steps.join(", "))
            },
        })
    }
}

/// Copies a file, if it is there.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if !from.is_file() {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| StoreError::io("create the folder", folder, e))?;
    }
    fs::copy(from, to).map(drop).map_err(|e| StoreError::io("copy", from, e))
}
