//! Trainings that the lab does: each in a thread of its own, watched by any number of pages.
//!
//! [`Rooms`] knows all of them, and holds them to a number; a [`Room`] is one training, the list of its points and the
//! channel to those who watch; [`watch`] is what one of them is sent. What trains and what is seen is `onset::live`.

mod room;
mod rooms;
mod watch;

pub use room::Room;
pub use rooms::{MOST, Rooms};
pub use watch::watch;
