//! What all requests share.

use std::path::PathBuf;

use tokio::sync::{Semaphore, watch};

use crate::guard::Guard;
use crate::live::Rooms;

/// A running lab. Routes take it as `State<Arc<Lab>>`.
#[derive(Debug)]
pub struct Lab {
    /// The folder of runs, without links.
    pub(crate) folder: PathBuf,
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
    /// Returns when the lab ends. Streams of events wait for it beside their next event.
    pub(crate) async fn ended(&self) {
        let mut ending = self.ending.clone();
        // An error means that the server is gone, which is an end as well.
        let _ = ending.wait_for(|&ending| ending).await;
    }
}
