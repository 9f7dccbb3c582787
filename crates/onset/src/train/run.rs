//! A run, from start to finish or from where it was left.
//!
//! Everything recorded up to a step is written before the snapshot of that step, so that continuing from
//! the snapshot (after dropping what came later) gives the bytes of a run that was never interrupted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Prepared, Recorded, TrainError, Trainer};
use crate::decode::SUBWORDS;
use crate::spec::{Spec, Training};
use crate::store::{Column, FORECAST, Manifest, RunDirectory, Status, Table, digest, write_atomically};

/// How often a snapshot is written. It decides how much a kill can lose, never what is recorded.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(20);

/// What to do with a run that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Refuse.
    New,
    /// Continue it if it is of the same spec; return at once if it has finished.
    Resume,
}

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions<'a> {
    /// What to do with a run that is there already.
    pub start: Start,
    /// Threads of this run; the bytes do not depend on it.
    pub threads: usize,
    /// Set from outside to stop after the present step.
    pub cancel: &'a AtomicBool,
}

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// Training begins or continues after `step` steps.
    Started {
        /// Steps taken before.
        step: u64,
        /// Steps in all.
        steps: u64,
    },
    /// A step was taken.
    Stepped {
        /// Steps taken.
        step: u64,
        /// The loss before it.
        loss: f32,
    },
    /// Scores were recorded.
    Recorded {
        /// Steps taken.
        step: u64,
        /// What was recorded.
        recorded: &'a Recorded,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The run directory.
    pub path: PathBuf,
    /// Finished or interrupted.
    pub status: Status,
    /// Steps taken.
    pub step: u64,
    /// The last recorded scores.
    pub scores: BTreeMap<String, f64>,
}

/// Trains `spec` in the directory `path`, telling `observe` what happens.
///
/// # Errors
/// When the directory is in use or of another spec, when writing fails, and when the loss is no longer a
/// number. What was recorded before is kept.
pub fn run(
    spec: &Spec,
    data: &Prepared,
    path: &Path,
    options: RunOptions<'_>,
    observe: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Outcome, TrainError> {
    spec.check()?;
    let threads = options.threads.max(1);
    with_threads(threads, || {
        let mut session = match Session::open(spec, data, path, options, threads)? {
            Opened::Finished(outcome) => return Ok(outcome),
            Opened::Ready(session) => session,
        };
        loop {
            match session.advance(options.cancel, &|_| false, observe)? {
                Advanced::Done(outcome) => return Ok(outcome),
                Advanced::Paused(paused) => session = paused,
            }
        }
    })
}

/// Does `work` where matrix products can use so many threads.
pub(super) fn with_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> Result<T, TrainError> + Send,
) -> Result<T, TrainError> {
    if threads == 1 {
        return work();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|source| TrainError::Threads { threads, source })?.install(work)
}

/// A run directory at the disposal of a trainer.
pub(super) struct Session {
    directory: RunDirectory,
    trainer: Trainer,
    steps: u64,
    /// The accuracy at which it ends before.
    stop_at_accuracy: Option<f64>,
    /// The steps taken and the loss before each.
    losses: (Vec<i64>, Vec<f64>),
    evaluation: Table,
    scores: BTreeMap<String, f64>,
    started: Instant,
    saved: Instant,
    /// Whether the observer knows that it has begun.
    announced: bool,
}

/// How far a session came.
pub(super) enum Advanced {
    /// It has ended.
    Done(Outcome),
    /// It can go on.
    Paused(Box<Session>),
}

pub(super) enum Opened {
    Finished(Outcome),
    Ready(Box<Session>),
}

