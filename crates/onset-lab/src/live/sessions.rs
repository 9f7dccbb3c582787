//! The registry of training sessions.
//!
//! A session is started by a page, but does not belong to one: it goes on while any page shows it, is paused when none
//! has done so for a while, and is kept, so that a page that comes back finds it. What is kept is bounded in number and
//! memory. When there is no room, the session that has been without a page for the longest time is given up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use onset::live::Setup;

use super::Session;

/// How many sessions may be kept, and how many may run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of sessions, running or paused.
    pub sessions: usize,
    /// Maximum number of sessions that take steps at the same time.
    pub running: usize,
    /// Maximum memory of all sessions, in bytes, as [`memory_of`] estimates it.
    pub memory: u64,
    /// How long a session runs on without subscribers before it is paused.
    pub pause_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sessions: 12, running: 4, memory: 2 << 30, pause_after: crate::options::DEFAULT_PAUSE }
    }
}

/// How often a session is checked for subscribers, at most.
const CHECK_INTERVAL: Duration = Duration::from_secs(3);

/// Number of ended sessions whose reason is kept for whoever asks later.
const KEPT_REASONS: usize = 100;

/// The sessions of a lab, the oldest first. Their ids are random: one that is known from before a restart names nothing.
#[derive(Debug, Default)]
pub struct Sessions {
    kept: Mutex<Kept>,
    limits: Limits,
}

#[derive(Debug, Default)]
struct Kept {
    sessions: Vec<Arc<Session>>,
    /// The ids of sessions that have ended and the reasons, the latest last.
    ended: VecDeque<(String, String)>,
}

/// A limit is reached, and every session that counts towards it is shown on a page.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AtCapacity {
    /// Too many run.
    #[error(
        "{0} trainings are running and shown on pages, which is the maximum; pause or end one of them in the list of \
         trainings, or watch one"
    )]
    Running(usize),
    /// Too many are kept.
    #[error(
        "{0} trainings are open and shown on pages, which is the maximum; end one of them in the list of trainings, or \
         watch one"
    )]
    Sessions(usize),
    /// They take too much memory.
    #[error(
        "the trainings that are shown on pages take all the memory that the lab has for them; end one of them in the \
         list of trainings, or choose a smaller model, batch or length"
    )]
    Memory,
}

/// An estimate from above of the memory of a session, in bytes: the values of one batch that are kept for the backward
/// pass, those of the measurement, and the parameters with the optimiser's state.
pub fn memory_of(setup: &Setup) -> u64 {
    let number = |value: usize| value as u64;
    // A measurement has up to 100 examples.
    let tokens = number(setup.batch.max(100)) * number(setup.length + 1);
    let per_token = 40 * setup.width + 6 * setup.heads * (setup.length + 1) + 6 * (setup.vocabulary + 2);
    let parameters = 40 * setup.width * setup.width + 6 * setup.width * (setup.vocabulary + 2);
    4 * (2 * tokens * number(per_token) + 4 * number(parameters))
}

impl Sessions {
    /// None yet, within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { kept: Mutex::default(), limits }
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Updates under this lock are never left half done, so a poisoned lock can be used.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for a session with `setup`: ends those that have been without subscribers for the longest time, as
    /// many as necessary.
    pub fn make_room(&self, setup: &Setup) -> Result<(), AtCapacity> {
        self.kept().make_room(&self.limits, memory_of(setup))
    }

    /// Registers a session.
    pub fn insert(&self, session: Arc<Session>) -> Result<(), AtCapacity> {
        let mut kept = self.kept();
        let room = kept.make_room(&self.limits, memory_of(session.setup()));
        let room =
            room.and_then(|()| if session.is_running() { self.admit(&kept.sessions, None) } else { Ok(()) });
        if let Err(error) = room {
            session.close("the lab was at capacity");
            return Err(error);
        }
        kept.sessions.push(session);
        Ok(())
    }

