//! Sizes and variants of the Transformer.

use std::path::{Path, PathBuf};

use onset_engine::{Activation, AttentionMode, HeadModes, Tape};
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::Transformer;
use crate::batch::{Form, Signature};
use crate::model::{Model, ModelSettings, PlaceMode, Twin, attention_difference, first_form};
use crate::onnx::Weights;
use crate::settings::{Settings, SpecError, is_default, require, require_size};

/// Sizes and variants of the Transformer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct TransformerSettings {
    /// A folder with a checkpoint in the Hugging Face layout that training starts from (`--pretrained`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
    /// Number of layers; of pairs, those of the decoder.
    #[key(from = 1, to = 1024)]
    pub layers: usize,
    /// Layers of an encoder for the source of a pair; with 0, one decoder reads source and target one after the other.
    #[key(from = 0, to = 1024)]
    pub encoder_layers: usize,
    /// Attention heads of a layer; they divide the width.
    #[key(from = 1, to = 64)]
    pub heads: usize,
    /// Width of embeddings and of all heads of a layer together.
    #[key(from = 1, to = 1048576)]
    pub width: usize,
    /// Width of the hidden layer of each MLP; 0 means attention alone.
    #[key(from = 0, to = 1048576)]
    pub mlp: usize,
    /// The MLP's activation.
    pub activation: MlpActivation,
    /// How states are normalised.
    pub norm: NormChoice,
    /// What a norm adds to the variance before it divides by its root.
    #[key(above = 0)]
    pub norm_epsilon: f64,
    /// Where they are normalised.
    pub norm_place: NormPlace,
    /// Whether the sum of the embeddings is normalised, as in BERT.
    pub embedding_norm: bool,
    /// Whether attention and MLP of a layer read the same state, as in GPT-NeoX, instead of one after the other.
    pub parallel: bool,
    /// How the model knows positions.
    pub positions: Positions,
    /// Share of a head's columns that rotary positions rotate.
    #[key(above = 0, to = 1)]
    pub rotary_share: f64,
    /// The base of rotary angles: column pair i of n turns by base^(−i/n) a position.
    #[key(above = 0)]
    pub rotary_base: f64,
    /// Whether the output layer shares the token embedding.
    pub tied: bool,
    /// Which state of a text the label is predicted from.
    pub pooling: Pooling,
    /// Whether the label is predicted through a further layer with tanh, as in BERT.
    pub pooler: bool,
    /// How a description and a text are read: as one sequence (`cross`), or each by itself and compared by the cosine of their
    /// pooled states (`bi`).
    #[serde(skip_serializing_if = "is_default")]
    pub pair_encoder: PairEncoder,
    /// Layers, counted from the last one, that are trained, with what stands behind them; all before them, the embeddings too, stays
    /// as it began.
    #[key(from = 0, unit = "layers")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trained_layers: Option<usize>,
    /// Dropout of embeddings and of what each sublayer adds, in training.
    #[key(from = 0, below = 1)]
    pub dropout: f64,
    /// Initial distributions.
    pub init: Init,
    /// The attention mode: learned, or uniform or clamped from the start.
    #[key(except = "given")]
    pub attention: AttentionMode,
    /// Modes of single layers or heads, where they differ: "0:previous" for layer 0, "1.3:uniform" for head 3 of layer 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<PlaceMode>,
}

/// Numbers that a layer makes of one part of a batch, about.
const PART: usize = 1_600_000;

/// Places of all recorded examples together, unless a spec says more.
const PLACES_READ: usize = 96;

/// The largest number of layers.
const MOST_LAYERS: usize = 1024;

/// The activation of an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MlpActivation {
    /// x·Φ(x), as in BERT and GPT-NeoX.
    Gelu,
    /// GELU as GPT-2 approximates it.
    GeluTanh,
    /// max(0, x).
    Relu,
}

/// How states are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormChoice {
    /// LayerNorm.
    Layer,
    /// RMSNorm.
    Rms,
    /// Not at all.
    None,
}

/// Where states are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormPlace {
    /// Before each sublayer, and once at the end.
    Pre,
    /// Behind each sum of a state and what a sublayer adds.
    Post,
}

/// How the model knows positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Positions {
    /// A learned vector for each position, added to the embedding.
    Learned,
    /// Sines and cosines, added to the embedding.
    Sinusoidal,
    /// Rotated queries and keys.
    Rotary,
    /// A learned vector for each distance, added to keys.
    Relative,
    /// Not at all, but for the causal mask.
    None,
}

/// Which state of a text the label is predicted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean of all states.
    Mean,
    /// The state of the first token.
    First,
}

