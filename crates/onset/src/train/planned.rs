//! The changes of a spec's `[[intervene]]`, made when their step is reached.
//!
//! A change at step n holds from step n + 1 on: what is recorded after n steps is without it, so that a branch and its parent have the
//! same records up to there.

use std::path::Path;

use toml::Table;

use super::{FreezeTarget, Intervention, InterventionError, TrainError, Trainer};
use crate::settings::Intervene;
use crate::store::{Checkpoint, NamedTensor, RunDirectory, StoreError};

/// What an entry changes, in its order.
enum Change<'a> {
    /// What can also be changed by hand.
    Live(Intervention),
    /// Another batch size.
    Batch(usize),
    /// Other keys of the task.
    Task(&'a Table),
    /// Parameters of a run at a step, or at its last.
    Transplant(&'a Path, FreezeTarget, Option<u64>),
}

impl Change<'_> {
    /// Whether it holds on by itself, so that it must be made again where training is resumed; the others changed parameters, which
    /// are part of the snapshot.
    fn stands(&self) -> bool {
        !matches!(self, Self::Live(Intervention::SwapHead { .. }) | Self::Transplant(..))
    }
}

fn changes(entry: &Intervene) -> Vec<Change<'_>> {
    let Intervene { layer, head, .. } = *entry;
    let mut changes = Vec::new();
    if let (Some(run), Some(group)) = (&entry.transplant, entry.group) {
        changes.push(Change::Transplant(run, group, entry.step));
    }
    if let (Some(head), Some(seed)) = (entry.swap_head, entry.head_seed) {
        changes.push(Change::Live(Intervention::SwapHead { head, seed }));
    }
    changes.extend(entry.batch.map(Change::Batch));
    changes.extend(entry.task.as_ref().map(Change::Task));
    let live = [
        entry.attention.map(|mode| Intervention::Attention { mode, layer, head }),
        entry.learning_rate.map(|rate| Intervention::LearningRate { rate }),
        entry.unfreeze.map(|group| Intervention::Unfreeze { group }),
        entry.freeze.map(|group| Intervention::Freeze { group }),
    ];
    changes.extend(live.into_iter().flatten().map(Change::Live));
    changes
}

impl Trainer {
    /// Makes the changes that the spec has for the present step.
    pub(super) fn make_planned(&mut self) -> Result<(), TrainError> {
        while let Some(entry) =
            self.plan.get(self.made).filter(|entry| entry.at <= self.step_count()).cloned()
        {
            for change in changes(&entry) {
                self.make(&change)?;
            }
            self.made += 1;
        }
        Ok(())
    }

    fn make(&mut self, change: &Change<'_>) -> Result<(), TrainError> {
        match change {
            Change::Live(intervention) => self.intervene(intervention)?,
            Change::Batch(examples) => self.set_batch(*examples),
            Change::Task(keys) => self.change_task(keys)?,
            Change::Transplant(run, group, step) => {
                for (index, values) in self.transplanted(run, *group, *step)? {
                    self.replace_parameter(index, &values);
                }
            }
        }
        Ok(())
    }

    /// Makes again what the changes before the present step left standing, where parameters of that step were read. A spec without
    /// changes leaves all as it is.
    pub(super) fn stand(&mut self) -> Result<(), TrainError> {
        if self.plan.is_empty() {
            return Ok(());
        }
        self.as_begun();
        self.made = 0;
        while let Some(entry) = self.plan.get(self.made).filter(|entry| entry.at < self.step_count()).cloned()
        {
            for change in changes(&entry).iter().filter(|change| change.stands()) {
                self.make(change)?;
            }
            self.made += 1;
        }
        Ok(())
    }

    /// Refuses changes that will not be possible when their step comes. Nothing is changed.
    pub(super) fn check_planned(&mut self) -> Result<(), TrainError> {
        if self.plan.is_empty() {
            return Ok(());
        }
        for entry in self.plan.clone() {
            for change in changes(&entry) {
                match change {
                    Change::Live(Intervention::SwapHead { head, seed }) => {
                        self.redrawn(head, seed)?;
                    }
                    Change::Transplant(run, group, step) => {
                        self.transplanted(run, group, step)?;
                    }
                    Change::Live(intervention) => self.intervene(&intervention)?,
                    Change::Batch(_) | Change::Task(_) => {}
                }
            }
        }
        self.as_begun();
        Ok(())
    }

    /// The parameters of `group` in the run in `path`, with their numbers here.
    fn transplanted(
        &self,
        path: &Path,
        group: FreezeTarget,
        step: Option<u64>,
    ) -> Result<Vec<(usize, Vec<f32>)>, TrainError> {
        let refused = |reason: String| InterventionError::Transplant {
            run: path.into(),
            what: match group {
                FreezeTarget::Attention => "attention".into(),
                FreezeTarget::Rest => "parameters other than attention's".into(),
                FreezeTarget::Value | FreezeTarget::Body => format!("{group:?}").to_lowercase(),
            },
            reason,
        };
        let directory = RunDirectory::view(path)?;
        let data = [directory.manifest().data_digest.as_deref(), self.experiment().task().digest()];
        if let [Some(theirs), Some(ours)] = data
            && theirs != ours
        {
            return Err(refused("it was trained on other data, whose words have other numbers".into()).into());
        }
        let step = StoreError::checkpoint(&directory, step)?;
        let tensors = Checkpoint::read(&directory.checkpoint_path(step))?.tensors;
        let mut all = Vec::new();
        for (index, own) in self.parameters().iter().enumerate().filter(|(_, own)| group.covers(own.group)) {
            let theirs = tensors.iter().find(|tensor| tensor.name == own.name);
            let Some(NamedTensor { shape, values, .. }) = theirs else {
                return Err(refused(format!("it has no {}", own.name)).into());
            };
            if *shape != own.shape {
                let reason = format!("its {} is {shape:?}, and {:?} here", own.name, own.shape);
                return Err(refused(reason).into());
            }
            all.push((index, values.clone()));
        }
        if all.is_empty() {
            return Err(refused("the model has no such parameters".into()).into());
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
