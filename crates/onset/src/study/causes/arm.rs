//! The changes of training that are compared.

use std::path::Path;

use onset_engine::AttentionMode;
use serde::Serialize;

use crate::settings::{FreezeTarget, Intervene};

/// A change of training on the way; steps count from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Nothing is changed.
    Plain,
    /// Attention is uniform until this step.
    UniformUntil(u64),
    /// Attention is clamped to the right positions until this step.
    ClampedUntil(u64),
    /// Everything but attention stays as it was initialised.
    KnowledgeFrozen,
    /// Attention's parameters stay as they were initialised.
    AttentionFrozen,
    /// Everything but attention comes from the plain run of the same seed at this step; attention is as initialised.
    KnowledgeFrom(u64),
    /// Attention comes from the plain run of the same seed at this step; everything else is as initialised.
    AttentionFrom(u64),
}

impl Arm {
    /// The folder of its runs.
    pub fn name(self) -> String {
        match self {
            Self::Plain => "plain".into(),
            Self::UniformUntil(step) => format!("uniform-until-{step}"),
            Self::ClampedUntil(step) => format!("clamped-until-{step}"),
            Self::KnowledgeFrozen => "knowledge-frozen".into(),
            Self::AttentionFrozen => "attention-frozen".into(),
            Self::KnowledgeFrom(step) => format!("knowledge-from-{step}"),
            Self::AttentionFrom(step) => format!("attention-from-{step}"),
        }
    }

    /// In words.
    pub fn title(self) -> String {
        match self {
            Self::Plain => "nothing changed".into(),
            Self::UniformUntil(step) => format!("attention uniform until step {step}"),
            Self::ClampedUntil(step) => format!("attention clamped to the right position until step {step}"),
            Self::KnowledgeFrozen => "knowledge frozen at its initial weights".into(),
            Self::AttentionFrozen => "attention frozen at its initial weights".into(),
            Self::KnowledgeFrom(step) => format!("knowledge of step {step} put into initial weights"),
            Self::AttentionFrom(step) => format!("attention of step {step} put into initial weights"),
        }
    }

    /// The step from which on attention is learned: what is reached before does not count.
    pub fn release(self) -> u64 {
        match self {
            Self::UniformUntil(step) | Self::ClampedUntil(step) => step,
            _ => 0,
        }
    }

    /// Whether it takes parameters of the plain run, and after how many steps.
    pub fn donor_step(self) -> Option<u64> {
        match self {
            Self::KnowledgeFrom(step) | Self::AttentionFrom(step) => Some(step),
            _ => None,
        }
    }

    /// The entries of the spec. `plain` is the run directory without changes of the same seed; a clamp concerns `layer` alone, if
    /// there is one.
    pub(super) fn changes(self, plain: &Path, layer: Option<usize>) -> Vec<Intervene> {
        let mode = |at: u64, mode: AttentionMode, layer: Option<usize>| Intervene {
            at,
            attention: Some(mode),
            layer,
            ..Intervene::default()
        };
        let freeze = |group: FreezeTarget| Intervene { freeze: Some(group), ..Intervene::default() };
        let transplant = |group: FreezeTarget, step: u64| Intervene {
            transplant: Some(plain.to_owned()),
            group: Some(group),
            step: Some(step),
            ..Intervene::default()
        };
        match self {
            Self::Plain => Vec::new(),
            Self::UniformUntil(step) => {
                vec![mode(0, AttentionMode::Uniform, None), mode(step, AttentionMode::Learned, None)]
            }
            Self::ClampedUntil(step) => {
                vec![mode(0, AttentionMode::Clamped, layer), mode(step, AttentionMode::Learned, layer)]
            }
            Self::KnowledgeFrozen => vec![freeze(FreezeTarget::Rest)],
            Self::AttentionFrozen => vec![freeze(FreezeTarget::Attention)],
            Self::KnowledgeFrom(step) => vec![transplant(FreezeTarget::Rest, step)],
            Self::AttentionFrom(step) => vec![transplant(FreezeTarget::Attention, step)],
        }
    }
}
