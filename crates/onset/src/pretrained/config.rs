//! From `config.json` to the settings of a Transformer.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::PretrainedError;
use crate::model::{Init, MlpActivation, NormChoice, NormPlace, Pooling, Positions, TransformerSettings};

/// The forms of model that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// An encoder of texts (Devlin et al. 2019).
    Bert,
    /// A decoder with learned positions (Radford et al. 2019).
    Gpt2,
    /// A decoder with rotary positions whose attention and MLP read the same state (Black et al. 2022), such as Pythia.
    GptNeox,
}

/// What a `config.json` says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The form of model.
    pub architecture: Architecture,
    /// The same model as ours.
    pub settings: TransformerSettings,
    /// Rows of the table of tokens.
    pub vocabulary: usize,
    /// Positions that the model knows.
    pub longest: usize,
    /// The folder that it lies in.
    pub(super) folder: PathBuf,
}

/// The keys of one file.
struct Keys<'a> {
    path: &'a Path,
    map: Map<String, Value>,
}

impl Architecture {
    /// The name in `config.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::Gpt2 => "gpt2",
            Self::GptNeox => "gpt_neox",
        }
    }

    /// What the names of tensors begin with: models with a head have the body's name before its tensors.
    pub(super) fn prefix(self, has: impl Fn(&str) -> bool) -> &'static str {
        let (prefix, inner) = match self {
            Self::Bert => ("bert.", "embeddings.word_embeddings.weight"),
            Self::Gpt2 => ("transformer.", "wte.weight"),
            Self::GptNeox => ("gpt_neox.", "embed_in.weight"),
        };
        if has(inner) { "" } else { prefix }
    }
}

impl Config {
    /// Reads `folder/config.json`.
    ///
    /// # Errors
    /// If it cannot be read, if it is of a model of another form, and if it has a setting that makes another model.
    pub fn read(folder: &Path) -> Result<Self, PretrainedError> {
        let path = folder.join("config.json");
        let failed = |reason: String| PretrainedError::File { path: path.clone(), reason };
        let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let map: Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        let keys = Keys { path: &path, map };
        let kind = keys.map.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (architecture, settings, [vocabulary, longest]) = match kind.as_str() {
            "bert" => {
                (Architecture::Bert, keys.bert()?, keys.sizes(["vocab_size", "max_position_embeddings"])?)
            }
            "gpt2" => (Architecture::Gpt2, keys.gpt2()?, keys.sizes(["vocab_size", "n_positions"])?),
            "gpt_neox" => {
                (Architecture::GptNeox, keys.neox()?, keys.sizes(["vocab_size", "max_position_embeddings"])?)
            }
            _ => {
                let found = if kind.is_empty() { "not given".into() } else { kind };
                return Err(PretrainedError::Architecture { path, found });
            }
        };
        Ok(Self { architecture, settings, vocabulary, longest, folder: folder.into() })
    }
}

