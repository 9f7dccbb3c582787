//! Where the records of a run go: a run directory, or memory.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::memory::check_memory;
use super::run::{Observer, Session, with_threads};
use super::{Prepared, TrainError, Trainer};
use crate::spec::Spec;
use crate::store::{Best, Column, NamedTensor, RunDirectory, Status, StoreError, Table};

/// What is recorded by step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables {
    /// The steps taken and the loss before each.
    pub losses: (Vec<i64>, Vec<f64>),
    /// A row of scores for each evaluation.
    pub evaluation: Table,
    /// A row for each head at each evaluation.
    pub heads: Table,
}

impl Tables {
    /// `step` and `loss` of every step; no columns before the first.
    pub fn training(&self) -> Table {
        if self.losses.0.is_empty() {
            return Table::new();
        }
        let (steps, losses) = self.losses.clone();
        Table::new().with("step", Column::Int(steps)).with("loss", Column::Float(losses))
    }

    /// The evaluation with the lowest loss, the first of equal ones; `None` before the first evaluation.
    pub fn best(&self) -> Option<Best> {
        let index = self.best_row()?;
        let step = self.evaluation.ints("step").ok()?[index] as u64;
        Some(Best { step, loss: self.evaluation.floats("loss").ok()?[index] })
    }

    /// The number of evaluations since that one.
    pub(super) fn since_best(&self) -> u64 {
        self.best_row().map_or(0, |index| (self.evaluation.rows() - 1 - index) as u64)
    }

    fn best_row(&self) -> Option<usize> {
        if self.evaluation.rows() == 0 {
            return None;
        }
        let losses = self.evaluation.floats("loss").ok()?;
        let mut best = 0;
        for (index, loss) in losses.iter().enumerate() {
            if *loss < losses[best] {
                best = index;
            }
        }
        Some(best)
    }
}

/// How a run stands when it is closed.
pub(super) struct State {
    pub status: Status,
    pub step: u64,
    pub scores: BTreeMap<String, f64>,
    pub best: Option<Best>,
    pub failure: Option<String>,
}

/// Takes the records of a run as they are made.
pub(super) trait Sink: Send {
    /// Parameters at the trainer's step.
    fn parameters(&mut self, trainer: &Trainer) -> Result<(), StoreError>;

    /// The whole state at the trainer's step, to go on from there in another way.
    fn whole_state(&mut self, trainer: &Trainer) -> Result<(), StoreError>;

    /// The parameters of `step` are no longer needed; they may not be there.
    fn forget_parameters(&mut self, step: u64) -> Result<(), StoreError>;

    /// Attribution records of one step.
    fn attributions(&mut self, step: u64, table: &Table) -> Result<(), StoreError>;

    /// All losses and scores so far.
    fn tables(&mut self, tables: &Tables) -> Result<(), StoreError>;

    /// What is needed to continue from the trainer's step.
    fn snapshot(&mut self, trainer: &Trainer, state: &State) -> Result<(), StoreError>;

    /// The run has ended, or stops for now.
    fn close(&mut self, state: &State) -> Result<(), StoreError>;

    /// The run directory; empty if there is none.
    fn path(&self) -> &Path;

    /// The sink itself.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A run directory, held for writing.
pub(super) struct DirectorySink {
    pub directory: RunDirectory,
    /// When it was started or resumed.
    pub started: Instant,
    /// Whether a finished run keeps its snapshot.
    pub keeps_snapshot: bool,
}

impl Sink for DirectorySink {
    fn parameters(&mut self, trainer: &Trainer) -> Result<(), StoreError> {
        trainer.write_parameters(&self.directory.checkpoint_path(trainer.step_count()))
    }

    fn whole_state(&mut self, trainer: &Trainer) -> Result<(), StoreError> {
        trainer.write_snapshot(&self.directory.state_path(trainer.step_count()))
    }

    fn forget_parameters(&mut self, step: u64) -> Result<(), StoreError> {
        self.directory.remove_checkpoint(step)
    }

    fn attributions(&mut self, step: u64, table: &Table) -> Result<(), StoreError> {
        table.write(&self.directory.probe_path(step))
    }

    fn tables(&mut self, tables: &Tables) -> Result<(), StoreError> {
        let training = tables.training();
        if training.rows() > 0 {
            training.write(&self.directory.training_path())?;
        }
        if tables.evaluation.rows() > 0 {
            tables.evaluation.write(&self.directory.evaluation_path())?;
        }
        if tables.heads.rows() > 0 {
            tables.heads.write(&self.directory.heads_path())?;
        }
        Ok(())
    }

    fn snapshot(&mut self, trainer: &Trainer, state: &State) -> Result<(), StoreError> {
        trainer.write_snapshot(&self.directory.resume_path())?;
        self.directory.update_manifest(|manifest| {
            manifest.steps_done = trainer.step_count();
            manifest.best = state.best;
            manifest.scores = state.scores.clone();
        })
    }