impl Session {
    /// Opens or creates the run; returns at once what came of one that has finished.
    pub(super) fn open(
        spec: &Spec,
        data: &Prepared,
        path: &Path,
        options: RunOptions<'_>,
        threads: usize,
    ) -> Result<Opened, TrainError> {
        let mut trainer = Trainer::new(spec, data, threads);
        let exists = RunDirectory::exists(path);
        let mut directory = if exists && options.start == Start::Resume {
            reopen(spec, data, path)?
        } else {
            let forecast = std::fs::read(path.join(FORECAST)).ok().map(|bytes| digest(&bytes));
            let manifest = Manifest { forecast, ..first_manifest(spec, data, trainer.parameter_count()) };
            RunDirectory::create(path, &spec.to_toml(), manifest)?
        };
        if directory.manifest().status == Status::Finished {
            return Ok(Opened::Finished(outcome(&directory)));
        }
        // Also when resuming: a kill may have come before they were written.
        if let Prepared::Text(text) = data {
            directory.write_json("vocabulary.json", &text.vocabulary)?;
            directory.write_json("data.json", &text.facts())?;
        }
        if let Prepared::Pairs(pairs) = data {
            write_atomically(&directory.path().join(SUBWORDS), pairs.subwords.to_json().as_bytes())?;
            directory.write_json("data.json", &pairs.facts())?;
        }
        let snapshot = directory.resume_path();
        let (mut losses, mut evaluation) = ((Vec::new(), Vec::new()), Table::new());
        if snapshot.exists() {
            trainer.restore(&snapshot)?;
            directory.truncate_after(trainer.step_count())?;
            let training = directory.read_table(&directory.training_path())?;
            if training.rows() > 0 {
                losses = (training.ints("step")?.to_vec(), training.floats("loss")?.to_vec());
            }
            evaluation = directory.read_table(&directory.evaluation_path())?;
        } else {
            directory.clear_records()?;
        }
        directory.update_manifest(|manifest| manifest.status = Status::Running)?;
        directory.append_journal(if exists { "resumed" } else { "started" }, 0.0, None)?;
        let now = Instant::now();
        let scores = directory.manifest().scores.clone();
        let Training { steps, stop_at_accuracy, .. } = *spec.training();
        Ok(Opened::Ready(Box::new(Self {
            directory,
            trainer,
            steps,
            stop_at_accuracy,
            losses,
            evaluation,
            scores,
            started: now,
            saved: now,
            announced: false,
        })))
    }

    /// Steps that are still to be taken, unless it stops before.
    pub(super) fn remaining(&self) -> u64 {
        if self.is_good_enough() { 0 } else { self.steps.saturating_sub(self.trainer.step_count()) }
    }

    /// Whether the last recorded accuracy is the one to stop at.
    fn is_good_enough(&self) -> bool {
        let accuracy = self.scores.get("accuracy");
        self.stop_at_accuracy.zip(accuracy).is_some_and(|(stop, &accuracy)| accuracy >= stop)
    }

