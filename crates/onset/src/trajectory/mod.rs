//! Recorded runs as time series, ready to be drawn.
//!
//! [`Catalogue`] lists the runs in a folder and reads only those that have changed. [`RunCurves`] has the scores of a
//! run, thinned to the resolution of a screen. [`Spread`] is the spread of curves over seeds, and [`compare()`] groups
//! many runs by configuration.
//! [`ExampleCourse`] is the trajectory of one example over all checkpoints. [`WordCourses`] has the trajectory of every
//! word: when β ranks it on top, and when attention finds it. All of it is plain data.

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
mod unreadable;
mod words;

pub use catalogue::{Catalogue, Change, Known, Overview};
pub use compare::{ComparedGroup, ComparedSeed, Comparison, compare};
pub use course::{Course, ExampleCourse, MatrixCourse, TextCourse};
pub use curves::{RunCurves, TRAINING_LOSS};
pub use example::{ExampleAt, example_course, label_names};
pub use example_list::{ExampleEntry, ExampleQuery, list_examples, recorded_splits};
pub use links::{below, links_out};
pub use spread::{Spread, spread};
pub use thin::{Curve, Grid};
pub use unreadable::Unreadable;
pub use words::{KnownBy, WordCourse, WordCourses, WordLine, word_courses};
