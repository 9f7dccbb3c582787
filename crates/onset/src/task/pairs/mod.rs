//! Sentence pairs: from files or memory to subwords.
//!
//! The way is `read` (lines of both sides), [`subwords`](super::subwords) (a joint vocabulary, learned from what is trained on),
//! [`PairData::load`] (what is held out or left out), `batches` (pairs of similar length together).

mod batches;
mod bleu;
mod error;
mod load;
mod read;
mod source;
mod task;

pub use batches::Batches;
pub use bleu::BleuScope;
pub use error::{PairError, TooFewPairs};
pub use load::{PairData, PairExample, PairFacts, PairNotices};
pub(crate) use read::read_pairs;
pub use read::{RawPair, read_lines};
pub use source::PairSource;
pub use task::PairTask;
