//! A run, from start to finish or from where it was left.
//!
//! Everything recorded up to a step is written before the snapshot of that step, so that continuing from
//! the snapshot (after dropping what came later) gives the bytes of a run that was never interrupted.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::memory::check_memory;
use super::resume::{Reopened, lengthen, reopen};
use super::sink::{DirectorySink, Sink, State, Tables};
use super::{Prepared, Recorded, TrainError, Trainer};
use crate::settings::Keep;
use crate::spec::{Spec, Training};
use crate::store::{Best, FORECAST, Manifest, RunDirectory, Status, Table, digest, write_atomically};
use crate::watch::Progress;

/// How often a snapshot is written. It decides how much a kill can lose, never what is recorded.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(20);

/// What to do with a run that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Refuse.
    New,
    /// Continue it if it has the same spec, or the same spec with fewer steps. Return at once if it has finished.
    Resume,
}

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions<'a> {
    /// What to do with a run that is there already.
    pub start: Start,
    /// Threads of this run; the bytes do not depend on it.
    pub threads: usize,
    /// Set from outside to stop after the present step, or within an evaluation, which is then made anew when the run is
    /// resumed.
    pub cancel: &'a AtomicBool,
}

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step of a finished run without a snapshot was repeated.
    Retraced {
        /// Steps repeated so far.
        step: u64,
        /// Steps to repeat.
        steps: u64,
    },
    /// The run continues with more steps than its spec had.
    Lengthened {
        /// Steps taken before.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Steps that the longer spec records and that the run has passed without recording them.
        unrecorded: &'a [u64],
    },
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
        /// How long it took, in seconds.
        seconds: f64,
    },
    /// A part of an evaluation is done.
    Evaluating {
        /// Steps taken.
        step: u64,
        /// How far the evaluation has come.
        progress: Progress,
    },
    /// Scores were recorded.
    Recorded {
        /// Steps taken.
        step: u64,
        /// What was recorded.
        recorded: &'a Recorded,
    },
}

