//! The keys of the translation model.

use onset_engine::{AttentionMode, Tape};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::{Translator, exported};
use crate::batch::{Form, Signature};
use crate::model::{Model, ModelSettings, Twin, attention_difference};
use crate::onnx::{Graph, Weights};
use crate::settings::{Settings, SpecError, require, require_size};

/// Sizes and variants of the stacked encoder–decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct TranslatorSettings {
    /// Width of the embedding, shared by both sides.
    #[key(from = 1, to = 1048576)]
    pub embedding: usize,
    /// Width of each direction of the encoder, and of the decoder.
    #[key(from = 1, to = 1048576)]
    pub hidden: usize,
    /// Number of LSTM layers of the encoder, and of the decoder.
    #[key(from = 1, to = 16)]
    pub layers: usize,
    /// Dropout rate between layers during training.
    #[key(from = 0, below = 1)]
    pub dropout: f32,
    /// Attention mode: learned, or uniform or clamped from the first step.
    #[key(except = "given, previous")]
    pub attention: AttentionMode,
}

impl Default for TranslatorSettings {
    fn default() -> Self {
        Self { embedding: 256, hidden: 256, layers: 2, dropout: 0.5, attention: AttentionMode::Learned }
    }
}

impl Settings for TranslatorSettings {
    const KIND: &'static str = "rnn-translator";
}

impl ModelSettings for TranslatorSettings {
    fn check(&self) -> Result<(), SpecError> {
        require_size(self.embedding, "model.embedding")?;
        require_size(self.hidden, "model.hidden")?;
        require((1..=16).contains(&self.layers), "model.layers", self.layers, "it must be from 1 to 16")?;
        let dropout = self.dropout;
        require((0.0..1.0).contains(&dropout), "model.dropout", dropout, "it must be at least 0 and below 1")
    }

    fn forms(&self) -> &'static [Form] {
        &[Form::SequenceToSequence]
    }

    fn attention(&self) -> AttentionMode {
        self.attention
    }

    fn differences(&self) -> Vec<String> {
        attention_difference(self.attention).into_iter().collect()
    }

    fn build(&self, tape: &mut Tape, signature: &Signature, seed: u64) -> Box<dyn Model> {
        Box::new(Translator::new(tape, self, signature.vocabulary(), seed))
    }

    fn twin(&self, weights: &Weights<'_>) -> Option<Twin> {
        Some(exported::twin(self, weights))
    }

    fn graph(&self, weights: &Weights<'_>) -> Option<Graph> {
        Some(exported::graph(self, weights))
    }
}
