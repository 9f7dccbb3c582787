//! One file a command.

mod data;
mod report;
mod reproduce;
mod runs;
mod show;
mod sweep;
mod train;

pub use data::data;
pub use report::report;
pub use reproduce::reproduce;
pub use runs::runs;
pub use train::train;
