//! Which words give the labels of a data set away.
//!
//! A model that is trained on texts with a word that stands in for the label (a file name, a site's signature, a number
//! that was given out label by label) learns that word and little else. The audit looks for such words before training.
//!
//! `mark` is what a text may have: words, words at its beginning or end, words of one form. `search` counts in which texts
//! each mark is, tests it against each label, and puts together what comes together. `leak` separates leaks from words
//! that merely go with a label, as words do. `giveaway` is what is reported of one, `bag` what words are worth for a bag of
//! words, and `report` the whole.

mod bag;
mod giveaway;
mod leak;
mod mark;
mod report;
mod search;

pub use giveaway::{Giveaway, Row};
pub use leak::{EQUALS_THE_LABEL, LEAST_STRENGTH, TIMES_ORDINARY};
pub use mark::MarkKind;
pub use report::{
    Audit, BagAccuracy, FalseDiscoveries, Inspected, audit, audit_of_shuffled_labels, inspect_with_leaks,
};
