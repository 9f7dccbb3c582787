//! What is on record, along time: what one looks at rather than what one computes.
//!
//! [`Catalogue`] keeps track of the runs in a folder, reading again only what has changed. [`RunCurves`] are the scores
//! of a run, thinned to what a screen can show, and [`Spread`] is what those of many seeds come down to.
//! [`ExampleCourse`] follows one example through all checkpoints, [`WordCourses`] every word: when training knew it,
//! and when attention found it. All of it is plain data to be drawn.

mod catalogue;
mod copied_words;
mod course;
mod curves;
mod describe;
mod example;
mod example_list;
mod links;
mod paired_words;
mod spread;
mod text_words;
mod thin;
mod words;

pub use catalogue::{Catalogue, Change, Known, Overview};
pub use course::{Course, ExampleCourse, MatrixCourse, TextCourse};
pub use curves::{RunCurves, TRAINING_LOSS};
pub use describe::{describe, difference_labels};
pub use example::example_course;
pub use example_list::{ExampleEntry, ExampleQuery, list_examples};
pub use links::links_out;
pub use spread::{Spread, quantile, spread};
pub use thin::{Curve, Grid};
pub use words::{WordCourse, WordCourses, WordLine, word_courses};