/// How a description and a text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PairEncoder {
    /// As one sequence, with a score on top.
    #[default]
    Cross,
    /// Each by itself; the score is the scaled cosine of their pooled states.
    Bi,
}

/// Initial distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// Weights and embeddings N(0, 0.02²), those that write to the residual stream divided by √(2·layers); biases 0.
    Gpt2,
    /// As `nn.TransformerEncoderLayer`: embeddings N(0, 1), queries, keys and values Xavier-uniform without bias, the rest as
    /// `nn.Linear`.
    Pytorch,
    /// Embeddings N(0, 1); queries N(0, 1/(width·head width)), keys, values and the MLP's first map N(0, 1/width), the maps back
    /// N(0, 1/inputs); biases 0.
    T5,
}

impl Default for TransformerSettings {
    fn default() -> Self {
        Self {
            from: None,
            layers: 2,
            encoder_layers: 0,
            heads: 4,
            width: 64,
            mlp: 256,
            activation: MlpActivation::Gelu,
            norm: NormChoice::Layer,
            norm_epsilon: 1e-5,
            norm_place: NormPlace::Pre,
            embedding_norm: false,
            parallel: false,
            positions: Positions::Learned,
            rotary_share: 1.0,
            rotary_base: 10_000.0,
            tied: false,
            pooling: Pooling::Mean,
            pooler: false,
            pair_encoder: PairEncoder::Cross,
            trained_layers: None,
            dropout: 0.0,
            init: Init::Gpt2,
            attention: AttentionMode::Learned,
            modes: Vec::new(),
        }
    }
}

impl Settings for TransformerSettings {
    const KIND: &'static str = "transformer";
}

impl TransformerSettings {
    /// Width of a head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Columns of a head that rotary positions rotate: an even number.
    pub(super) fn rotated(&self) -> usize {
        (self.head_width() as f64 * self.rotary_share) as usize / 2 * 2
    }

    pub(super) fn mlp_activation(&self) -> Activation {
        match self.activation {
            MlpActivation::Gelu => Activation::Gelu,
            MlpActivation::GeluTanh => Activation::GeluTanh,
            MlpActivation::Relu => Activation::Relu,
        }
    }
}

impl ModelSettings for TransformerSettings {
    fn check(&self) -> Result<(), SpecError> {
        let layers = self.layers;
        require((1..=MOST_LAYERS).contains(&layers), "model.layers", layers, "it must be from 1 to 1024")?;
        let (trained, at_most) =
            (self.trained_layers.unwrap_or(0), format!("there are {layers} (model.layers)"));
        require(trained <= layers, "model.trained_layers", trained, &at_most)?;
        let encoder = self.encoder_layers;
        require(encoder <= MOST_LAYERS, "model.encoder_layers", encoder, "it must be at most 1024")?;
        require_size(self.heads, "model.heads")?;
        require_size(self.width, "model.width")?;
        let most = HeadModes::MOST;
        require(self.heads <= most, "model.heads", self.heads, &format!("a layer has at most {most} heads"))?;
        let divide = format!("the heads must divide model.width = {}", self.width);
        require(self.width.is_multiple_of(self.heads), "model.heads", self.heads, &divide)?;
        if self.mlp > 0 {
            require_size(self.mlp, "model.mlp")?;
        }
        let dropout = self.dropout;
        require(
            (0.0..1.0).contains(&dropout),
            "model.dropout",
            dropout,
            "it must be at least 0 and below 1",
        )?;
        let share = self.rotary_share;
        require(
            share > 0.0 && share <= 1.0,
            "model.rotary_share",
            share,
            "it must be above 0 and at most 1",
        )?;
        for (key, number) in
            [("model.norm_epsilon", self.norm_epsilon), ("model.rotary_base", self.rotary_base)]
        {
            require(number > 0.0 && number.is_finite(), key, number, "it must be above 0")?;
        }
        let one_state = "a layer that also attends to a source has no MLP beside it; set it to false, or model.encoder_layers to 0";
        require(!self.parallel || encoder == 0, "model.parallel", self.parallel, one_state)?;
        let pairs = "rotary positions turn pairs of columns, so a head needs at least two columns to rotate";
        let rotates = self.positions != Positions::Rotary || self.rotated() >= 2;
        require(rotates, "model.heads", self.heads, pairs)?;
        let missing =
            |mode: &&PlaceMode| mode.layer >= layers || mode.head.is_some_and(|head| head >= self.heads);
        let known = format!("layers are 0 to {}, heads 0 to {}", layers.saturating_sub(1), self.heads - 1);
        match self.modes.iter().find(missing) {
            Some(mode) => require(false, "model.modes", mode, &known),
            None => Ok(()),
        }
    }

