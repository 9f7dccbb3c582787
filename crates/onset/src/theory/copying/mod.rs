//! A reduced dynamics of copying (docs/theory.md, "Copying, reduced"): predictions from the task and the initial
//! weights.
//!
//! [`words`] groups words with the same statistics and computes how often each occurs. [`flow`] integrates the score
//! gap w and the logit gap a. [`start`] measures the initial condition of a model's weights. [`calibration`] converts
//! time to optimiser steps, and [`outcome`] computes the predicted distribution.

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
