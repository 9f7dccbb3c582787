//! The registry of training sessions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Session;

/// Maximum number of sessions.
pub const MAX_SESSIONS: usize = 4;

/// How long a session without subscribers continues.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// How often a session is checked for subscribers.
const CHECK_INTERVAL: Duration = Duration::from_secs(3);

/// The sessions of a lab by id. Ids are not reused.
#[derive(Debug, Default)]
pub struct Sessions {
    sessions: Mutex<BTreeMap<u64, Arc<Session>>>,
    last_id: AtomicU64,
}

/// There are [`MAX_SESSIONS`] sessions, and each has subscribers.
#[derive(Debug)]
pub struct AtCapacity;

impl Sessions {
    fn sessions(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Session>>> {
        // Updates under this lock are never left half done, so a poisoned lock can be used.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that there is capacity for one more session, by ending the oldest one without subscribers if
    /// necessary.
    pub fn ensure_capacity(&self) -> Result<(), AtCapacity> {
        let mut sessions = self.sessions();
        sessions.retain(|_, session| session.is_open());
        if sessions.len() < MAX_SESSIONS {
            return Ok(());
        }
        let idle = sessions.iter().find(|(_, session)| session.subscribers() == 0).map(|(&id, _)| id);
        let session = idle.and_then(|id| sessions.remove(&id)).ok_or(AtCapacity)?;
        session.close("no page was showing it, and another training needed the capacity");
        Ok(())
    }

    /// Registers a session and returns its id.
    pub fn insert(&self, session: Arc<Session>) -> Result<u64, AtCapacity> {
        if let Err(error) = self.ensure_capacity() {
            session.close("the lab was at capacity");
            return Err(error);
        }
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.sessions().insert(id, session);
        Ok(id)
    }

    /// The session with this id.
    pub fn get(&self, id: u64) -> Option<Arc<Session>> {
        self.sessions().get(&id).cloned()
    }

    /// All sessions with their ids.
    pub fn all(&self) -> Vec<(u64, Arc<Session>)> {
        self.sessions().iter().map(|(&id, session)| (id, Arc::clone(session))).collect()
    }

    /// Ends a session; returns false if there is none with this id.
    pub fn end(&self, id: u64, reason: &str) -> bool {
        let session = self.sessions().remove(&id);
        session.inspect(|session| session.close(reason)).is_some()
    }

    /// Ends the session once it has had no subscribers for [`IDLE_TIMEOUT`], or on `shutdown`.
    pub async fn supervise(&self, id: u64, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut idle = Duration::ZERO;
        while let Some(session) = self.get(id).filter(|session| session.is_open()) {
            idle = if session.subscribers() == 0 { idle + CHECK_INTERVAL } else { Duration::ZERO };
            if idle > IDLE_TIMEOUT {
                self.end(id, "no page was showing it for a while; press Reset to start a new one");
                return;
            }
            drop(session);
            tokio::select! {
                () = tokio::time::sleep(CHECK_INTERVAL) => {}
                () = &mut shutdown => {
                    self.end(id, SHUTDOWN_MESSAGE);
                    return;
                }
            }
        }
    }
}

/// The reason for the end of sessions on shutdown.
pub const SHUTDOWN_MESSAGE: &str = "the lab was shut down";

impl Drop for Sessions {
    fn drop(&mut self) {
        self.all().into_iter().for_each(|(_, session)| session.close(SHUTDOWN_MESSAGE));
    }
}