    /// Makes sure that `session` may take steps: pauses another that no page shows if necessary.
    pub fn admit_to_run(&self, session: &Arc<Session>) -> Result<(), AtCapacity> {
        self.admit(&self.kept().sessions, Some(session))
    }

    fn admit(&self, sessions: &[Arc<Session>], own: Option<&Arc<Session>>) -> Result<(), AtCapacity> {
        let is_own = |session: &Arc<Session>| own.is_some_and(|own| Arc::ptr_eq(own, session));
        let running: Vec<_> =
            sessions.iter().filter(|session| session.is_running() && !is_own(session)).collect();
        if running.len() < self.limits.running {
            return Ok(());
        }
        let left = longest_unwatched(running.iter().copied());
        left.map(|session| session.leave()).ok_or(AtCapacity::Running(self.limits.running))
    }

    /// The open session with this id.
    pub fn get(&self, id: &str) -> Option<Arc<Session>> {
        self.kept().sessions.iter().find(|session| session.is_open() && session.id() == id).cloned()
    }

    /// All open sessions, the oldest first.
    pub fn all(&self) -> Vec<Arc<Session>> {
        self.kept().sessions.iter().filter(|session| session.is_open()).cloned().collect()
    }

    /// Ends a session.
    pub fn end(&self, session: &Arc<Session>, reason: &str) {
        self.kept().end(session, reason);
    }

    /// Why there is no open session with this id. A page that follows one asks again whenever its connection is opened
    /// anew, so that the session may have ended since.
    pub fn why_ended(&self, id: &str) -> String {
        let mut kept = self.kept();
        kept.forget_ended();
        let ended = kept.ended.iter().rev().find(|(other, _)| other == id);
        ended.map_or_else(|| UNKNOWN.into(), |(_, reason)| reason.clone())
    }

    /// Pauses the session whenever it has had no subscribers for [`Limits::pause_after`]; ends it on `shutdown`.
    pub async fn supervise(&self, session: Arc<Session>, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let interval = CHECK_INTERVAL.min(self.limits.pause_after / 2);
        while session.is_open() {
            if session.unwatched_since().is_some_and(|since| since.elapsed() >= self.limits.pause_after) {
                session.leave();
            }
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = &mut shutdown => return self.end(&session, SHUTDOWN_MESSAGE),
            }
        }
        // It may have ended by itself.
        self.kept().forget_ended();
    }
}

fn longest_unwatched<'a>(sessions: impl Iterator<Item = &'a Arc<Session>>) -> Option<&'a Arc<Session>> {
    let since = sessions.filter_map(|session| Some((session.unwatched_since()?, session)));
    since.min_by_key(|(since, _): &(Instant, _)| *since).map(|(_, session)| session)
}

impl Kept {
    fn make_room(&mut self, limits: &Limits, needed: u64) -> Result<(), AtCapacity> {
        self.forget_ended();
        loop {
            let memory: u64 = self.sessions.iter().map(|session| memory_of(session.setup())).sum();
            let full = if self.sessions.len() >= limits.sessions {
                AtCapacity::Sessions(limits.sessions)
            } else if !self.sessions.is_empty() && memory + needed > limits.memory {
                AtCapacity::Memory
            } else {
                return Ok(());
            };
            let session = longest_unwatched(self.sessions.iter()).cloned().ok_or(full)?;
            self.end(&session, "no page was showing it, and another training needed the room");
        }
    }

    fn end(&mut self, session: &Arc<Session>, reason: &str) {
        session.close(reason);
        self.forget_ended();
    }

    /// Keeps of the sessions that have ended nothing but the reason.
    fn forget_ended(&mut self) {
        let Self { sessions, ended } = self;
        for session in sessions.extract_if(.., |session| !session.is_open()) {
            ended.push_back((session.id().into(), session.end_reason()));
        }
        ended.drain(..ended.len().saturating_sub(KEPT_REASONS));
    }
}

/// The reason where none is kept.
const UNKNOWN: &str =
    "it was ended, it was given up for others while no page showed it, or the lab was started anew";

