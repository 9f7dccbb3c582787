//! Scores of translations.

mod bleu;
mod tokenize_13a;

pub use bleu::{Bleu, bleu};
pub use tokenize_13a::tokenize_13a;
