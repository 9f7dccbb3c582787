//! What specs are made of, below any task or model: how settings are read and checked, the training and record
//! settings that every run has, and what can be wrong.

mod check;
mod choice;
mod described;
mod error;
mod intervene;
mod record;
mod training;
mod value;

pub use check::{require, require_size};
pub use choice::Settings;
pub(crate) use choice::{choices, merge, overlay};
pub(crate) use described::written;
pub use described::{Described, DescribedSettings, Description};
pub use error::SpecError;
pub(crate) use error::did_you_mean;
pub use intervene::{FreezeTarget, Intervene};
pub use record::{Amount, Record};
pub use training::{Budget, Keep, Optimizer, ScheduleKind, Training};
pub use value::{Fault, FaultKind, from_table};

/// Whether a key has its default value. Keys that were added later are written only when they do not, so that older
/// specs stay as they are.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
