//! Interactive training: each session trains in a thread of its own and has any number of subscribers.
//!
//! [`Sessions`] is the registry, with a fixed capacity; a [`Session`] is one training, the points of its curves and the
//! channel to its subscribers; [`subscribe`] is the stream of events of one subscriber. What trains and what is
//! measured is `onset::live`.

mod session;
mod sessions;
mod subscriber;

pub use session::Session;
pub use sessions::{MAX_SESSIONS, Sessions};
pub use subscriber::subscribe;