    fn close(&mut self, state: &State) -> Result<(), StoreError> {
        let word = match state.status {
            Status::Finished => "finished",
            Status::Interrupted => "interrupted",
            Status::Failed | Status::Running => "failed",
        };
        let seconds = self.started.elapsed().as_secs_f64();
        self.directory.append_journal(word, seconds, state.failure.clone())?;
        self.directory.update_manifest(|manifest| {
            manifest.status = state.status;
            manifest.steps_done = state.step;
            manifest.best = state.best;
            manifest.scores = state.scores.clone();
            manifest.failure = state.failure.clone();
        })?;
        // After the manifest: a run that is killed in between is finished all the same.
        if state.status == Status::Finished && !self.keeps_snapshot {
            self.directory.remove_snapshot()?;
        }
        Ok(())
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A run whose records are in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryRun {
    /// Whether it finished, or was stopped by its observer; none before it ended.
    pub status: Option<Status>,
    /// Losses and scores.
    pub tables: Tables,
    /// Attribution records (see [`crate::record`]) by step.
    pub attributions: BTreeMap<u64, Table>,
    /// Parameters by step, under PyTorch's names and in its layouts.
    pub checkpoints: BTreeMap<u64, Vec<NamedTensor>>,
}

impl Sink for MemoryRun {
    fn parameters(&mut self, trainer: &Trainer) -> Result<(), StoreError> {
        let named = trainer.parameters().iter().zip(trainer.values());
        let tensors = named.map(|(parameter, values)| NamedTensor {
            name: parameter.name.clone(),
            shape: parameter.shape.clone(),
            values: values.to_vec(),
        });
        self.checkpoints.insert(trainer.step_count(), tensors.collect());
        Ok(())
    }

    /// A run in memory has no branches.
    fn whole_state(&mut self, _: &Trainer) -> Result<(), StoreError> {
        Ok(())
    }

    fn forget_parameters(&mut self, step: u64) -> Result<(), StoreError> {
        self.checkpoints.remove(&step);
        Ok(())
    }

    fn attributions(&mut self, step: u64, table: &Table) -> Result<(), StoreError> {
        self.attributions.insert(step, table.clone());
        Ok(())
    }

    fn tables(&mut self, tables: &Tables) -> Result<(), StoreError> {
        self.tables.clone_from(tables);
        Ok(())
    }

    fn snapshot(&mut self, _: &Trainer, _: &State) -> Result<(), StoreError> {
        Ok(())
    }

    fn close(&mut self, state: &State) -> Result<(), StoreError> {
        self.status = Some(state.status);
        Ok(())
    }

    fn path(&self) -> &Path {
        Path::new("")
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Trains `spec` and keeps its records in memory. `observe` is notified of what happens, and can stop it.
///
/// # Errors
/// When the loss is no longer a number.
pub fn run_in_memory(
    spec: &Spec,
    data: &Prepared,
    threads: usize,
    observe: Observer<'_>,
) -> Result<MemoryRun, TrainError> {
    let threads = threads.max(1);
    with_threads(threads, || {
        check_memory(spec, data)?;
        let mut trainer = Trainer::new(spec, data, threads);
        trainer.check_planned()?;
        let mut session = Session::new(Box::new(MemoryRun::default()), trainer, spec);
        session.finish(observe)?;
        Ok(*session.into_sink().into_any().downcast().expect("the sink is memory"))
    })
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::train::{Event, RunOptions, Start, run};

    fn spec() -> Spec {
        let text = "[task]\nkind = 'induction'\nvocabulary = 5\nlength = 4\n[model]\nwidth = 8\n[train]\nsteps = 45\n\
            batch = 4\n[record]\ncheckpoints = [0, 20]";
        Spec::parse(text, "", &[]).unwrap()
    }

    #[test]
    fn a_run_in_memory_has_the_records_of_one_on_disk() {
        let (spec, folder) = (spec(), tempfile::tempdir().unwrap());
        let data = Prepared::load(&spec).unwrap();
        let memory = run_in_memory(&spec, &data, 1, &mut |_| ControlFlow::Continue(())).unwrap();
        let path = folder.path().join("run");
        let cancel = AtomicBool::new(false);
        let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
        run(&spec, &data, &path, options, &mut |_| ControlFlow::Continue(())).unwrap();
        let disk = RunDirectory::view(&path).unwrap();
        assert_eq!(memory.status, Some(Status::Finished));
        assert_eq!(memory.tables.evaluation, Table::read(&disk.evaluation_path()).unwrap());
        assert_eq!(memory.tables.training(), Table::read(&disk.training_path()).unwrap());
        assert_eq!(memory.attributions.keys().copied().collect::<Vec<_>>(), disk.probe_steps());
        assert_eq!(memory.attributions[&20], Table::read(&disk.probe_path(20)).unwrap());
        assert_eq!(memory.checkpoints.keys().copied().collect::<Vec<_>>(), disk.checkpoint_steps());
    }

    #[test]
    fn an_observer_stops_a_run_which_can_then_be_resumed() {
        let (spec, folder) = (spec(), tempfile::tempdir().unwrap());
        let data = Prepared::load(&spec).unwrap();
        let mut at_seven = |event: Event<'_>| match event {
            Event::Stepped { step: 7, .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let memory = run_in_memory(&spec, &data, 1, &mut at_seven).unwrap();
        assert_eq!((memory.status, memory.tables.losses.0.len()), (Some(Status::Interrupted), 7));
        let path = folder.path().join("run");
        let cancel = AtomicBool::new(false);
        let options = |start| RunOptions { start, threads: 1, cancel: &cancel };
        let stopped = run(&spec, &data, &path, options(Start::New), &mut at_seven).unwrap();
        assert_eq!((stopped.status, stopped.step), (Status::Interrupted, 7));
        let go_on = &mut |_: Event<'_>| ControlFlow::Continue(());
        let ended = run(&spec, &data, &path, options(Start::Resume), go_on).unwrap();
        assert_eq!((ended.status, ended.step), (Status::Finished, 45));
    }
}
