//! Interactive training: each session trains in its own thread and has any number of subscribers.
//!
//! [`Sessions`] is the registry, with a fixed capacity. A [`Session`] is one training, the points of its curves and the
//! channel to its subscribers. [`subscribe`] is the event stream of one subscriber. The training itself and its
//! measurements are in `onset::live`.

mod session;
mod sessions;
mod subscriber;

pub use session::Session;
pub use sessions::{MAX_SESSIONS, Sessions};
pub use subscriber::subscribe;
