//! Decoding a translation, subword by subword.
//!
//! A [`Decoder`] is the decoder of a translation model with all constant products computed in advance. [`translate`]
//! uses it to search for the most probable translation of each sentence, many sentences at a time. [`decode()`] does both
//! for a model in training.

mod beam;
mod decoder;
mod in_training;
mod top;

pub use beam::{BeamSettings, Translation, translate, translate_watched};
pub use decoder::{Decoder, Memory};
pub use in_training::decode;
