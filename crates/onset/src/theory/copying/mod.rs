//! Copying in a few numbers (docs/theory.md, "Copying, reduced"): what training will do, from the task alone.
//!
//! [`words`] says which words are alike and how often each comes, [`flow`] moves what is known of them and where
//! attention goes, [`start`] measures where a model's initial weights begin, [`outlook`] turns it all into a
//! prediction in optimiser steps.

mod calibration;
mod flow;
mod outlook;
mod start;
mod words;

pub use calibration::{Calibration, Emerged, fit};
pub use flow::{COPIED, CopyingFlow, CopyingPoint, Pace};
pub use outlook::{Outlook, OutlookPoint, beyond, outlook, outlook_until};
pub use start::{Beginning, beginning, gaps};
