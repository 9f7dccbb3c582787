//! A recorded run.

use std::path::Path;

use crate::record::{Records, TextProbes};
use crate::spec::Spec;
use crate::store::{Manifest, RunDirectory, Status, StoreError, Table};
use crate::task::Split;
use crate::train::TrainError;

/// The contents of a run directory, except attribution records, which are read one step at a time.
#[derive(Debug)]
pub struct RunRecord {
    /// The directory.
    pub directory: RunDirectory,
    /// The resolved spec.
    pub spec: Spec,
    /// Scores by step.
    pub evaluation: Table,
}

impl RunRecord {
    /// Reads a run directory.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let directory = RunDirectory::view(path)?;
        let origin = path.join("spec.toml").display().to_string();
        let spec = Spec::parse(directory.spec_text(), &origin, &[])?.with_files_near(path);
        let evaluation = directory.read_table(&directory.evaluation_path())?;
        Ok(Self { directory, spec, evaluation })
    }

    /// The run's manifest: its identity and status.
    pub fn manifest(&self) -> &Manifest {
        self.directory.manifest()
    }

    /// Whether it took all its steps, or stopped early because it was good enough.
    pub fn is_finished(&self) -> bool {
        self.manifest().status == Status::Finished
    }

    /// Its label among runs that differ only in their seed.
    pub fn seed_label(&self) -> String {
        let unfinished = if self.is_finished() { "" } else { " (not finished)" };
        format!("seed {}{unfinished}", self.spec.seed())
    }

    /// The name of its parent folder and its own, separated by `/`.
    pub fn name(&self) -> String {
        let path = self.directory.path();
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        match path.parent().and_then(Path::file_name) {
            Some(parent) => format!("{}/{own}", parent.to_string_lossy()),
            None => own.into(),
        }
    }

    /// What each head does at every evaluation (see [`crate::experiment::HEAD_MEASURES`]); no rows if that was not recorded.
    pub fn heads(&self) -> Result<Table, StoreError> {
        self.directory.read_table(&self.directory.heads_path())
    }

    /// The steps of the evaluations.
    pub fn steps(&self) -> Result<&[i64], StoreError> {
        if self.evaluation.rows() == 0 { Ok(&[]) } else { self.evaluation.ints("step") }
    }

    /// A score at every evaluation; empty before the first evaluation.
    pub fn score(&self, name: &str) -> Result<&[f64], StoreError> {
        if self.evaluation.rows() == 0 { Ok(&[]) } else { self.evaluation.floats(name) }
    }

    /// A score after `step` steps; NaN if it was not recorded.
    pub fn score_at(&self, name: &str, step: u64) -> Result<f64, StoreError> {
        let place = self.steps()?.iter().position(|&each| each == step as i64);
        let scores = self.score(name)?;
        Ok(place.map_or(f64::NAN, |place| scores[place]))
    }

    /// Some `columns` of the attribution records of one step, under their current names.
    pub fn probe_columns(&self, step: u64, columns: &[&str]) -> Result<Table, StoreError> {
        Records::of(&self.directory).columns(step, columns)
    }

    /// The attribution records of one step on one split of a text set.
    pub fn text_probes(&self, step: u64, part: Split) -> Result<TextProbes, StoreError> {
        TextProbes::from_table(&self.probe_columns(step, TextProbes::COLUMNS)?, part)
    }
}
