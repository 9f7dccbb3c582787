//! Where examples come from: synthetic tasks and text files.

mod copying;
mod ragged;
pub mod text;

pub use ragged::{Ragged, SequencePairs};
