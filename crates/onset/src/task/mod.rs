//! Where examples come from: synthetic tasks and text files.

pub mod text;
