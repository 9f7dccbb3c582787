//! One training session, and the channel to its subscribers.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onset::live::{Command, LiveTraining, Point, Prediction, Setup, Speed, Status, Update, drive};
use serde::Serialize;
use tokio::sync::broadcast;

/// Updates buffered for a slow subscriber; a subscriber that is further behind gets a snapshot instead.
const BUFFERED_UPDATES: usize = 16;

/// One training session.
#[derive(Debug)]
pub struct Session {
    setup: Setup,
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
    prediction: &'a Prediction,
    status: &'a Status,
    points: &'a [Point],
    view: &'a onset::live::View,
}

/// What a new subscriber receives.
pub struct Subscription {
    /// The whole state, as JSON; `None` if nothing has been measured yet.
    pub snapshot: Option<String>,
    /// The updates that follow it.
    pub updates: broadcast::Receiver<Arc<str>>,
}

impl Session {
    /// Starts `training` in its own thread. Errors if the system provides no thread.
    pub fn start(
        training: LiveTraining,
        prediction: Prediction,
        speed: Speed,
        run: bool,
    ) -> std::io::Result<Arc<Self>> {
        let (commands, received) = channel();
        if run {
            // The receiver is in this function, so sending cannot fail.
            let _ = commands.send(Command::Run);
        }
        let (updates, _) = broadcast::channel(BUFFERED_UPDATES);
        let session = Arc::new(Self {
            setup: training.setup().clone(),
            prediction,
            shared: Mutex::new(Shared {
                points: Vec::new(),
                last: None,
                channels: Some(Channels { updates, commands }),
                end_reason: String::new(),
            }),
        });
        let thread = TrainingThread(Arc::clone(&session));
        std::thread::Builder::new()
            .name("live training".into())
            .spawn(move || thread.run(training, speed, &received))?;
        Ok(session)
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
        self.shared().channels.as_ref().is_some_and(|channels| channels.commands.send(command).is_ok())
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
