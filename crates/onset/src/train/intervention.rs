//! What may be changed while a model trains, all else equal.
//!
//! Data, evaluation and initial weights are functions of seed and step, so that a run that is changed at step n is an
//! exact paired comparison with the same run that was not. What was changed, and when, is a list of [`Applied`]; the same
//! list on the same spec gives the same parameters ([`Trainer::replay`](super::Trainer::replay)).

use serde::{Deserialize, Serialize};

/// How attention weights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttentionRoute {
    /// From scores that are learned.
    Learned,
    /// The same weight on every position.
    Uniform,
    /// All weight on the right position: of the word to be said (copying), of the keyword (the built-in texts; those
    /// without it have the same weight everywhere).
    Clamped,
}

/// A part of a model's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What makes attention scores of states: the query maps (copying, translation), the feed-forward layers that score a
    /// position (texts).
    Attention,
    /// All the rest: embeddings, encoder, decoder, and what is made of the context. With this held β stays as it is.
    Knowledge,
}

/// One change; it holds from the next step on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Intervention {
    /// Another step size.
    LearningRate {
        /// Positive and finite.
        rate: f32,
    },
    /// Attention weights come about in another way. While they are not learned, [`Part::Attention`] stays as it is, so
    /// that attention that is released goes on from where it was.
    Attention {
        /// In which.
        route: AttentionRoute,
    },
    /// A part is no longer updated, and neither is what the optimiser remembers of it. Weights of attention may still
    /// move while scores are held, for the states that they are made of go on learning.
    Hold {
        /// Which.
        part: Part,
    },
    /// A part that was held is updated again.
    Release {
        /// Which.
        part: Part,
    },
    /// The query and context maps of a head become those that `seed` would have drawn, and what the optimiser
    /// remembers of them is forgotten (its count of steps is not, so that Adam's first steps there are up to about three
    /// times as long as usual).
    SwapHead {
        /// Counted from 0.
        head: usize,
        /// As one of `model.head_seeds`.
        seed: u64,
    },
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
    /// Not a step size.
    #[error("learning_rate = {rate} is not possible: it must be positive and finite")]
    LearningRate {
        /// What was given.
        rate: f32,
    },
    /// Clamping needs to know where attention should be.
    #[error(
        "attention cannot be clamped in {task}: nothing says which position is right; clamp it in copying or in \
         the built-in keyword task, or hold it with `uniform`"
    )]
    NoRightPosition {
        /// The task.
        task: &'static str,
    },
    /// There are no heads in this model.
    #[error("the model of {task} has no heads to swap; swap them in copying")]
    NoHeads {
        /// The task.
        task: &'static str,
    },
    /// Beyond the last head.
    #[error("there is no head {head}: the model has {heads}, counted from 0")]
    NoSuchHead {
        /// What was given.
        head: usize,
        /// How many there are.
        heads: usize,
    },
    /// A list of changes does not belong to the step that training is at.
    #[error(
        "a change at step {step} comes too late, training is at step {now}; replay changes in order on a trainer \
         that has not passed them"
    )]
    Past {
        /// When the change was made.
        step: u64,
        /// Steps taken.
        now: u64,
    },
}
