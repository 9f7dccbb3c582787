//! Copying in a few numbers (docs/theory.md, "Copying, reduced"): what training will do, from the task alone.
//!
//! [`words`] says which words are alike and how often each comes, [`flow`] moves what is known of them and where
//! attention goes, [`start`] measures where a model's initial weights begin, [`outlook`] turns it all into a
//! prediction in optimiser steps.

mod flow;
mod words;

pub use flow::{COPIED, CopyingFlow, CopyingPoint, Pace};
