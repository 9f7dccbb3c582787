//! Between tasks and models: the examples that a task draws, and the batches that a model takes.
//!
//! A task's [`Examples`] have a [`Signature`]; a model family takes batches of one [`Form`]. [`Batch::fill`] converts
//! the one into the other, so that N tasks and M families need one converter for each form. What does not fit is
//! refused by [`Form::fits`].

mod examples;
mod form;
mod link;
mod pieces;
mod ragged;
mod rows;

pub use examples::{Examples, Signature};
pub use form::{Batch, CausalBatch, Form, LabelledBatch};
pub use link::Link;
pub use pieces::pieces;
pub use ragged::{Ragged, SequencePairs};
pub use rows::Rows;

/// The token that begins the sequences of a subword vocabulary, and that a decoder is fed first.
pub const BEGIN: u32 = 1;

/// The token that ends them.
pub const END: u32 = 2;
