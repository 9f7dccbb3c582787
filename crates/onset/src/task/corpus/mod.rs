//! Language modelling on one text: each token is predicted from those before it.
//!
//! `read` gives the text and what is held out of it, [`Codec`] turns text into tokens, [`CorpusData`] holds both splits in tokens,
//! and `windows` says which of them an example has. `references` and `scores` give the columns of evaluations.
//!
//! What is held out is the last part of the file, as one piece. Windows lie within one split, and vocabularies and counts come from
//! the training part alone, so no held-out token has any part in training.

mod codec;
mod error;
mod load;
mod read;
mod references;
mod scores;
mod source;
mod task;
mod windows;

pub use codec::Codec;
pub use error::{CorpusError, CorpusPart};
pub use load::{CorpusData, CorpusFacts};
pub use source::CorpusTask;
