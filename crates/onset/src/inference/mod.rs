//! Trained models put to use: the model of a run, loaded at one of its checkpoints.

mod described;
mod interpreter;
mod loaded;
mod run_model;
mod text_classifier;

pub use described::{DescriptionClassifier, read_labels};
pub use interpreter::{Interpreted, Interpreter, InterpreterError};
pub use loaded::LoadedModel;
pub(crate) use run_model::RunModel;
pub use run_model::{RunModelError, reads_new_words};
pub use text_classifier::{ClassifiedText, ClassifierError, TextClassifier};
