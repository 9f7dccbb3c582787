//! A reduced dynamics of copying (docs/theory.md, "Copying, reduced"): predictions from the task and the initial
//! weights.
//!
//! [`words`] groups words with the same statistics and computes how often each occurs. [`flow`] integrates the score
//! gap w and the logit gap a, and [`phases`] what moves when training is changed on the way. [`start`] measures the initial condition of a model's weights. [`calibration`] converts
//! time to optimiser steps, and [`outcome`] computes the predicted distribution. [`law`]
//! is fitted to measured runs, without the dynamics, and [`expected`] puts both together.

mod calibration;
mod expected;
mod flow;
mod law;
mod outcome;
mod phases;
mod rehearsal;
mod start;
mod words;

pub use calibration::{Calibration, LearnedRun, fit};
pub use expected::{Expected, StepsBy, expected, stretched};
pub use flow::{COPIED, CopyingFlow, CopyingPoint, Pace, Phase};
pub use law::{
    CopyingLaw, CopyingSetting, CopyingStep, LawCoefficients, LawDeviation, MeasuredCopying, copying_table,
    measured_copying,
};
pub use outcome::{
    CopyingOutcome, OutcomePoint, Question, copying_outcome, not_calibrated, not_covered, outcome,
};
pub use start::{InitialCondition, initial_conditions};
