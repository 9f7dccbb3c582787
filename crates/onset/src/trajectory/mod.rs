//! Recorded runs as time series, ready to be drawn.
//!
//! [`Catalogue`] keeps track of the runs in a folder, reading again only what has changed. [`RunCurves`] are the scores
//! of a run, thinned to what a screen can show; [`Spread`] is the spread of curves over seeds, and [`compare()`] puts
//! many runs beside each other.
//! [`ExampleCourse`] follows one example through all checkpoints, [`WordCourses`] every word: when training knew it,
//! and when attention found it. All of it is plain data to be drawn.

mod catalogue;
mod compare;
mod course;
mod curves;
mod example;
mod example_list;
mod links;
mod paired_words;
mod relevant_words;
mod spread;
mod text_words;
mod thin;
mod words;

pub use catalogue::{Catalogue, Change, Known, Overview};
pub use compare::{ComparedGroup, ComparedSeed, Comparison, compare};
pub use course::{Course, ExampleCourse, MatrixCourse, TextCourse};
pub use curves::{RunCurves, TRAINING_LOSS};
pub use example::{ExampleAt, example_course};
pub use example_list::{ExampleEntry, ExampleQuery, list_examples, recorded_splits};
pub use links::links_out;
pub use spread::{Spread, spread};
pub use thin::{Curve, Grid};
pub use words::{WordCourse, WordCourses, WordLine, word_courses};