/// Is notified of what happens during a run, and can stop it after the present step.
pub type Observer<'a> = &'a mut (dyn FnMut(Event<'_>) -> ControlFlow<()> + Send);

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

/// Trains `spec` in the directory `path`. `observe` is notified of what happens; when it breaks, the run is interrupted
/// and can be resumed.
///
/// # Errors
/// When the directory is in use or of another spec, when writing fails, and when the loss is no longer a
/// number. What was recorded before is kept.
pub fn run(
    spec: &Spec,
    data: &Prepared,
    path: &Path,
    options: RunOptions<'_>,
    observe: Observer<'_>,
) -> Result<Outcome, TrainError> {
    let threads = options.threads.max(1);
    with_threads(threads, || {
        let mut session = match Session::open(spec, data, path, options, threads, observe)? {
            Opened::Ended(outcome) => return Ok(outcome),
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

/// A trainer and where its records go.
pub(super) struct Session {
    sink: Box<dyn Sink>,
    trainer: Trainer,
    steps: u64,
    /// The accuracy at which it ends before.
    stop_at_accuracy: Option<f64>,
    /// The evaluations without a lower loss after which it ends before.
    patience: Option<u64>,
    keep: Keep,
    /// Whether the evaluation with the lowest loss is looked for.
    seeks_best: bool,
    /// Whether a snapshot is also written at the end.
    keeps_snapshot: bool,
    records: Tables,
    scores: BTreeMap<String, f64>,
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
    Ended(Outcome),
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
        observe: Observer<'_>,
    ) -> Result<Opened, TrainError> {
        let exists = RunDirectory::exists(path);
        let reopened =
            if exists && options.start == Start::Resume { Some(reopen(spec, data, path)?) } else { None };
        if let Some(Reopened { directory, longer: None }) = &reopened
            && directory.manifest().status == Status::Finished
        {
            if !spec.record().resume {
                // A kill may have come before it was removed.
                directory.remove_snapshot()?;
            }
            return Ok(Opened::Ended(outcome(directory)));
        }
        let longer = reopened.as_ref().and_then(|reopened| reopened.longer.clone());
        let spec = longer.as_ref().map_or(spec, |longer| &longer.spec);
        check_memory(spec, data)?;
        let mut trainer = Trainer::new(spec, data, threads);
        trainer.check_planned()?;
        let mut directory = match reopened {
            Some(Reopened { mut directory, longer }) => {
                if let Some(longer) = &longer
                    && !lengthen(&mut directory, longer, &mut trainer, options.cancel, observe)?
                {
                    return Ok(Opened::Ended(Outcome { status: Status::Interrupted, ..outcome(&directory) }));
                }
                directory
            }
            None => {
                let forecast = std::fs::read(path.join(FORECAST)).ok().map(|bytes| digest(&bytes));
                let manifest = Manifest { forecast, ..first_manifest(spec, data, trainer.parameter_count()) };
                RunDirectory::create(path, &spec.to_toml(), manifest)?
            }
        };
        // Also when resuming: a kill may have come before they were written.
        for artifact in data.task().artifacts() {
            write_atomically(&directory.path().join(artifact.name), &artifact.contents)?;
        }
        let snapshot = directory.resume_path();
        let mut records = Tables::default();
        if snapshot.exists() {
            trainer.restore(&snapshot)?;
            directory.truncate_after(trainer.step_count())?;
            let training = directory.read_table(&directory.training_path())?;
            if training.rows() > 0 {
                records.losses = (training.ints("step")?.to_vec(), training.floats("loss")?.to_vec());
            }
            records.evaluation = directory.read_table(&directory.evaluation_path())?;
            records.heads = directory.read_table(&directory.heads_path())?;
        } else {
            directory.clear_records()?;
        }
        directory.update_manifest(|manifest| manifest.status = Status::Running)?;
        directory.append_journal(if exists { "resumed" } else { "started" }, 0.0, None)?;
        let scores = match longer {
            // The evaluation of the former last step may have been dropped.
            Some(_) => last_scores(&records.evaluation),
            None => directory.manifest().scores.clone(),
        };
        let keeps_snapshot = spec.record().resume;
        let sink = DirectorySink { directory, started: Instant::now(), keeps_snapshot };
        Ok(Opened::Ready(Box::new(Self { records, scores, ..Self::new(Box::new(sink), trainer, spec) })))
    }

    /// A session that has recorded nothing.
    pub(super) fn new(sink: Box<dyn Sink>, trainer: Trainer, spec: &Spec) -> Self {
        let Training { steps, stop_at_accuracy, patience, keep, .. } = *spec.training();
        Self {
            sink,
            trainer,
            steps,
            stop_at_accuracy,
            patience,
            keep,
            seeks_best: spec.training().seeks_best(),
            keeps_snapshot: spec.record().resume,
            records: Tables::default(),
            scores: BTreeMap::new(),
            saved: Instant::now(),
            announced: false,
        }
    }

    /// Where the records went.
    pub(super) fn into_sink(self) -> Box<dyn Sink> {
        self.sink
    }

    /// Steps that are still to be taken, unless it stops before.
    pub(super) fn remaining(&self) -> u64 {
        if self.ends_early() { 0 } else { self.steps.saturating_sub(self.trainer.step_count()) }
    }

    /// Whether the last recorded accuracy is the one to stop at, or the loss has not fallen for too long.
    fn ends_early(&self) -> bool {
        let accuracy = self.scores.get("accuracy");
        let good_enough =
            self.stop_at_accuracy.zip(accuracy).is_some_and(|(stop, &accuracy)| accuracy >= stop);
        good_enough || self.patience.is_some_and(|patience| self.records.since_best() >= patience)
    }

    /// The evaluation with the lowest loss, where it is looked for.
    fn best(&self) -> Option<Best> {
        if self.seeks_best { self.records.best() } else { None }
    }

    /// Trains to the end, or until `pause` (asked after each step, with the steps that remain) or `cancel`.
    pub(super) fn advance(
        mut self: Box<Self>,
        cancel: &AtomicBool,
        pause: &dyn Fn(u64) -> bool,
        observe: Observer<'_>,
    ) -> Result<Advanced, TrainError> {
        match self.steps(cancel, pause, observe) {
            Ok(None) => Ok(Advanced::Paused(self)),
            Ok(Some(status)) => {
                if status == Status::Finished && !self.keeps_snapshot {
                    self.sink.tables(&self.records)?;
                } else {
                    self.save()?;
                }
                self.sink.close(&self.state(status, None))?;
                Ok(Advanced::Done(self.outcome(status)))
            }
            Err(error) => {
                // The first error is the one to report: if the disk is full, these will fail as well.
                let _ = self.sink.tables(&self.records);
                let _ = self.sink.close(&self.state(Status::Failed, Some(error.to_string())));
                Err(error)
            }
        }
    }

    /// As [`Session::advance`] to the end, leaving the session to be looked at.
    pub(super) fn finish(&mut self, observe: Observer<'_>) -> Result<Status, TrainError> {
        let status = self.steps(&AtomicBool::new(false), &|_| false, observe)?.unwrap_or(Status::Interrupted);
        self.sink.tables(&self.records)?;
        self.sink.close(&self.state(status, None))?;
        Ok(status)
    }

    fn state(&self, status: Status, failure: Option<String>) -> State {
        let (step, best) = (self.trainer.step_count(), self.best());
        State { status, step, scores: self.scores.clone(), best, failure }
    }

    fn outcome(&self, status: Status) -> Outcome {
        let path = self.sink.path().to_owned();
        Outcome { path, status, step: self.trainer.step_count(), scores: self.scores.clone() }
    }

    /// None if it was paused.
    fn steps(
        &mut self,
        cancel: &AtomicBool,
        pause: &dyn Fn(u64) -> bool,
        observe: Observer<'_>,
    ) -> Result<Option<Status>, TrainError> {
        if !std::mem::replace(&mut self.announced, true) {
            let begun = observe(Event::Started { step: self.trainer.step_count(), steps: self.steps });
            if begun.is_break() || (self.is_due() && self.record(cancel, observe)?.is_break()) {
                return Ok(Some(Status::Interrupted));
            }
        }
        while self.remaining() > 0 {
            if cancel.load(Ordering::Relaxed) {
                return Ok(Some(Status::Interrupted));
            }
            let began = Instant::now();
            let loss = self.trainer.step()?;
            let (step, seconds) = (self.trainer.step_count(), began.elapsed().as_secs_f64());
            self.records.losses.0.push(step as i64);
            self.records.losses.1.push(f64::from(loss));
            let stepped = observe(Event::Stepped { step, loss, seconds });
            let recorded = self.record(cancel, observe)?;
            if self.is_due() {
                return Ok(Some(Status::Interrupted));
            }
            if self.saved.elapsed() >= SNAPSHOT_EVERY {
                self.save()?;
            }
            if self.remaining() > 0 {
                if stepped.is_break() || recorded.is_break() {
                    return Ok(Some(Status::Interrupted));
                }
                if pause(self.remaining()) {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Status::Finished))
    }

    /// Whether the evaluation at the present step has yet to be made: at the start, and after one that was cancelled.
    fn is_due(&self) -> bool {
        let step = self.trainer.step_count();
        let recorded = self.records.evaluation.ints("step").ok().and_then(|steps| steps.last().copied());
        self.trainer.experiment().records(step) && recorded != Some(step as i64)
    }

    /// Records what is due at the present step. Breaks if an evaluation was cancelled, of which nothing is written.
    fn record(&mut self, cancel: &AtomicBool, observe: Observer<'_>) -> Result<ControlFlow<()>, TrainError> {
        let step = self.trainer.step_count();
        if self.keep == Keep::All && self.trainer.experiment().keeps_parameters(step) {
            self.sink.parameters(&self.trainer)?;
        }
        if self.trainer.experiment().spec().record().states.contains(&step) {
            self.sink.whole_state(&self.trainer)?;
        }
        if !self.trainer.experiment().records(step) {
            return Ok(ControlFlow::Continue(()));
        }
        let mut watch = |progress| match cancel.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => observe(Event::Evaluating { step, progress }),
        };
        let ControlFlow::Continue(recorded) = self.trainer.evaluate_watched(&mut watch) else {
            return Ok(ControlFlow::Break(()));
        };
        if recorded.probes.rows() > 0 {
            self.sink.attributions(step, &recorded.probes)?;
        }
        let before = self.best();
        self.scores = recorded.numbers().map(|(name, value)| (name.to_owned(), value)).collect();
        self.records.evaluation.append(recorded.scores.clone());
        self.records.heads.append(recorded.heads.clone());
        self.sink.tables(&self.records)?;
        let ends = step == self.steps || self.ends_early();
        if (ends && self.keep == Keep::Best) || self.ends_early() {
            self.sink.parameters(&self.trainer)?;
        }
        if self.keep == Keep::Best {
            self.keep_best(before)?;
        }
        Ok(observe(Event::Recorded { step, recorded: &recorded }))
    }

    /// Keeps the present parameters if they are the best so far, instead of those that were the best `before`.
    fn keep_best(&mut self, before: Option<Best>) -> Result<(), TrainError> {
        let step = self.trainer.step_count();
        if self.best().is_some_and(|best| best.step == step) {
            self.sink.parameters(&self.trainer)?;
            if let Some(before) = before {
                self.sink.forget_parameters(before.step)?;
            }
        }
        Ok(())
    }

    /// Writes the tables, then the snapshot that stands on them.
    fn save(&mut self) -> Result<(), TrainError> {
        self.sink.tables(&self.records)?;
        self.sink.snapshot(&self.trainer, &self.state(Status::Running, None))?;
        self.saved = Instant::now();
        Ok(())
    }
}

pub(super) fn first_manifest(spec: &Spec, data: &Prepared, parameters: u64) -> Manifest {
    Manifest {
        format: Manifest::FORMAT,
        onset: env!("CARGO_PKG_VERSION").into(),
        task: spec.task().kind().into(),
        seed: spec.seed(),
        status: Status::Running,
        steps_done: 0,
        steps: spec.training().steps,
        spec_digest: digest(spec.to_toml().as_bytes()),
        data_digest: data.digest().map(String::from),
        forecast: None,
        parameters,
        best: None,
        scores: BTreeMap::new(),
        failure: None,
    }
}

/// The scores of the last recorded evaluation.
fn last_scores(evaluation: &Table) -> BTreeMap<String, f64> {
    let last = |name: &str| evaluation.floats(name).ok()?.last().copied();
    evaluation.names().filter_map(|name| Some((name.to_owned(), last(name)?))).collect()
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

#[cfg(test)]
mod tests;
