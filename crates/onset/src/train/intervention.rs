//! What may be changed while a model trains, all else equal.
//!
//! Data, evaluation and initial weights are functions of seed and step, so that a run that is changed at step n is an
//! exact paired comparison with the same run that was not. What was changed, and when, is a list of [`Applied`]; the same
//! list on the same spec gives the same parameters ([`Trainer::replay`](super::Trainer::replay)).

use std::path::PathBuf;

use onset_engine::AttentionMode;
use serde::{Deserialize, Serialize};

use crate::model::ParameterGroup;
pub use crate::settings::FreezeTarget;

impl FreezeTarget {
    /// Whether it covers `group`.
    pub fn covers(self, group: ParameterGroup) -> bool {
        match self {
            Self::Attention => group == ParameterGroup::Attention,
            Self::Value => group == ParameterGroup::Value,
            Self::Body => group == ParameterGroup::Body,
            Self::Rest => group != ParameterGroup::Attention,
        }
    }
}

/// One change; it holds from the next step on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Intervention {
    /// Another learning rate, before the schedule's factor.
    LearningRate {
        /// Positive and finite.
        rate: f32,
    },
    /// Another attention mode. While attention is learned at no place, the attention group is not updated, so that
    /// attention that is learned again goes on from where it was.
    Attention {
        /// The mode.
        #[serde(alias = "route")]
        mode: AttentionMode,
        /// The layer whose mode changes; all if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<usize>,
        /// The head whose mode changes; all if none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        head: Option<usize>,
    },
    /// A parameter group is no longer updated, and neither is the optimiser's state of it. Weights of attention may
    /// still move while the attention group is frozen, for the states that scores are made of go on learning.
    #[serde(alias = "hold")]
    Freeze {
        /// Which.
        #[serde(alias = "part")]
        group: FreezeTarget,
    },
    /// A parameter group that was frozen is updated again.
    #[serde(alias = "release")]
    Unfreeze {
        /// Which.
        #[serde(alias = "part")]
        group: FreezeTarget,
    },
    /// The maps of a head become those that `seed` would have drawn, and the optimiser's state of them is reset (its
    /// count of steps is not, so that Adam's first steps there are up to about three times as long as usual).
    SwapHead {
        /// Counted from 0.
        head: usize,
        /// As one of `model.head_seeds`.
        seed: u64,
    },
}

impl Intervention {
    /// Another attention mode at every place.
    pub fn attention(mode: AttentionMode) -> Self {
        Self::Attention { mode, layer: None, head: None }
    }
}

/// A change and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Steps that had been taken.
    pub step: u64,
    /// What was changed.
    pub intervention: Intervention,
}

/// Why something cannot be changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InterventionError {
    /// Not a learning rate.
    #[error("a learning rate of {rate} is not possible: it must be positive and finite")]
    LearningRate {
        /// What was given.
        rate: f32,
    },
    /// The attention mode is not possible here.
    #[error("attention cannot be {mode} in {task} with the model {model}: {reason}")]
    Mode {
        /// The mode.
        mode: AttentionMode,
        /// The task's kind.
        task: &'static str,
        /// The model's kind.
        model: &'static str,
        /// Why not.
        reason: String,
    },
    /// No place has this layer and head.
    #[error("the model {model} has no such layer or head; its attention places are {known}")]
    NoSuchPlace {
        /// The model's kind.
        model: &'static str,
        /// The places that there are.
        known: String,
    },
    /// There is no such head, or it cannot be drawn alone.
    #[error("there is no head {head} to swap in the model {model}, which has {heads}, counted from 0")]
    NoSuchHead {
        /// What was given.
        head: usize,
        /// The model's kind.
        model: &'static str,
        /// How many can be swapped, in words.
        heads: String,
    },
    /// The parameters of another run cannot be put in.
    #[error("the {what} of {run} cannot be put into this run: {reason}")]
    Transplant {
        /// The other run.
        run: PathBuf,
        /// Which parameters.
        what: String,
        /// Why not.
        reason: String,
    },
    /// A list of changes does not belong to the step that training is at.
    #[error(
        "a change at step {step} comes too late: training is at step {now}; replay changes in order, on a \
         trainer that has not passed them"
    )]
    Past {
        /// When the change was made.
        step: u64,
        /// Steps taken.
        now: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_in_the_spelling_of_earlier_versions() {
        let read = |text: &str| serde_json::from_str::<Intervention>(text).unwrap();
        assert_eq!(
            read(r#"{"kind": "attention", "route": "uniform"}"#),
            Intervention::attention(AttentionMode::Uniform)
        );
        assert_eq!(
            read(r#"{"kind": "hold", "part": "knowledge"}"#),
            Intervention::Freeze { group: FreezeTarget::Rest }
        );
        let freeze = Intervention::Unfreeze { group: FreezeTarget::Value };
        assert_eq!(read(&serde_json::to_string(&freeze).unwrap()), freeze);
    }
}
