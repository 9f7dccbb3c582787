//! The state shared by all requests.

use std::sync::Arc;

use tokio::sync::watch;

use crate::failure::Failure;
use crate::live::Sessions;
use crate::permits::Permits;
use crate::run_folder::RunFolder;
use crate::trainings::Trainings;

/// A running lab. Routes take it as `State<Arc<Lab>>`.
#[derive(Debug)]
pub struct Lab {
    /// The recorded runs.
    pub(crate) runs: RunFolder,
    /// Becomes true on shutdown; event streams must then end.
    pub(crate) shutting_down: watch::Receiver<bool>,
    /// The lab's interactive training sessions.
    pub(crate) sessions: Sessions,
    /// The runs that are begun from pages.
    pub(crate) trainings: Trainings,
    /// For trainings that are prepared; each takes a processor for a fraction of a second.
    pub(crate) preparing: Permits,
    /// For what is read from files; each may take some memory while it is read.
    pub(crate) reading: Permits,
    /// Addresses of the lab for other machines; none if it listens to this one alone.
    pub(crate) addresses: Vec<String>,
}

/// Trainings prepared at the same time.
pub(crate) const MAX_PREPARING: usize = 2;

/// Reads of files at the same time.
pub(crate) const MAX_READING: usize = 8;

impl Lab {
    /// Runs `work` on files in a thread that may block. Errors name files by their place below the folder of runs.
    pub(crate) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let reading = self.reading.clone();
        let done = reading.run(move || work(&self).map_err(|failure| self.runs.without_root(failure))).await;
        done.unwrap_or_else(|| Err(Failure::bug()))
    }

    /// Returns on shutdown. Event streams wait for it together with their next event.
    pub(crate) async fn shutdown(&self) {
        let mut shutting_down = self.shutting_down.clone();
        // An error means that the server has been dropped, which is also a shutdown.
        let _ = shutting_down.wait_for(|&shutting_down| shutting_down).await;
    }
}
