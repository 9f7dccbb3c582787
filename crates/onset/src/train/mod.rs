//! Training as a machine that one can step.
//!
//! An [`Experiment`] is a task with its model: it gives the loss of a step and says how well it does. A
//! [`Trainer`] holds its parameters and optimiser, takes steps, and is changed on the way by an [`Intervention`]. [`run`] drives a trainer through a run
//! directory, from start to finish or from where it was left; [`sweep`] drives several side by side.

mod classification;
mod copying;
mod error;
mod experiment;
mod intervention;
mod probe_run;
mod run;
mod sweep;
mod trainer;
mod translation;

pub use classification::ClassificationExperiment;
pub use copying::CopyingExperiment;
pub use error::TrainError;
pub use experiment::{Experiment, Prepared, Recorded};
pub use intervention::{Applied, AttentionRoute, Intervention, InterventionError, Part};
pub use probe_run::{Probed, probe_run};
pub use run::{Event, Outcome, RunOptions, Start, run};
pub use sweep::{Job, sweep};
pub use trainer::Trainer;
