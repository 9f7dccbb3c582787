//! Runs taken together: which runs an experiment of the paper needs, and what they say as a whole.
//!
//! A [`RunRecord`] is one run as it is on record. [`CopyingPlan`] and [`ClassificationPlan`] list the runs of
//! an experiment; [`analyse`] turns those of a classification into a [`ClassificationStudy`].

mod analysis;
mod classification;
mod copying;
mod error;
mod findings;
mod reference;
mod remarks;
mod run_record;

pub use analysis::analyse;
pub use classification::{ClassificationPlan, ClassificationSeeds};
pub use copying::CopyingPlan;
pub use error::StudyError;
pub use findings::{
    ClassificationStudy, Curve, Estimate, Finding, GoldCheckpoint, Pair, PartStudy, StudyNotices,
};
pub use run_record::RunRecord;
