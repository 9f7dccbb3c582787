//! Decoding a translation, subword by subword.
//!
//! A [`Decoder`] is the decoder of LSTMs with all constant products computed in advance; that of a Transformer keeps keys and values.
//! Both take [`Steps`], with which [`translate`] searches for the most probable translation of each sentence, many sentences at a
//! time. [`decoder_of`] finds that of any model ([`Translates`]), and [`decode()`] translates with a model in training.

mod any;
mod beam;
mod decoder;
mod top;

pub use any::{Translates, decode, decoder_of};
pub use beam::{BeamSettings, Step, Steps, Translation, translate, translate_watched};
pub use decoder::{Decoder, Memory, States};
pub use top::Top;
