//! Checkpoints made elsewhere: folders in the layout of the Hugging Face hub (`config.json`, `model.safetensors`,
//! `tokenizer.json`) of models of BERT's, GPT-2's and GPT-NeoX's form.
//!
//! [`Config`] turns `config.json` into the settings of a [`Transformer`](crate::model::Transformer), `names` says which tensors
//! make up each of its parameters, and [`Pretrained`] reads them. What the Transformer cannot do is refused by name: a setting that
//! changes the model, a tensor that is missing, and one that would be left over. [`public_models`] lists some that can be fetched by name
//! ([`fetch_model`]).

mod catalogue;
mod config;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod names;
mod tensors;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use catalogue::{PublicModel, find_model, public_models};
pub use config::{Architecture, Config, is_sentence_encoder};
pub use error::PretrainedError;
#[cfg(feature = "fetch")]
pub use fetch::{FetchedModel, HUB, ModelFile, ModelOptions, ModelRecord, fetch_model};

use self::names::{Piece, is_known_extra, pieces_of};
use self::tensors::Tensors;
use crate::model::Parameters;

/// A checkpoint in the Hugging Face layout.
#[derive(Debug)]
pub struct Pretrained {
    config: Config,
    tensors: Tensors,
}

/// Which rows of a checkpoint's table of tokens a task uses: its token `i` is row `rows[i]`; none where they are the same.
pub type TokenRows<'a> = Option<&'a [u32]>;

/// The name of the file that holds a tokenizer.
pub const TOKENIZER: &str = "tokenizer.json";

impl Pretrained {
    /// Opens the checkpoint in `folder`; tensors are read when they are asked for.
    pub fn open(folder: &Path) -> Result<Self, PretrainedError> {
        Ok(Self { config: Config::read(folder)?, tensors: Tensors::open(folder)? })
    }

    /// What kind of model it is.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// SHA-256 over names and bytes of all tensors.
    pub fn digest(&self) -> Result<String, PretrainedError> {
        self.tensors.digest()
    }

    /// The values of each of `parameters`, in their order; none for those of an output layer that the checkpoint does not have, which
    /// stay as they were drawn.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape, or would be left over.
    pub fn values(
        &self,
        parameters: &Parameters,
        rows: TokenRows<'_>,
    ) -> Result<Vec<Option<Vec<f32>>>, PretrainedError> {
        let mut used = BTreeSet::new();
        let prefix = self.config.architecture.prefix(|name| self.tensors.has(name));
        let segments = parameters.iter().any(|parameter| parameter.name == "segments.weight");
        let mut all = Vec::new();
        for parameter in parameters.iter() {
            let Some(pieces) =
                pieces_of(&self.config, prefix, &parameter.name, &parameter.shape, segments, |name| {
                    self.tensors.rows(name)
                })
            else {
                all.push(None);
                continue;
            };
            let found = self.assemble(&parameter.name, &parameter.shape, &pieces, rows, &mut used)?;
            all.push(Some(found));
        }
        let left: Vec<String> = self
            .tensors
            .names()
            .filter(|name| !used.contains(*name) && !is_known_extra(&self.config, name))
            .map(String::from)
            .collect();
        if left.is_empty() {
            Ok(all)
        } else {
            Err(self.refuse(|folder| PretrainedError::extra(folder, &left)))
        }
    }

    /// The sum of `pieces`, each in the shape of the parameter `own`.
    fn assemble(
        &self,
        own: &str,
        shape: &[usize],
        pieces: &[Piece],
        rows: TokenRows<'_>,
        used: &mut BTreeSet<String>,
    ) -> Result<Vec<f32>, PretrainedError> {
        let size: usize = shape.iter().product();
        let mut sum = vec![0.0; size];
        for piece in pieces {
            let Some(name) = piece.tensor() else { continue };
            let tensor = self.tensors.read(name)?;
            used.insert(name.to_owned());
            let part = piece.cut(&tensor, shape, rows).map_err(|expected| {
                self.refuse(|folder| PretrainedError::Shape {
                    folder,
                    tensor: name.into(),
                    found: tensor.shape.clone(),
                    parameter: own.into(),
                    expected,
                })
            })?;
            sum.iter_mut().zip(part).for_each(|(sum, number)| *sum += number);
        }
        Ok(sum)
    }

    fn refuse(&self, error: impl FnOnce(PathBuf) -> PretrainedError) -> PretrainedError {
        error(self.config.folder.clone())
    }
}
