//! A trained model for use outside Onset: one folder that PyTorch loads, and ONNX where the model has a graph.
//!
//! ```text
//! model.safetensors    the parameters under PyTorch's names
//! model.onnx           the same model for ONNX runtimes
//! classifier.py        the model in PyTorch (rnn.py, translator.py, attention_only.py)
//! load.py              loads it, and compares it with what Onset computed
//! texts.py             from texts to tokens (classifiers of texts)
//! example.safetensors  inputs and Onset's logits
//! spec.toml            the run's spec
//! vocabulary.json, tokenizer.json, data.json   as the run has them
//! export.json          what was exported
//! README.md            how to use it
//! ```
//!
//! The data that a run was trained on is not needed. [`model`](crate::model) has each family's twin in PyTorch and its
//! graph; nothing here knows a family.

mod error;
mod example;
mod folder;
mod readme;
mod script;
mod source;

pub use error::ExportError;
pub use folder::{Exported, export};
