//! One file for each command.

mod classify;
mod collected;
mod data;
mod figure;
mod forecast;
mod lab;
mod plan;
mod predict;
mod predictions;
mod probe;
mod report;
mod reproduce;
mod runs;
mod show;
mod sweep;
mod target;
mod train;
mod translate;

pub use classify::classify;
pub use data::data;
pub use figure::figure;
pub use forecast::forecast;
pub use lab::lab;
pub use predict::predict;
pub use probe::probe;
pub use report::report;
pub use reproduce::reproduce;
pub use runs::runs;
pub use train::train;
pub use translate::translate;
