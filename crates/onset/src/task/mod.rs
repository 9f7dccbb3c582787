//! Where examples come from: synthetic tasks and text files.

mod copying;
pub mod pairs;
mod ragged;
pub mod text;

pub use ragged::{Ragged, SequencePairs};
