//! Decoding a translation, subword by subword.
//!
//! A [`Decoder`] is a translation model's decoder with all products that do not change made once; [`translate`]
//! searches with it for the likeliest translation of each sentence, many sentences at a time.

mod beam;
mod decoder;
mod greedy;
mod top;

pub use beam::{BeamSettings, Translation, translate};
pub use decoder::{Decoder, Memory};
pub use greedy::greedy;