/// The reason for the end of sessions on shutdown.
pub const SHUTDOWN_MESSAGE: &str = "the lab was shut down";

impl Drop for Sessions {
    fn drop(&mut self) {
        self.all().into_iter().for_each(|session| session.close(SHUTDOWN_MESSAGE));
    }
}

#[cfg(test)]
mod tests {
    use onset::live::{LiveTraining, Prediction, Speed};

    use super::super::session::Start;
    use super::*;

    fn session() -> Arc<Session> {
        let setup = Setup { vocabulary: 4, length: 3, width: 4, batch: 2, steps: 10, ..Setup::default() };
        let training = LiveTraining::new(&setup).unwrap();
        let prediction = Prediction::default();
        Session::start(Start { training, prediction, preset: None, speed: Speed::Slow, run: false }).unwrap()
    }

    #[test]
    fn the_session_without_a_page_for_the_longest_time_gives_way_and_watched_ones_never() {
        let sessions = Sessions::new(Limits { sessions: 2, ..Limits::default() });
        let [first, second, third] = [(); 3].map(|()| session());
        for session in [&first, &second] {
            sessions.insert(Arc::clone(session)).unwrap();
        }
        // The older one is watched.
        let watching = first.subscribe().unwrap();
        sessions.insert(Arc::clone(&third)).unwrap();
        assert!(first.is_open() && !second.is_open() && third.is_open());
        assert!(sessions.why_ended(second.id()).contains("needed the room"));
        let also = third.subscribe().unwrap();
        assert_eq!(sessions.insert(session()), Err(AtCapacity::Sessions(2)));
        drop((watching, also));
        sessions.insert(session()).unwrap();
        assert_eq!(sessions.all().len(), 2);
    }

    #[test]
    fn why_a_session_ended_is_known_to_whoever_asks_later() {
        let sessions = Sessions::default();
        let [ended, broken] = [(); 2].map(|()| session());
        for session in [&ended, &broken] {
            sessions.insert(Arc::clone(session)).unwrap();
        }
        sessions.end(&ended, "it was ended from a page");
        // As by its own thread.
        broken.close("the training stopped");
        assert_eq!(sessions.why_ended(ended.id()), "it was ended from a page");
        assert_eq!(sessions.why_ended(broken.id()), "the training stopped");
        assert_eq!(sessions.why_ended("of-another-lab"), UNKNOWN);
        for _ in 0..KEPT_REASONS {
            let session = session();
            sessions.insert(Arc::clone(&session)).unwrap();
            sessions.end(&session, "another");
        }
        assert_eq!(sessions.why_ended(ended.id()), UNKNOWN);
        assert_eq!(sessions.kept().ended.len(), KEPT_REASONS);
    }

    #[test]
    fn memory_is_bounded_too() {
        let one = memory_of(session().setup());
        let sessions = Sessions::new(Limits { memory: 2 * one, ..Limits::default() });
        for _ in 0..5 {
            sessions.insert(session()).unwrap();
        }
        assert_eq!(sessions.all().len(), 2);
        let watching: Vec<_> = sessions.all().iter().map(|session| session.subscribe().unwrap()).collect();
        assert_eq!(sessions.insert(session()), Err(AtCapacity::Memory));
        drop(watching);
        // The largest that the lab allows is far below the limit.
        let largest =
            Setup { vocabulary: 60, length: 101, width: 128, batch: 128, heads: 8, ..Setup::default() };
        assert!(memory_of(&largest) < Limits::default().memory, "{}", memory_of(&largest));
    }

    #[test]
    fn names_and_keys_of_sessions_differ_and_cannot_be_guessed_from_each_other() {
        let [one, two] = [session(), session()];
        let all = [one.id(), one.key().as_str(), two.id(), two.key().as_str()];
        assert!(all.iter().enumerate().all(|(at, name)| name.len() == 32 && !all[..at].contains(name)));
        assert!(!one.key().matches(one.id()));
    }
}