impl Keys<'_> {
    /// What BERT and GPT-NeoX write under the same names.
    fn in_common(&self) -> Result<TransformerSettings, PretrainedError> {
        let [layers, heads, width, mlp] =
            self.sizes(["num_hidden_layers", "num_attention_heads", "hidden_size", "intermediate_size"])?;
        Ok(TransformerSettings {
            layers,
            heads,
            width,
            mlp,
            activation: self.activation("hidden_act")?,
            ..usual()
        })
    }

    fn bert(&self) -> Result<TransformerSettings, PretrainedError> {
        self.expect("position_embedding_type", "absolute")?;
        self.expect("is_decoder", false)?;
        self.expect("add_cross_attention", false)?;
        Ok(TransformerSettings {
            norm_place: NormPlace::Post,
            norm_epsilon: self.number("layer_norm_eps", 1e-12)?,
            embedding_norm: true,
            pooling: Pooling::First,
            pooler: true,
            dropout: self.number("hidden_dropout_prob", 0.1)?,
            ..self.in_common()?
        })
    }

    fn gpt2(&self) -> Result<TransformerSettings, PretrainedError> {
        self.expect("scale_attn_weights", true)?;
        self.expect("scale_attn_by_inverse_layer_idx", false)?;
        self.expect("add_cross_attention", false)?;
        let [layers, heads, width] = self.sizes(["n_layer", "n_head", "n_embd"])?;
        let mlp = match self.map.get("n_inner") {
            None | Some(Value::Null) => 4 * width,
            Some(_) => self.sizes(["n_inner"])?[0],
        };
        Ok(TransformerSettings {
            layers,
            heads,
            width,
            mlp,
            activation: self.activation("activation_function")?,
            norm_epsilon: self.number("layer_norm_epsilon", 1e-5)?,
            tied: self.truth("tie_word_embeddings", true)?,
            dropout: self.number("resid_pdrop", 0.1)?,
            ..usual()
        })
    }

    fn neox(&self) -> Result<TransformerSettings, PretrainedError> {
        self.expect("attention_bias", true)?;
        Ok(TransformerSettings {
            norm_epsilon: self.number("layer_norm_eps", 1e-5)?,
            parallel: self.truth("use_parallel_residual", true)?,
            positions: Positions::Rotary,
            rotary_share: self.rotary("rotary_pct", "partial_rotary_factor", 0.25)?,
            rotary_base: self.rotary("rotary_emb_base", "rope_theta", 10_000.0)?,
            tied: self.truth("tie_word_embeddings", false)?,
            dropout: self.number("hidden_dropout", 0.0)?,
            ..self.in_common()?
        })
    }

    /// A setting of rotary positions: newer versions keep them in a table of their own, with other names.
    fn rotary(&self, key: &'static str, nested: &'static str, usual: f64) -> Result<f64, PretrainedError> {
        let Some(table) =
            ["rope_parameters", "rope_scaling"].iter().find_map(|key| self.map.get(*key)?.as_object())
        else {
            return self.number(key, usual);
        };
        let kind = table.get("rope_type").or(table.get("type")).and_then(Value::as_str).unwrap_or("default");
        if kind != "default" {
            return Err(self.setting("rope_type", &Value::from(kind), "default".into()));
        }
        let inner = Keys { path: self.path, map: table.clone() };
        inner.number(nested, self.number(key, usual)?)
    }

    fn sizes<const N: usize>(&self, keys: [&'static str; N]) -> Result<[usize; N], PretrainedError> {
        let mut sizes = [0; N];
        for (size, key) in sizes.iter_mut().zip(keys) {
            let found = self.map.get(key).unwrap_or(&Value::Null);
            let number = found.as_u64().filter(|&number| number > 0 && number <= 1 << 24);
            *size = number.ok_or_else(|| self.setting(key, found, "a size of at least 1".into()))? as usize;
        }
        Ok(sizes)
    }

    fn number(&self, key: &'static str, usual: f64) -> Result<f64, PretrainedError> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(usual),
            Some(found) => found.as_f64().ok_or_else(|| self.setting(key, found, "a number".into())),
        }
    }

    fn truth(&self, key: &'static str, usual: bool) -> Result<bool, PretrainedError> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(usual),
            Some(found) => found.as_bool().ok_or_else(|| self.setting(key, found, "true or false".into())),
        }
    }

    fn activation(&self, key: &'static str) -> Result<MlpActivation, PretrainedError> {
        let found = self.map.get(key).unwrap_or(&Value::Null);
        match found.as_str() {
            Some("gelu") => Ok(MlpActivation::Gelu),
            Some("gelu_new" | "gelu_pytorch_tanh") => Ok(MlpActivation::GeluTanh),
            Some("relu") => Ok(MlpActivation::Relu),
            // Both forms of config leave out what is their default.
            None if found.is_null() && key == "activation_function" => Ok(MlpActivation::GeluTanh),
            None if found.is_null() => Ok(MlpActivation::Gelu),
            _ => Err(self.setting(key, found, "gelu, gelu_new or relu".into())),
        }
    }

    /// Refuses any other value than `usual`, which is what is meant where the key is missing.
    fn expect(&self, key: &'static str, usual: impl Into<Value>) -> Result<(), PretrainedError> {
        let usual = usual.into();
        match self.map.get(key) {
            Some(found) if !found.is_null() && *found != usual => {
                Err(self.setting(key, found, format!("{usual}; the model is another one otherwise")))
            }
            _ => Ok(()),
        }
    }

    fn setting(&self, key: &'static str, found: &Value, expected: String) -> PretrainedError {
        let found = if found.is_null() { "missing".into() } else { found.to_string() };
        PretrainedError::Setting { path: self.path.into(), key, found, expected }
    }
}

/// Whether the checkpoint in `folder` was trained as an encoder of sentences, by the mean of its states, as the library
/// sentence-transformers says so.
pub fn is_sentence_encoder(folder: &Path) -> bool {
    let pooling = std::fs::read(folder.join("1_Pooling/config.json")).ok();
    let pooling: Option<Map<String, Value>> = pooling.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    pooling.is_some_and(|pooling| pooling.get("pooling_mode_mean_tokens") == Some(&Value::Bool(true)))
}

/// What all forms have in common.
fn usual() -> TransformerSettings {
    TransformerSettings { norm: NormChoice::Layer, init: Init::Gpt2, ..TransformerSettings::default() }
}
