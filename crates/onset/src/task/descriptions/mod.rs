//! Descriptions: whether a label, described by a question such as "Is this message spam?", fits a text (Zhong, Lee, Zhang and Klein
//! 2021, "Meta-tuning"). A model that learns it on many data sets can classify by a description alone.
//!
//! A [`Collection`] describes data sets, a TOML file each. `read` finds their files and reads their rows, `encode` turns texts into
//! tokens, `prepare` makes [`DescribedTask`] of them: which sets are trained on and which are held out, and no text on both sides.
//! `sample` draws training examples. [`check_collection`] says what does not fit.

mod attention;
mod check;
mod collection;
mod encode;
mod error;
mod keywords;
mod pools;
mod prepare;
mod read;
mod sample;
mod scores;
mod source;
mod task;

pub use attention::ATTENTION;
pub use check::{CollectionFindings, SetFindings, check_collection};
pub use collection::{Collection, DescribedLabel, DescribedSet};
pub use encode::PairTokens;
pub use error::CollectionError;
pub use sample::Uses;
pub use scores::{AUC, AUC_EACH, DESCRIPTIONS, DescriptionRow, LabelRow};
pub use source::DescriptionSource;
pub use task::DescribedTask;
