//! The paper's models on the engine, with PyTorch's parameter names, layouts and initial distributions.

mod classifier;
mod copier;
mod encoder_decoder;
mod parameters;
mod translator;

pub use classifier::{Classified, Classifier, ClassifierRoute};
pub use copier::{Copied, Copier, CopierRoute};
pub use encoder_decoder::{EncoderDecoder, Input};
pub use parameters::{GruWeights, Linear, LinearMaps, LstmWeights, Parameter, Parameters, Redrawn};
pub use translator::{DecoderWeights, Encoded, Translated, Translator};
