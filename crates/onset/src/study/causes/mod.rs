//! Is it knowledge that attention waits for? Training is changed on the way, with the size of each effect predicted before.
//!
//! [`Arm`] is a change, [`Subject`] what is trained, [`CausesPlan`] has the runs, and [`causes_findings`] holds them against the
//! sealed predictions. Runs of the same seed are exact pairs: they have the same initial weights and data.

mod arm;
mod attended;
mod findings;
mod paired;
mod plan;
mod predicted;
mod sentences;
mod subject;

pub use arm::Arm;
pub use findings::{ArmFindings, CausesFindings, SubjectFindings, causes_findings};
pub use paired::{PairedCurve, PairedEffect, paired_curve, paired_effect};
pub use plan::{CausesPlan, CausesRuns};
pub use sentences::causes_sentences;
pub use subject::Subject;
