//! Attribution records made after training, from a run's checkpoints: the same bytes as those made while it trained.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Prepared, TrainError, Trainer};
use crate::spec::Spec;
use crate::store::{RunDirectory, read_bytes};
use crate::watch::Progress;

/// What came of probing a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    /// Steps whose probes were written.
    pub steps: Vec<u64>,
    /// Steps that should have been recorded by now but of which no parameters were kept.
    pub missing: Vec<u64>,
    /// Whether it was stopped before the last step.
    pub interrupted: bool,
}

/// How far probing a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probing {
    /// Checkpoints that are done.
    pub done: usize,
    /// Checkpoints that there are.
    pub all: usize,
    /// How far the present one has come.
    pub progress: Option<Progress>,
}

/// Writes the probes of every checkpoint of the run in `path`; `observe` is notified of progress. Once `cancel` is set it
/// stops within a checkpoint, of which nothing is written.
///
/// # Errors
/// When the run is being written by another process, when its data or vocabulary is no longer that which it
/// was trained on, when a checkpoint is damaged or of another model, and when writing fails. What was written
/// before is kept.
pub fn probe_run(
    path: &Path,
    threads: usize,
    cancel: &AtomicBool,
    observe: &mut (dyn FnMut(Probing) + Send),
) -> Result<Probed, TrainError> {
    let directory = RunDirectory::open(path)?;
    let origin = path.join("spec.toml").display().to_string();
    let mut spec = Spec::parse(directory.spec_text(), &origin, &[])?.with_files_near(path);
    if spec.record().probes.is_none() {
        // Probing is asked for by name: as many as the task keeps where nothing is said.
        let usual = spec.task().settings().defaults().record.probes;
        spec = spec.with_recorded(usual);
    }
    let data = Prepared::load(&spec)?;
    check_data(&directory, &data)?;
    let mut trainer = Trainer::new(&spec, &data, threads);
    let done = directory.manifest().steps_done;
    let due: Vec<u64> = (0..=done).filter(|&step| trainer.experiment().records(step)).collect();
    let mut probed = Probed::default();
    for (index, &step) in due.iter().enumerate() {
        if cancel.load(Ordering::Relaxed) {
            probed.interrupted = true;
            break;
        }
        let checkpoint = directory.checkpoint_path(step);
        if checkpoint.exists() {
            trainer.load_parameters(&checkpoint)?;
            let mut watch = |progress| {
                observe(Probing { done: index, all: due.len(), progress: Some(progress) });
                if cancel.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let ControlFlow::Continue(records) = trainer.probe(&mut watch) else {
                probed.interrupted = true;
                break;
            };
            records.write(&directory.probe_path(step))?;
            probed.steps.push(step);
        } else {
            probed.missing.push(step);
        }
        observe(Probing { done: index + 1, all: due.len(), progress: None });
    }
    Ok(probed)
}

/// Refuses data with another digest than that of the run.
pub(crate) fn check_digest(directory: &RunDirectory, found: Option<&str>) -> Result<(), TrainError> {
    match (&directory.manifest().data_digest, found) {
        (Some(expected), Some(found)) if expected != found => Err(TrainError::OtherData {
            path: directory.path().into(),
            found: found.into(),
            expected: expected.clone(),
        }),
        _ => Ok(()),
    }
}

/// Refuses data, or a split or vocabulary of it, that is not that of the run.
fn check_data(directory: &RunDirectory, data: &Prepared) -> Result<(), TrainError> {
    check_digest(directory, data.digest())?;
    let path = directory.path();
    for artifact in data.task().artifacts() {
        let Some(entries) = artifact.vocabulary else { continue };
        if read_bytes(&path.join(artifact.name))? != artifact.contents {
            return Err(TrainError::OtherVocabulary { path: path.into(), file: artifact.name, entries });
        }
    }
    Ok(())
}
