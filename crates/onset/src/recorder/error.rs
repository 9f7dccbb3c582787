//! Why something cannot be recorded.

use std::path::PathBuf;

use crate::spec::SpecError;
use crate::store::StoreError;

/// Why something cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The description of the run cannot be used.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The run directory cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder has a run of another model or of other probes.
    #[error("{path} has another run ({what} differs); record to another folder, or delete it")]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// A step that is not behind the last one.
    #[error(
        "step {step} was to be recorded after step {last}; steps must increase (a training that goes back to an earlier checkpoint \
         resumes its recording)"
    )]
    Backwards {
        /// The step.
        step: u64,
        /// The last one.
        last: u64,
    },
    /// Lists that do not fit each other.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// What is wrong.
        what: &'static str,
        /// What fits.
        expected: String,
        /// What was given.
        found: String,
    },
    /// Weights that are not numbers.
    #[error(
        "{what} of example {example}, layer {layer}, head {head} at step {step} has values that are not finite; nothing of this step \
         is recorded (has the training diverged?)"
    )]
    NotFinite {
        /// Which values.
        what: &'static str,
        /// The step.
        step: u64,
        /// The example.
        example: usize,
        /// The layer.
        layer: usize,
        /// The head.
        head: usize,
    },
}
