//! A task whose data is loaded, shared by the runs that use it.

use std::any::Any;
use std::sync::Arc;

use crate::spec::Spec;
use crate::task::{Task, TaskError};

/// A task whose data is loaded. Clones share it.
#[derive(Clone)]
pub struct Prepared {
    task: Arc<dyn Task>,
}

impl Prepared {
    /// Loads what `spec` reads. Errors are those of its files.
    pub fn load(spec: &Spec) -> Result<Self, TaskError> {
        spec.task().settings().load().map(Self::of)
    }

    /// The task of a spec whose examples are drawn, so that there is nothing to load that could fail.
    ///
    /// # Panics
    /// If the task has files and they cannot be read.
    pub fn synthetic(spec: &Spec) -> Self {
        Self::load(spec).unwrap_or_else(|error| panic!("a task without files: {error}"))
    }

    /// A task that is ready.
    pub fn of(task: Arc<dyn Task>) -> Self {
        Self { task }
    }

    /// The task.
    pub fn task(&self) -> &Arc<dyn Task> {
        &self.task
    }

    /// The task's data, if it is of the type `T`.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&Arc<T>> {
        self.task.as_any().downcast_ref()
    }

    /// SHA-256 of the data, where there is a file behind it.
    pub fn digest(&self) -> Option<&str> {
        self.task.digest()
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prepared").field("signature", &self.task.signature()).finish()
    }
}
