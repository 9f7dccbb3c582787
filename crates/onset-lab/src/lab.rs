//! The state shared by all requests.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::failure::Failure;
use crate::live::Sessions;
use crate::run_folder::RunFolder;

/// A running lab. Routes take it as `State<Arc<Lab>>`.
#[derive(Debug)]
pub struct Lab {
    /// The recorded runs.
    pub(crate) runs: RunFolder,
    /// Becomes true on shutdown; event streams must then end.
    pub(crate) shutting_down: watch::Receiver<bool>,
    /// The lab's interactive training sessions.
    pub(crate) sessions: Sessions,
    /// The number of trainings that may still be prepared at the same time.
    pub(crate) preparing: Semaphore,
}

/// Trainings prepared at the same time; each takes a processor for a fraction of a second.
pub(crate) const MAX_PREPARING: usize = 2;

impl Lab {
    /// Runs `work` on files in a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let done = tokio::task::spawn_blocking(move || work(&self)).await;
        done.unwrap_or_else(|_| Err(Failure::bug()))
    }

    /// Returns on shutdown. Event streams wait for it together with their next event.
    pub(crate) async fn shutdown(&self) {
        let mut shutting_down = self.shutting_down.clone();
        // An error means that the server has been dropped, which is also a shutdown.
        let _ = shutting_down.wait_for(|&shutting_down| shutting_down).await;
    }
}
