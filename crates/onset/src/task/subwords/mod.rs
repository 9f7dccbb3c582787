//! Subwords: a vocabulary that is learned from text, and how text becomes its tokens. Sentence pairs always use it; texts do
//! with `task.tokens = "subwords"`.

mod error;
mod foreign;
mod normalization;
mod vocabulary;

pub use error::{SubwordsError, VocabularyFault};
pub use foreign::ForeignTokens;
pub(crate) use normalization::Changes;
pub use normalization::Normalization;
pub use vocabulary::Subwords;

/// The file of a run that holds its subwords, in the format of the `tokenizers` library.
pub const SUBWORDS: &str = "tokenizer.json";

/// Stands for the space before a word.
pub const SPACE: char = '▁';
