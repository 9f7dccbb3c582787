//! A model outside Onset, as its recorder describes it.

use onset_engine::{AttentionMode, Tape};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::{Model, ModelSettings};
use crate::batch::{Form, Signature};
use crate::settings::{Settings, SpecError};

/// What is known of a model outside Onset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct RecordedModel {
    /// The name of the model's class, such as `GPT2LMHeadModel`.
    pub class: String,
    /// The program that trains it, with its version.
    pub framework: String,
    /// Layers with attention on record.
    pub layers: usize,
    /// Heads of the layer that has the most.
    pub heads: usize,
}

impl Settings for RecordedModel {
    const KIND: &'static str = "recorded";
}

impl ModelSettings for RecordedModel {
    fn check(&self) -> Result<(), SpecError> {
        Ok(())
    }

    fn forms(&self) -> &'static [Form] {
        &[]
    }

    fn form(&self, signature: &Signature) -> Result<Form, String> {
        match signature {
            Signature::Elsewhere => Ok(Form::Causal),
            _ => Err("it stands for a model outside Onset, which its own program trains".into()),
        }
    }

    fn attention(&self) -> AttentionMode {
        AttentionMode::Learned
    }

    fn differences(&self) -> Vec<String> {
        [&self.class].into_iter().filter(|class| !class.is_empty()).cloned().collect()
    }

    /// # Panics
    /// Always: the task that such a model goes with has no data, and says so when it is loaded.
    fn build(&self, _tape: &mut Tape, _signature: &Signature, _seed: u64) -> Box<dyn Model> {
        unreachable!("a model outside Onset is never built, because its task cannot be loaded")
    }
}
