//! Interactive training: small models that learn within seconds, shown while they train, with interventions.
//!
//! A [`Setup`] is a configuration within bounds. A [`LiveTraining`] takes the steps. A [`Prediction`] is the theory's
//! prediction before the first step; an [`Event`] is what may happen on the way; [`Point`] and [`View`] are the measurements after each step. [`drive`] is the loop
//! of a training: it receives [`Command`]s and emits [`Update`]s, at one of three [`Speed`]s. This module knows nothing
//! of pages or servers.

mod copying;
mod drive;
mod error;
mod event;
mod induction;
mod keyword;
mod prediction;
mod preset;
mod setup;
mod training;
mod view;

pub use drive::{Command, Speed, State, Status, Update, drive};
pub use error::LiveError;
pub use event::{Condition, Event, Quantity};
pub use prediction::{PredictedPoint, Prediction};
pub use preset::{Preset, presets};
pub use setup::{Setup, TaskChoice};
pub use training::{LiveTraining, MOST_CHANGES};
pub use view::{HeadView, Point, TextView, View, WordView};
