//! Copying in a few numbers (docs/theory.md, "Copying, reduced"): predictions from the task and the initial weights.
//!
//! [`words`] groups words that behave alike and says how often each occurs, [`flow`] integrates the score gap w and the
//! logit gap a, [`start`] measures their initial condition in a model's weights, [`calibration`] turns time into
//! optimiser steps, and [`outcome`] puts it all into a predicted distribution.

mod calibration;
mod flow;
mod outcome;
mod start;
mod words;

pub use calibration::{Calibration, LearnedRun, fit};
pub use flow::{COPIED, CopyingFlow, CopyingPoint, Pace};
pub use outcome::{
    CopyingOutcome, OutcomePoint, copying_outcome, copying_outcome_until, not_calibrated, not_covered,
};
pub use start::{InitialCondition, initial_conditions};
