//! Checkpoints whose attribution records cannot be read: they are left out and named, and the others are shown.

use serde::Serialize;

use super::links::below;
use crate::store::{RunDirectory, StoreError};

/// A checkpoint that is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreadable {
    /// Its step.
    pub step: u64,
    /// Why, with its file.
    pub error: String,
}

/// Collects the checkpoints of a run that cannot be read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    directory: &'a RunDirectory,
    unreadable: Vec<Unreadable>,
    first: Option<StoreError>,
    found: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn of(directory: &'a RunDirectory) -> Self {
        Self { directory, unreadable: Vec::new(), first: None, found: false }
    }

    /// What was read at `step`; `None`, and a note, if it cannot be read.
    pub(super) fn take<T>(&mut self, step: u64, read: Result<T, StoreError>) -> Option<T> {
        match read {
            Ok(value) => {
                self.found = true;
                Some(value)
            }
            Err(error) => {
                if !self.unreadable.iter().any(|known| known.step == step) {
                    let error = below(&error.to_string(), self.directory.path());
                    self.unreadable.push(Unreadable { step, error });
                }
                self.first.get_or_insert(error);
                None
            }
        }
    }

    /// What is read at the last of `steps` at which it can be; those behind it are removed from `steps`.
    pub(super) fn last<T>(
        &mut self,
        steps: &mut Vec<u64>,
        read: impl Fn(u64) -> Result<T, StoreError>,
    ) -> Option<T> {
        while let Some(&step) = steps.last() {
            let value = self.take(step, read(step));
            if value.is_some() {
                return value;
            }
            steps.pop();
        }
        None
    }

    /// By checkpoint of `steps`: whether it was read.
    pub(super) fn were_read(&self, steps: &[u64]) -> Vec<bool> {
        steps.iter().map(|&step| !self.unreadable.iter().any(|known| known.step == step)).collect()
    }

    /// The checkpoints that are left out, in order. Errors if none could be read.
    pub(super) fn finish(mut self) -> Result<Vec<Unreadable>, StoreError> {
        match self.first {
            Some(error) if !self.found => Err(error),
            _ => {
                self.unreadable.sort_by_key(|each| each.step);
                Ok(self.unreadable)
            }
        }
    }
}

/// Keeps the values for which `kept` holds.
pub(super) fn keep<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| *kept.next().unwrap_or(&false));
}
