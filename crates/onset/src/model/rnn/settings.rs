//! The keys of the recurrent encoder–decoder.

use onset_engine::{AttentionMode, Tape};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::{Rnn, exported};
use crate::batch::{Form, Signature};
use crate::model::{Cell, Model, ModelSettings, Twin, attention_difference};
use crate::onnx::{Graph, Weights};
use crate::settings::{Settings, SpecError, require, require_size};

/// Sizes and variants of the recurrent encoder–decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct RnnSettings {
    /// Width of the embeddings.
    #[key(from = 1, to = 1048576)]
    pub embedding: usize,
    /// Width of encoder (each direction) and decoder.
    #[key(from = 1, to = 1048576)]
    pub hidden: usize,
    /// Whether the encoder reads in both directions.
    pub bidirectional: bool,
    /// Attention mode: learned, or uniform or clamped from the first step.
    #[key(except = "given, previous")]
    pub attention: AttentionMode,
    /// Whether the decoder sees the context vector.
    pub context: bool,
    /// Recurrent cell of encoder and decoder.
    #[serde(skip_serializing_if = "Cell::is_lstm")]
    pub cell: Cell,
    /// Number of attention heads, each with its own query map and context map; their projected contexts are averaged.
    #[serde(skip_serializing_if = "is_one")]
    #[key(from = 1, to = 256)]
    pub heads: usize,
    /// Whether source and target share one embedding.
    #[serde(skip_serializing_if = "is_true")]
    pub shared_embedding: bool,
    /// Seed of the initial weights of everything but the heads' maps; if not set, the run's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_seed: Option<u64>,
    /// Seeds of the heads' maps: one per head, or none to use the run's seed. A head's initial weights depend only on its
    /// seed, not on its position or on the other heads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub head_seeds: Vec<u64>,
}

// Keys that came later are left out of resolved specs where they are at their defaults, so that runs from before
// can be read and continued.

fn is_one(number: &usize) -> bool {
    *number == 1
}

fn is_true(yes: &bool) -> bool {
    *yes
}

impl Default for RnnSettings {
    fn default() -> Self {
        Self {
            embedding: 256,
            hidden: 256,
            bidirectional: false,
            attention: AttentionMode::Learned,
            context: true,
            cell: Cell::Lstm,
            heads: 1,
            shared_embedding: true,
            body_seed: None,
            head_seeds: Vec::new(),
        }
    }
}

impl Settings for RnnSettings {
    const KIND: &'static str = "rnn";
}

impl ModelSettings for RnnSettings {
    fn check(&self) -> Result<(), SpecError> {
        require_size(self.embedding, "model.embedding")?;
        require_size(self.hidden, "model.hidden")?;
        let Self { heads, head_seeds, .. } = self;
        require((1..=256).contains(heads), "model.heads", heads, "it must be from 1 to 256")?;
        require(
            head_seeds.is_empty() || head_seeds.len() == *heads,
            "model.head_seeds",
            format!("{head_seeds:?}"),
            &format!("with model.heads = {heads}, give one seed per head, or none"),
        )?;
        let twice = head_seeds.iter().enumerate().find(|(place, seed)| head_seeds[..*place].contains(seed));
        require(
            twice.is_none(),
            "model.head_seeds",
            format!("{head_seeds:?}"),
            "heads with the same seed would remain identical; give each head its own",
        )
    }

    fn forms(&self) -> &'static [Form] {
        &[Form::SequenceToSequence]
    }

    fn attention(&self) -> AttentionMode {
        self.attention
    }

    fn differences(&self) -> Vec<String> {
        let plain = Self::default();
        let mut differences = Vec::new();
        if self.bidirectional {
            differences.push("bidirectional".to_owned());
        }
        differences.extend(attention_difference(self.attention));
        for (differs, name) in [
            (!self.context, "no context"),
            (self.cell != plain.cell, "GRU"),
            (!self.shared_embedding, "separate embeddings"),
        ] {
            if differs {
                differences.push(name.to_owned());
            }
        }
        if self.heads > 1 {
            differences.push(format!("{} heads", self.heads));
        }
        differences
    }

    fn build(&self, tape: &mut Tape, signature: &Signature, seed: u64) -> Box<dyn Model> {
        Box::new(Rnn::new(tape, self, signature.vocabulary(), seed))
    }

    fn twin(&self, weights: &Weights<'_>) -> Option<Twin> {
        Some(exported::twin(self, weights))
    }

    fn graph(&self, weights: &Weights<'_>) -> Option<Graph> {
        Some(exported::graph(self, weights))
    }
}
