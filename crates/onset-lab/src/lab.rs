//! What all requests share.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::failure::Failure;
use crate::guard::Guard;
use crate::live::Rooms;
use crate::shelf::Shelf;

/// A running lab. Routes take it as `State<Arc<Lab>>`.
#[derive(Debug)]
pub struct Lab {
    /// The runs on record.
    pub(crate) shelf: Shelf,
    /// Who may ask.
    pub(crate) guard: Guard,
    /// Becomes true when the lab ends: streams of events must end then.
    pub(crate) ending: watch::Receiver<bool>,
    /// The trainings that it does.
    pub(crate) rooms: Rooms,
    /// How many more trainings may be prepared at once.
    pub(crate) preparing: Semaphore,
}

/// Trainings that are prepared at once; it takes a processor a fraction of a second.
pub(crate) const PREPARING: usize = 2;

impl Lab {
    /// Does work on files where it keeps no connection waiting.
    pub(crate) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let done = tokio::task::spawn_blocking(move || work(&self)).await;
        done.unwrap_or_else(|_| Err(Failure::bug()))
    }

    /// Returns when the lab ends. Streams of events wait for it beside their next event.
    pub(crate) async fn ended(&self) {
        let mut ending = self.ending.clone();
        // An error means that the server is gone, which is an end as well.
        let _ = ending.wait_for(|&ending| ending).await;
    }
}
