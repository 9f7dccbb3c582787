//! Training as a machine that one can step.
//!
//! A [`Trainer`] holds an [`Experiment`](crate::experiment::Experiment) with its parameters and optimiser, takes steps,
//! and is changed on the way by an [`Intervention`]. [`run`] drives a trainer through a run directory, from start to
//! finish or from where it was left; [`sweep`] drives several side by side.

mod branch;
mod error;
mod intervention;
mod memory;
mod planned;
mod probe_run;
mod resume;
mod run;
mod shards;
mod sink;
mod sweep;
mod trainer;

pub use branch::{BRANCH, BranchOrigin, Branching};
pub use error::TrainError;
pub use intervention::{Applied, FreezeTarget, Intervention, InterventionError};
pub use memory::{check_memory, parameter_count};
pub(crate) use probe_run::check_digest;
pub use probe_run::{Probed, Probing, probe_run};
pub use run::{Event, Observer, Outcome, RunOptions, Start, run};
pub use shards::{PartLoss, Shards};
pub use sink::{MemoryRun, Tables, run_in_memory};
pub use sweep::{Job, sweep};
pub use trainer::Trainer;

pub use crate::experiment::{Prepared, Recorded};
