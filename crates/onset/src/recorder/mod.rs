//! Records of models that are trained outside Onset: the run directory that a recorder in another program fills.
//!
//! A [`Recording`] writes the same files as a run of ours (see [`crate::record`] for attention), so that everything that reads runs
//! shows it. What it records comes as an [`Evaluation`] of one step, with the [`Probe`]s of its examples.

mod error;
mod heads;
mod probe;
mod recording;

pub use error::RecorderError;
pub use heads::{HeadMeasures, repeated_tokens, sequence_scores};
pub use probe::{Attended, Probe};
pub use recording::{Evaluation, Recorded, Recording};