    /// A text is read by an encoder; one sequence, or a pair as one, by a decoder; a pair by both if there are layers for it.
    fn forms(&self) -> &'static [Form] {
        if self.encoder_layers > 0 {
            &[Form::SequenceToSequence]
        } else {
            &[Form::Classification, Form::Causal]
        }
    }

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        self.from.iter_mut().collect()
    }

    /// So that what one layer makes of a part fits into a cache of some megabytes.
    fn tokens_of_part(&self) -> Option<usize> {
        Some(PART.div_ceil((self.mlp + 4 * self.width).max(1)))
    }

    /// β takes a pass for each position at each place.
    fn most_recorded(&self) -> Option<usize> {
        // It is asked before sizes are checked.
        Some((PLACES_READ / self.layers.saturating_mul(self.heads).max(1)).clamp(2, 16))
    }

    fn form(&self, signature: &Signature) -> Result<Form, String> {
        let advice = |reason: String| match self.encoder_layers {
            0 => reason,
            layers => format!("with model.encoder_layers = {layers} {reason} (set it to 0)"),
        };
        first_form(self.forms(), signature).map_err(advice)
    }

    fn pretrained(&self) -> Option<&Path> {
        self.from.as_deref()
    }

    fn attention(&self) -> AttentionMode {
        self.attention
    }

    fn place_modes(&self) -> &[PlaceMode] {
        &self.modes
    }

    fn differences(&self) -> Vec<String> {
        let usual = Self::default();
        let mut differences = Vec::new();
        let plural =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        if (self.layers, self.heads) != (usual.layers, usual.heads) {
            differences.push(format!("{} × {}", plural(self.layers, "layer"), plural(self.heads, "head")));
        }
        if self.encoder_layers > 0 {
            differences.push(format!("encoder of {}", plural(self.encoder_layers, "layer")));
        }
        if self.mlp == 0 {
            differences.push("attention alone".into());
        }
        if self.positions != usual.positions {
            let name = format!("{:?}", self.positions).to_lowercase();
            differences.push(if name == "none" {
                "no positions".into()
            } else {
                format!("{name} positions")
            });
        }
        if self.pair_encoder == PairEncoder::Bi {
            differences.push("bi-encoder".into());
        }
        if let Some(trained) = self.trained_layers {
            differences.push(match trained {
                0 => "only the output trained".into(),
                1 => "only the last layer trained".into(),
                trained => format!("only the last {trained} layers trained"),
            });
        }
        if let Some(folder) = &self.from {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            differences.push(format!("pretrained {name}"));
        }
        differences.extend(attention_difference(self.attention));
        differences.extend(self.modes.iter().map(|mode| match mode.head {
            Some(head) => format!("{} attention in head {head} of layer {}", mode.mode, mode.layer),
            None => format!("{} attention in layer {}", mode.mode, mode.layer),
        }));
        differences
    }

    fn build(&self, tape: &mut Tape, signature: &Signature, seed: u64) -> Box<dyn Model> {
        Box::new(Transformer::new(tape, self, signature, seed))
    }

    fn signature(&self, weights: &Weights<'_>) -> Option<Signature> {
        Some(super::exported::signature(self, weights))
    }

    fn twin(&self, weights: &Weights<'_>) -> Option<Twin> {
        let told_apart = weights.rows("segments.weight") > 0;
        (self.modes.is_empty() && !told_apart).then(|| super::exported::twin(self, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_go_together_are_refused_with_their_key() {
        let usual = TransformerSettings::default();
        for (settings, key, reason) in [
            (TransformerSettings { heads: 5, ..usual.clone() }, "model.heads", "divide model.width = 64"),
            (TransformerSettings { heads: 128, width: 128, ..usual.clone() }, "model.heads", "at most 64"),
            (TransformerSettings { layers: 0, ..usual.clone() }, "model.layers", "from 1 to 1024"),
            (
                TransformerSettings { trained_layers: Some(3), ..usual.clone() },
                "model.trained_layers",
                "there are 2",
            ),
            (
                TransformerSettings { modes: vec!["2:uniform".parse().unwrap()], ..usual.clone() },
                "model.modes",
                "layers are 0 to 1",
            ),
            (TransformerSettings { dropout: 1.0, ..usual.clone() }, "model.dropout", "below 1"),
            (
                TransformerSettings { heads: 64, positions: Positions::Rotary, ..usual.clone() },
                "model.heads",
                "two columns",
            ),
        ] {
            let message = settings.check().unwrap_err().to_string();
            assert!(message.contains(key) && message.contains(reason), "{message}");
        }
        assert!(usual.check().is_ok());
    }
}