    /// Trains to the end, or until `pause` (asked after each step, with the steps that remain) or `cancel`.
    pub(super) fn advance(
        mut self: Box<Self>,
        cancel: &AtomicBool,
        pause: &dyn Fn(u64) -> bool,
        observe: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Advanced, TrainError> {
        match self.steps(cancel, pause, observe) {
            Ok(None) => Ok(Advanced::Paused(self)),
            Ok(Some(status)) => {
                self.save()?;
                self.close(status, None)?;
                Ok(Advanced::Done(outcome(&self.directory)))
            }
            Err(error) => {
                // The first error is the one to report: if the disk is full, these will fail as well.
                let _ = self.write_tables();
                let _ = self.close(Status::Failed, Some(error.to_string()));
                Err(error)
            }
        }
    }

    /// None if it was paused.
    fn steps(
        &mut self,
        cancel: &AtomicBool,
        pause: &dyn Fn(u64) -> bool,
        observe: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Option<Status>, TrainError> {
        if !std::mem::replace(&mut self.announced, true) {
            observe(Event::Started { step: self.trainer.step_count(), steps: self.steps });
            if self.trainer.step_count() == 0 {
                self.record(observe)?;
            }
        }
        while self.remaining() > 0 {
            if cancel.load(Ordering::Relaxed) {
                return Ok(Some(Status::Interrupted));
            }
            let loss = self.trainer.step()?;
            let step = self.trainer.step_count();
            self.losses.0.push(step as i64);
            self.losses.1.push(f64::from(loss));
            observe(Event::Stepped { step, loss });
            self.record(observe)?;
            if self.saved.elapsed() >= SNAPSHOT_EVERY {
                self.save()?;
            }
            if self.remaining() > 0 && pause(self.remaining()) {
                return Ok(None);
            }
        }
        Ok(Some(Status::Finished))
    }

    /// Records what is due at the present step.
    fn record(&mut self, observe: &mut (dyn FnMut(Event<'_>) + Send)) -> Result<(), TrainError> {
        let step = self.trainer.step_count();
        if self.trainer.experiment().keeps_parameters(step) {
            self.trainer.write_parameters(&self.directory.checkpoint_path(step))?;
        }
        if self.trainer.experiment().records(step) {
            let recorded = self.trainer.evaluate();
            if recorded.probes.rows() > 0 {
                recorded.probes.write(&self.directory.probe_path(step))?;
            }
            self.scores = recorded.numbers().map(|(name, value)| (name.to_owned(), value)).collect();
            self.evaluation.append(recorded.scores.clone());
            self.write_tables()?;
            if self.is_good_enough() {
                self.trainer.write_parameters(&self.directory.checkpoint_path(step))?;
            }
            observe(Event::Recorded { step, recorded: &recorded });
        }
        Ok(())
    }

    fn write_tables(&self) -> Result<(), TrainError> {
        if !self.losses.0.is_empty() {
            let (steps, losses) = self.losses.clone();
            Table::new()
                .with("step", Column::Int(steps))
                .with("loss", Column::Float(losses))
                .write(&self.directory.training_path())?;
        }
        if self.evaluation.rows() > 0 {
            self.evaluation.write(&self.directory.evaluation_path())?;
        }
        Ok(())
    }

    /// Writes the tables, then the snapshot that stands on them.
    fn save(&mut self) -> Result<(), TrainError> {
        self.write_tables()?;
        self.trainer.write_snapshot(&self.directory.resume_path())?;
        let (step, scores) = (self.trainer.step_count(), self.scores.clone());
        self.directory.update_manifest(|manifest| {
            manifest.steps_done = step;
            manifest.scores = scores;
        })?;
        self.saved = Instant::now();
        Ok(())
    }

    fn close(&mut self, status: Status, failure: Option<String>) -> Result<(), TrainError> {
        let (step, scores) = (self.trainer.step_count(), self.scores.clone());
        let word = match status {
            Status::Finished => "finished",
            Status::Interrupted => "interrupted",
            Status::Failed | Status::Running => "failed",
        };
        self.directory.append_journal(word, self.started.elapsed().as_secs_f64(), failure.clone())?;
        self.directory.update_manifest(|manifest| {
            manifest.status = status;
            manifest.steps_done = step;
            manifest.scores = scores;
            manifest.failure = failure;
        })?;
        Ok(())
    }
}

fn first_manifest(spec: &Spec, data: &Prepared, parameters: u64) -> Manifest {
    Manifest {
        format: 1,
        onset: env!("CARGO_PKG_VERSION").into(),
        task: spec.task().into(),
        seed: spec.seed(),
        status: Status::Running,
        steps_done: 0,
        steps: spec.training().steps,
        spec_digest: digest(spec.to_toml().as_bytes()),
        data_digest: data.digest().map(String::from),
        forecast: None,
        parameters,
        scores: BTreeMap::new(),
        failure: None,
    }
}

/// Opens a run to continue it, if it is of the same spec and data.
fn reopen(spec: &Spec, data: &Prepared, path: &Path) -> Result<RunDirectory, TrainError> {
    let directory = RunDirectory::open(path)?;
    let wanted = spec.to_toml();
    if directory.spec_text() != wanted {
        let (here, there) = (wanted.lines(), directory.spec_text().lines());
        let differs = here.zip(there).find(|(a, b)| a != b);
        let difference = differs.map_or("its length".into(), |(a, b)| format!("`{b}` instead of `{a}`"));
        return Err(TrainError::OtherSpec { path: path.into(), difference });
    }
    match (&directory.manifest().data_digest, data.digest()) {
        (Some(expected), Some(found)) if expected != found => {
            Err(TrainError::OtherData { path: path.into(), found: found.into(), expected: expected.clone() })
        }
        _ => Ok(directory),
    }
}

fn outcome(directory: &RunDirectory) -> Outcome {
    let manifest = directory.manifest();
    Outcome {
        path: directory.path().into(),
        status: manifest.status,
        step: manifest.steps_done,
        scores: manifest.scores.clone(),
    }
}
