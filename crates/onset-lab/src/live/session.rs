//! One training session, and the channel to its subscribers.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use onset::live::{Command, LiveTraining, Point, Prediction, Setup, Speed, State, Status, Update, drive};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::secret::Secret;

/// Updates buffered for a slow subscriber; a subscriber that is further behind gets a snapshot instead.
const BUFFERED_UPDATES: usize = 16;

/// One training session.
#[derive(Debug)]
pub struct Session {
    /// Whoever knows it may watch.
    id: Secret,
    /// Whoever knows it may command.
    key: Secret,
    setup: Setup,
    /// The preset from which the setup was made.
    preset: Option<&'static str>,
    prediction: Prediction,
    shared: Mutex<Shared>,
}

/// The state shared by the training thread and the subscribers.
#[derive(Debug)]
struct Shared {
    points: Vec<Point>,
    last: Option<Update>,
    /// `None` once the session has ended.
    channels: Option<Channels>,
    end_reason: String,
    /// Whether it takes steps, or was told to and has not begun.
    running: bool,
    /// Whether the lab paused it because no page showed it.
    unwatched: bool,
    /// When it was first seen without subscribers; `None` if it has some.
    unwatched_since: Option<Instant>,
}

#[derive(Debug)]
struct Channels {
    updates: broadcast::Sender<Arc<str>>,
    commands: Sender<Command>,
}

/// The whole state, for a new subscriber or one that was too slow.
#[derive(Serialize)]
struct Snapshot<'a> {
    setup: &'a Setup,
    preset: Option<&'static str>,
    /// Whether it was paused because no page showed it.
    unwatched: bool,
    prediction: &'a Prediction,
    status: &'a Status,
    points: &'a [Point],
    view: &'a onset::live::View,
}

/// A training that is to be started.
pub struct Start {
    /// The training, before its first step.
    pub training: LiveTraining,
    /// The theory's prediction for it.
    pub prediction: Prediction,
    /// The preset from which its setup was made.
    pub preset: Option<&'static str>,
    /// Its speed.
    pub speed: Speed,
    /// Whether it starts running at once.
    pub run: bool,
}

/// Why a session cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system provides no thread.
    #[error("cannot start a thread for the training ({0}); end another training and try again")]
    Thread(std::io::Error),
    /// The system provides no random numbers.
    #[error(
        "the system provides no random numbers ({0}), without which a training cannot be named; try again"
    )]
    Random(getrandom::Error),
}

/// What a new subscriber receives.
pub struct Subscription {
    /// The whole state, as JSON; `None` if nothing has been measured yet.
    pub snapshot: Option<String>,
    /// The updates that follow it.
    pub updates: broadcast::Receiver<Arc<str>>,
}

impl Session {
    /// Starts a training in its own thread.
    pub fn start(start: Start) -> Result<Arc<Self>, StartError> {
        let Start { training, prediction, preset, speed, run } = start;
        let (commands, received) = channel();
        if run {
            // The receiver is in this function, so sending cannot fail.
            let _ = commands.send(Command::Run);
        }
        let (updates, _) = broadcast::channel(BUFFERED_UPDATES);
        let session = Arc::new(Self {
            id: Secret::generate().map_err(StartError::Random)?,
            key: Secret::generate().map_err(StartError::Random)?,
            setup: training.setup().clone(),
            preset,
            prediction,
            shared: Mutex::new(Shared {
                points: Vec::new(),
                last: None,
                channels: Some(Channels { updates, commands }),
                end_reason: String::new(),
                running: run,
                unwatched: false,
                unwatched_since: Some(Instant::now()),
            }),
        });
        let thread = TrainingThread(Arc::clone(&session));
        std::thread::Builder::new()
            .name("live training".into())
            .spawn(move || thread.run(training, speed, &received))
            .map_err(StartError::Thread)?;
        Ok(session)
    }

