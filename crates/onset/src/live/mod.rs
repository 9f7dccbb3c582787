//! Training before one's eyes: small models that learn within seconds, looked at as they go and changed on the way.
//!
//! A [`Setup`] is what may be chosen, within bounds; [`LiveTraining`] is the machine that steps, [`Prediction`] what the
//! theory says before the first step, [`Point`] and [`View`] what is seen after each. [`drive`] runs a training in a
//! thread of its own, at a pace, under [`Command`]s. Nothing here knows of pages or servers.

mod copying;
mod drive;
mod error;
mod keyword;
mod prediction;
mod preset;
mod setup;
mod training;
mod view;

pub use drive::{Command, Pace, State, Status, Update, drive};
pub use error::LiveError;
pub use prediction::{PredictedPoint, Prediction};
pub use preset::{Preset, presets};
pub use setup::{LiveTask, Setup};
pub use training::{LiveTraining, MOST_CHANGES};
pub use view::{Point, TextView, View, WordView};
