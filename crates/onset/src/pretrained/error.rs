//! Why a checkpoint in the Hugging Face layout cannot be used.

use std::path::PathBuf;

/// Why a checkpoint in the Hugging Face layout cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PretrainedError {
    /// A file is missing or cannot be read.
    #[error(
        "cannot read {path}: {reason}; expected a folder with config.json and model.safetensors, as `save_pretrained` writes it"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The weights are in another format.
    #[error(
        "{folder} has its weights in {found}, which is a Python pickle; save them as safetensors: \
         `AutoModel.from_pretrained(\"{folder}\").save_pretrained(\"{folder}\")`"
    )]
    Pickle {
        /// The folder.
        folder: PathBuf,
        /// The file.
        found: &'static str,
    },
    /// A model of another form.
    #[error("{path}: the model type is {found}; Onset reads bert, gpt2 and gpt_neox")]
    Architecture {
        /// The configuration.
        path: PathBuf,
        /// Its model type.
        found: String,
    },
    /// A setting that is missing, or that makes another model.
    #[error("{path}: {key} is {found}; expected {expected}")]
    Setting {
        /// The configuration.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// Its value.
        found: String,
        /// What Onset can use.
        expected: String,
    },
    /// A tensor that is not there.
    #[error(
        "{folder} has no tensor {tensor}; is it a checkpoint of the model that its config.json describes?"
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// Tensors that would be left over.
    #[error("{folder} has tensors that a model as in its config.json does not have: {tensors}")]
    Extra {
        /// The folder.
        folder: PathBuf,
        /// Their names, as a list.
        tensors: String,
    },
    /// A tensor of another shape.
    #[error(
        "{folder}: the tensor {tensor} has the shape {found:?}, which does not fit {parameter}: expected {expected}"
    )]
    Shape {
        /// The folder.
        folder: PathBuf,
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The model's parameter.
        parameter: String,
        /// What would fit.
        expected: String,
    },
    /// A tensor of a type that is not read.
    #[error("{folder}: the tensor {tensor} has the type {dtype}; Onset reads F32, F16 and BF16")]
    Type {
        /// The folder.
        folder: PathBuf,
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: String,
    },
    /// A tokenizer that cannot be used.
    #[error("{path}: {reason}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Tensors that are named.
const NAMED: usize = 6;

impl PretrainedError {
    pub(super) fn extra(folder: PathBuf, tensors: &[String]) -> Self {
        let more = if tensors.len() > NAMED {
            format!(" and {} more", tensors.len() - NAMED)
        } else {
            String::new()
        };
        let named = tensors[..tensors.len().min(NAMED)].join(", ");
        Self::Extra { folder, tensors: format!("{named}{more}") }
    }
}
