//! What a model outside Onset learns, as its recorder names it.
//!
//! Such a run is on record like any other, and shown, compared and scored like any other. It cannot be trained or continued here:
//! its data and its model are another program's.

use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::{Defaults, Task, TaskError, TaskSettings};
use crate::batch::Signature;
use crate::settings::{Budget, Record, Settings, SpecError, require};

/// What is learned, in the words of whoever recorded it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct RecordedTask {
    /// What is learned, in a few words; the title of the run.
    pub name: String,
}

impl Settings for RecordedTask {
    const KIND: &'static str = "recorded";
}

impl TaskSettings for RecordedTask {
    fn check(&self) -> Result<(), SpecError> {
        let named = !self.name.trim().is_empty();
        require(named, "task.name", format!("{:?}", self.name), "a recorded run needs a name")
    }

    fn defaults(&self) -> Defaults {
        Defaults { model: "recorded", train: Budget::paper(1, 1), record: Record::default() }
    }

    fn checkpoints(&self, _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    fn describe(&self) -> String {
        self.name.clone()
    }

    fn is_drawn(&self) -> bool {
        true
    }

    fn signature(&self) -> Signature {
        Signature::Elsewhere
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Err(TaskError::Elsewhere { name: self.name.clone() })
    }
}
