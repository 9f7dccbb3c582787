//! Labelled text: from a file, or made on the spot, to tokens.
//!
//! The way is `read` (rows), `label` (which is positive), [`tokenize`](tokenize()) (words), `split` (what
//! is held out), [`Vocabulary`] (ids); `gather` walks it as far as words, [`TextData::load`] to the end.

mod error;
mod gather;
mod keyword;
mod label;
mod load;
mod read;
mod split;
mod tokenize;
mod vocabulary;

pub use error::TextError;
pub(crate) use gather::{Worded, gather};
pub use keyword::KEYWORD;
pub use load::{Notices, TextData, TextExample, TextFacts};
pub(crate) use read::{Columns, each_pair};
pub use read::{Row, is_text_file, read_bytes};
pub(crate) use split::split;
pub use tokenize::tokenize;
pub use vocabulary::Vocabulary;
