//! Decoding a translation, subword by subword.
//!
//! A [`Decoder`] is the decoder of a translation model with all constant products computed in advance. [`translate`]
//! uses it to search for the most probable translation of each sentence, many sentences at a time.

mod beam;
mod decoder;
mod greedy;
mod top;

pub use beam::{BeamSettings, Translation, translate};
pub use decoder::{Decoder, Memory};
pub use greedy::greedy;
