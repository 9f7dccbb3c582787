//! Interactive training: each session trains in its own thread and has any number of subscribers.
//!
//! [`Sessions`] is the registry, with its [`Limits`]. A [`Session`] is one training, the points of its curves and the
//! channel to its subscribers. [`events_of`] is the event stream of one subscriber. The training itself and its
//! measurements are in `onset::live`.

mod session;
mod sessions;
mod subscriber;

pub use session::{Session, Start};
pub use sessions::{AtCapacity, Limits, Sessions};
pub use subscriber::{end_event, events_of};
