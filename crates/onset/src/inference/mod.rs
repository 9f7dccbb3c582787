//! Trained models put to use: the model of a run, loaded at one of its checkpoints.

mod interpreter;
mod loaded;

pub use interpreter::{Interpreted, Interpreter, InterpreterError};
pub use loaded::LoadedModel;
