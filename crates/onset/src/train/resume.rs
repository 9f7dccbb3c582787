//! Continuing an existing run.
//!
//! A finished run keeps no snapshot unless `record.resume` is set. To continue it for more steps, its steps are repeated
//! without recording. Training is deterministic, so they give the same parameters; these are compared with the last
//! checkpoint. Until then, nothing in the directory changes.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::run::{Event, Observer};
use super::{Prepared, TrainError, Trainer};
use crate::settings::Keep;
use crate::spec::{Continued, Identity, NotContinued, Spec};
use crate::store::{Checkpoint, RunDirectory, Status, StoreError, digest};

/// An existing run, opened to continue it.
pub(super) struct Reopened {
    pub directory: RunDirectory,
    /// The longer run, if more steps are requested than the run's spec has.
    pub longer: Option<Continued>,
}

/// Opens a run to continue it. Its data and spec must be those given, except that more steps may be requested and the data
/// may have been moved.
pub(super) fn reopen(spec: &Spec, data: &Prepared, path: &Path) -> Result<Reopened, TrainError> {
    let directory = RunDirectory::open(path)?;
    let origin = path.join("spec.toml").display().to_string();
    let there = Spec::parse(directory.spec_text(), &origin, &[])?;
    let manifest = directory.manifest();
    let digests = manifest.data_digest.as_deref().zip(data.digest());
    let same_data = digests.filter(|(expected, found)| expected == found).map(|(_, found)| found);
    let finished = manifest.status == Status::Finished;
    let done = if finished { Some(manifest.steps_done) } else { snapshot_step(&directory)? };
    let longer = match there.continued(spec, same_data, done.unwrap_or(0)) {
        // Without a snapshot, the run starts again from step 0.
        Ok(Some(_)) if done.is_none() => Some(Continued { spec: spec.clone(), unrecorded: Vec::new() }),
        Ok(longer) => longer,
        Err(refused) => return Err(refusal(refused, path, &there, spec)),
    };
    // Records with one set of names for labels are not continued with another.
    let [own, asked] = [&there, spec].map(|spec| Identity::of_spec(spec, None).label_names().to_owned());
    if own != asked && (!finished || longer.is_some()) {
        return Err(refusal(NotContinued::Differs([own, asked]), path, &there, spec));
    }
    if let Some((expected, found)) = digests.filter(|_| same_data.is_none()) {
        return Err(TrainError::OtherData {
            path: path.into(),
            found: found.into(),
            expected: expected.into(),
        });
    }
    if longer.is_some() && finished && manifest.steps_done < manifest.steps {
        return Err(TrainError::ReachedAccuracy { path: path.into(), step: manifest.steps_done });
    }
    Ok(Reopened { directory, longer })
}

fn refusal(refused: NotContinued, path: &Path, there: &Spec, asked: &Spec) -> TrainError {
    let path = path.to_owned();
    match refused {
        NotContinued::Differs([found, expected]) => {
            let difference = format!("`{found}` instead of `{expected}`");
            TrainError::OtherSpec { path, difference }
        }
        NotContinued::Fewer => {
            TrainError::FewerSteps { path, begun: there.training().steps, asked: asked.training().steps }
        }
        NotContinued::Schedule => TrainError::ScheduleEnded { path },
    }
}

/// The step of the snapshot; `None` without a snapshot.
fn snapshot_step(directory: &RunDirectory) -> Result<Option<u64>, StoreError> {
    let path = directory.resume_path();
    if path.exists() { Checkpoint::read(&path)?.step().map(Some) } else { Ok(None) }
}

/// Gives a run its longer spec. `trainer` is a new trainer of that spec. If the run has no snapshot, its steps are repeated
/// first. Returns false if that was cancelled; then nothing has changed.
pub(super) fn lengthen(
    directory: &mut RunDirectory,
    longer: &Continued,
    trainer: &mut Trainer,
    cancel: &AtomicBool,
    observe: Observer<'_>,
) -> Result<bool, TrainError> {
    let done = directory.manifest().steps_done;
    let finished = directory.manifest().status == Status::Finished;
    if finished && snapshot_step(directory)? != Some(done) {
        while trainer.step_count() < done {
            if cancel.load(Ordering::Relaxed) {
                return Ok(false);
            }
            trainer.step()?;
            if observe(Event::Retraced { step: trainer.step_count(), steps: done }).is_break() {
                return Ok(false);
            }
        }
        check_retraced(directory, trainer)?;
        trainer.write_snapshot(&directory.resume_path())?;
    }
    let steps = longer.spec.training().steps;
    let text = longer.spec.to_toml();
    directory.update_manifest(|manifest| {
        (manifest.status, manifest.steps) = (Status::Running, steps);
        manifest.spec_digest = digest(text.as_bytes());
    })?;
    let experiment = trainer.experiment();
    let best = directory.manifest().best.map(|best| best.step);
    let keeps_best = longer.spec.training().keep == Keep::Best;
    let kept = |step| if keeps_best { best == Some(step) } else { experiment.keeps_parameters(step) };
    directory.retain(|step| experiment.records(step), kept)?;
    // The spec is written last. If the process is killed before, the same request starts over.
    directory.write_spec(&text)?;
    let unrecorded = &longer.unrecorded[..];
    let _ = observe(Event::Lengthened { step: done, steps, unrecorded });
    Ok(true)
}

/// Compares the parameters with the checkpoint of the same step, if there is one.
fn check_retraced(directory: &RunDirectory, trainer: &Trainer) -> Result<(), TrainError> {
    let step = trainer.step_count();
    let path = directory.checkpoint_path(step);
    if !path.exists() {
        return Ok(());
    }
    let recorded = Checkpoint::read(&path)?.into_values(&trainer.parameters().layout())?;
    let same = |(one, two): (&[f32], &Vec<f32>)| one.iter().zip(two).all(|(a, b)| a.to_bits() == b.to_bits());
    if trainer.values().zip(&recorded).all(same) {
        return Ok(());
    }
    Err(TrainError::NotRetraced { path: directory.path().into(), step })
}
