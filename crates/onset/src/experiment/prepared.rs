//! A task whose data is loaded, shared by the runs that use it.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use onset_engine::Tape;

use crate::pretrained::{Pretrained, PretrainedError};
use crate::spec::Spec;
use crate::store::digest;
use crate::task::{Task, TaskError};

/// A task whose data is loaded, and the parameters that its models start from where they are not drawn. Clones share both.
#[derive(Clone)]
pub struct Prepared {
    task: Arc<dyn Task>,
    /// The digest of the data, and of the checkpoint where there is one.
    digest: Option<String>,
    initial: Option<Arc<Vec<Option<Vec<f32>>>>>,
}

impl Prepared {
    /// Loads what `spec` reads. Errors are those of its files.
    pub fn load(spec: &Spec) -> Result<Self, TaskError> {
        let prepared = Self::of(spec.task().settings().load()?);
        match spec.model().settings().pretrained() {
            Some(folder) => Ok(prepared.with_checkpoint(spec, folder)?),
            None => Ok(prepared),
        }
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
        Self { digest: task.digest().map(String::from), task, initial: None }
    }

    /// With the parameters of the checkpoint in `folder`, for models of `spec`.
    fn with_checkpoint(mut self, spec: &Spec, folder: &Path) -> Result<Self, PretrainedError> {
        let pretrained = Pretrained::open(folder)?;
        let model =
            spec.model().settings().build(&mut Tape::measuring(), &self.task.signature(), spec.seed());
        self.initial = Some(Arc::new(pretrained.values(model.parameters(), self.task.token_rows())?));
        let both = format!("{} {}", self.digest.as_deref().unwrap_or_default(), pretrained.digest()?);
        self.digest = Some(digest(both.as_bytes()));
        Ok(self)
    }

    /// The task.
    pub fn task(&self) -> &Arc<dyn Task> {
        &self.task
    }

    /// The task's data, if it is of the type `T`.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&Arc<T>> {
        self.task.as_any().downcast_ref()
    }

    /// SHA-256 of the data and of the checkpoint that training starts from, where there are files behind them.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The values that parameters start from, in their order; none for one that is drawn.
    pub fn initial(&self) -> impl Iterator<Item = Option<&[f32]>> {
        self.initial.iter().flat_map(|all| all.iter().map(Option::as_deref))
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prepared").field("signature", &self.task.signature()).finish()
    }
}