    /// Its name, which is enough to watch it.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The secret that permits to change it.
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// The preset from which its setup was made.
    pub fn preset(&self) -> Option<&'static str> {
        self.preset
    }

    /// The configuration of the training.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Updates under this lock are never left half done, so a poisoned lock can be used.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of subscribers.
    pub fn subscribers(&self) -> usize {
        self.shared().channels.as_ref().map_or(0, |channels| channels.updates.receiver_count())
    }

    /// The status of the training; `None` if nothing has been measured yet.
    pub fn status(&self) -> Option<Status> {
        self.shared().last.as_ref().map(|update| update.status.clone())
    }

    /// Whether the session takes commands.
    pub fn is_open(&self) -> bool {
        self.shared().channels.is_some()
    }

    /// The reason for its end; empty while it is open.
    pub fn end_reason(&self) -> String {
        self.shared().end_reason.clone()
    }

    /// Sends a command to the training; returns false if the session has ended.
    pub fn send(&self, command: Command) -> bool {
        let mut shared = self.shared();
        if matches!(command, Command::Run | Command::Step(_)) {
            // One that has finished answers with an update that says so.
            shared.running = true;
            shared.unwatched = false;
        }
        shared.channels.as_ref().is_some_and(|channels| channels.commands.send(command).is_ok())
    }

    /// Whether it takes steps, or is about to.
    pub fn is_running(&self) -> bool {
        let shared = self.shared();
        shared.running && shared.channels.is_some()
    }

    /// Whether the lab paused it because no page showed it.
    pub fn was_left(&self) -> bool {
        self.shared().unwatched
    }

    /// Since when it has had no subscribers; `None` if it has some. It is noticed when this is called.
    pub fn unwatched_since(&self) -> Option<Instant> {
        let mut shared = self.shared();
        let watched = shared.channels.as_ref().is_some_and(|channels| channels.updates.receiver_count() > 0);
        let since = shared.unwatched_since.filter(|_| !watched);
        shared.unwatched_since = (!watched).then(|| since.unwrap_or_else(Instant::now));
        shared.unwatched_since
    }

    /// Pauses it because no page shows it.
    pub fn leave(&self) {
        let mut shared = self.shared();
        if shared.running
            && shared.channels.as_ref().is_some_and(|channels| channels.commands.send(Command::Pause).is_ok())
        {
            shared.running = false;
            shared.unwatched = true;
        }
    }

    /// Ends the session. Only the first reason is kept.
    pub fn close(&self, reason: &str) {
        let mut shared = self.shared();
        if let Some(channels) = shared.channels.take() {
            reason.clone_into(&mut shared.end_reason);
            // A paused training ends when the channel closes, a running one when it receives this.
            let _ = channels.commands.send(Command::End);
        }
    }

    /// Subscribes to the session's updates; `None` if it has ended.
    pub fn subscribe(&self) -> Option<Subscription> {
        let shared = self.shared();
        let updates = shared.channels.as_ref()?.updates.subscribe();
        Some(Subscription { snapshot: self.snapshot(&shared), updates })
    }

    fn snapshot(&self, shared: &Shared) -> Option<String> {
        let Update { status, view, .. } = shared.last.as_ref()?;
        let snapshot = Snapshot {
            setup: &self.setup,
            preset: self.preset,
            unwatched: shared.unwatched,
            prediction: &self.prediction,
            status,
            points: &shared.points,
            view,
        };
        Some(serde_json::to_string(&snapshot).expect("numbers, words and lists can be written"))
    }

    /// Stores an update and sends it to all subscribers.
    fn publish(&self, update: Update) {
        let text = serde_json::to_string(&update).expect("numbers, words and lists can be written");
        let mut shared = self.shared();
        for &point in &update.points {
            // After an intervention the current step is measured again.
            if shared.points.last().is_some_and(|last| last.step == point.step) {
                shared.points.pop();
            }
            shared.points.push(point);
        }
        // A command that it has not read yet brings another update.
        shared.running = update.status.state == State::Running;
        shared.unwatched &= update.status.state == State::Paused || shared.running;
        shared.last = Some(update);
        if let Some(channels) = &shared.channels {
            // Having no subscribers is not an error.
            let _ = channels.updates.send(text.into());
        }
    }
}

/// The training thread. It closes the session when the thread ends, even by a panic.
struct TrainingThread(Arc<Session>);

impl TrainingThread {
    fn run(self, mut training: LiveTraining, speed: Speed, commands: &Receiver<Command>) {
        drive(&mut training, speed, commands, &mut |update| self.0.publish(update));
    }
}

impl Drop for TrainingThread {
    fn drop(&mut self) {
        self.0.close("the training stopped because of a bug in Onset; press Reset to start a new one");
    }
}
