//! Labelled text: from a file, from memory, or made on the spot, to tokens.
//!
//! The way is `read` (rows, by way of [`rows`](super::rows)), [`tokenize`](tokenize()) (words), `label` (which is positive),
//! `split` (what is held out), `segment` (subwords, on request), [`Vocabulary`] (ids); `gather` walks it as far as words, [`TextData::load`] to the end, as
//! [`Texts`]. `look_alike` and `unspaced` say what a reader of the file should know.

mod bags;
mod error;
mod gather;
mod keyword;
mod label;
mod load;
mod look_alike;
mod pieces;
mod read;
mod segment;
mod source;
mod split;
mod table;
mod task;
mod texts;
mod tokenize;
mod unlabelled;
mod unspaced;
mod vocabulary;
mod words;

pub use bags::Bags;
pub use error::{Field, LabelFault, LabelRows, RowFault, TextError, TooFewFault};
pub(crate) use gather::{Gathered, WordText, WordTexts, gather};
pub use keyword::KEYWORD;
pub(crate) use load::not_held_out;
pub use load::{Notices, TextData, TextExample, TextFacts};
pub use pieces::{ForeignPieces, WordPieces};
pub use source::{ClassWeights, KeywordTask, Positive, TextSource};
pub(crate) use split::split;
pub use table::{WordTable, WordUnit};
pub use task::TextTask;
pub use texts::Texts;
pub use tokenize::{Tokens, tokenize, tokens_of};
pub(crate) use tokenize::{each_character, each_token};
pub use unlabelled::{NewText, new_lines, new_texts};
pub use vocabulary::Vocabulary;
pub(crate) use words::{WordList, WordPool};

pub use super::rows::{Origin, RowPlace, read_bytes};
