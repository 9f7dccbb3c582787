//! The two-stage theory as code: it predicts training from the data and the initial weights alone.
//!
//! `docs/theory.md` has the derivations. [`BagFlow`] and [`CoOccurrence`] are stage 1 (the predictions of single words)
//! for texts and for sentence pairs; [`Shrinkage`] takes the noise from those of texts. [`StageTwo`] is stage 2 (where
//! attention goes); [`Competition`] is both in turn, on sentence pairs. [`CopyingFlow`] is a reduced dynamics of copying with both stages. [`Calibration`] converts its
//! time into optimiser steps, [`CopyingLaw`] is fitted on measured steps, and [`expected()`] is the prediction by both. [`DropLaw`] is a law of when a Transformer finds how to
//! match in context.

mod bag_flow;
mod co_occurrence;
mod competition;
mod copying;
mod drop;
mod integration;
mod logistic;
mod pair_co_occurrence;
mod regression;
mod settings_law;
mod shrinkage;
mod stage_two;
mod toy;
mod word_counts;

pub use bag_flow::{BagFlow, BagPace};
pub use co_occurrence::first_order;
pub use competition::{Competition, CompetitionSettings};
pub use copying::{
    COPIED, Calibration, CopyingFlow, CopyingLaw, CopyingOutcome, CopyingPoint, CopyingSetting, CopyingStep,
    Expected, InitialCondition, LawCoefficients, LawDeviation, LearnedRun, MeasuredCopying, OutcomePoint,
    Pace, Phase, Question, StepsBy, copying_outcome, copying_table, expected, fit, initial_conditions,
    measured_copying, not_calibrated, not_covered, outcome, stretched,
};
pub(crate) use drop::measured_digest;
pub use drop::{Chains, DropLaw, DropPrediction, MARKOV_MODEL, MeasuredDrop, measured_drops};
pub use pair_co_occurrence::CoOccurrence;
pub use shrinkage::Shrinkage;
pub use stage_two::{StageTwo, stage_two_attention};
pub use toy::{ToyPoint, ToyRun, ToyStart, integrate_toy};
pub use word_counts::{CountedWord, KNOWN_AT, WordCounts};
