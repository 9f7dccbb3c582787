//! One training, and the channel to those who watch it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onset::live::{Command, LiveTraining, Pace, Point, Prediction, Setup, Status, Update, drive};
use serde::Serialize;
use tokio::sync::broadcast;

/// Updates that are kept for a watcher who is slow; who is further behind is sent the whole state instead.
const KEPT: usize = 16;

/// One training.
#[derive(Debug)]
pub struct Room {
    setup: Setup,
    prediction: Prediction,
    shared: Mutex<Shared>,
}

/// What the training's thread and the watchers share.
#[derive(Debug)]
struct Shared {
    points: Vec<Point>,
    last: Option<Update>,
    /// None once the training has ended.
    channels: Option<Channels>,
    /// Why it ended.
    ending: String,
}

#[derive(Debug)]
struct Channels {
    updates: broadcast::Sender<Arc<str>>,
    commands: Sender<Command>,
}

/// All that there is to see, for one who comes in or was too slow.
#[derive(Serialize)]
struct Whole<'a> {
    setup: &'a Setup,
    prediction: &'a Prediction,
    status: &'a Status,
    points: &'a [Point],
    view: &'a onset::live::View,
}

/// What a new watcher gets.
pub struct Seat {
    /// All that there is to see now; none if the first update is still to come.
    pub whole: Option<String>,
    /// What comes next.
    pub updates: broadcast::Receiver<Arc<str>>,
}

impl Room {
    /// Starts `training` in a thread of its own. Errors if the system gives none.
    pub fn open(
        training: LiveTraining,
        prediction: Prediction,
        pace: Pace,
        runs: bool,
    ) -> std::io::Result<Arc<Self>> {
        let (commands, told) = channel();
        if runs {
            // The other end is in this function.
            let _ = commands.send(Command::Run);
        }
        let (updates, _) = broadcast::channel(KEPT);
        let room = Arc::new(Self {
            setup: training.setup().clone(),
            prediction,
            shared: Mutex::new(Shared {
                points: Vec::new(),
                last: None,
                channels: Some(Channels { updates, commands }),
                ending: String::new(),
            }),
        });
        let inside = Leaving(Arc::clone(&room));
        std::thread::Builder::new()
            .name("live training".into())
            .spawn(move || inside.train(training, pace, &told))?;
        Ok(room)
    }

    /// What is trained.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Nothing is left half done under this lock.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.shared().channels.as_ref().map_or(0, |channels| channels.updates.receiver_count())
    }

    /// How the training stands; none if it has not begun.
    pub fn status(&self) -> Option<Status> {
        self.shared().last.as_ref().map(|update| update.status.clone())
    }

    /// Whether it can still be told anything.
    pub fn is_open(&self) -> bool {
        self.shared().channels.is_some()
    }

    /// Why it ended.
    pub fn ending(&self) -> String {
        self.shared().ending.clone()
    }

    /// Tells the training something; false if it has ended.
    pub fn tell(&self, command: Command) -> bool {
        self.shared().channels.as_ref().is_some_and(|channels| channels.commands.send(command).is_ok())
    }

    /// Ends the training. The first reason counts.
    pub fn close(&self, reason: &str) {
        let mut shared = self.shared();
        if let Some(channels) = shared.channels.take() {
            reason.clone_into(&mut shared.ending);
            // A training that waits hears that nobody can tell it anything any more; one that runs hears this.
            let _ = channels.commands.send(Command::End);
        }
    }

    /// A place among those who watch; none if the training has ended.
    pub fn sit_down(&self) -> Option<Seat> {
        let shared = self.shared();
        let updates = shared.channels.as_ref()?.updates.subscribe();
        Some(Seat { whole: self.whole(&shared), updates })
    }

    fn whole(&self, shared: &Shared) -> Option<String> {
        let Update { status, view, .. } = shared.last.as_ref()?;
        let whole =
            Whole { setup: &self.setup, prediction: &self.prediction, status, points: &shared.points, view };
        Some(serde_json::to_string(&whole).expect("numbers, words and lists can be written"))
    }

    /// Keeps an update and sends it to all who watch.
    fn publish(&self, update: Update) {
        let text = serde_json::to_string(&update).expect("numbers, words and lists can be written");
        let mut shared = self.shared();
        for &point in &update.points {
            // A change is measured again at the step at which it is made.
            if shared.points.last().is_some_and(|last| last.step == point.step) {
                shared.points.pop();
            }
            shared.points.push(point);
        }
        shared.last = Some(update);
        if let Some(channels) = &shared.channels {
            // That nobody watches is no error.
            let _ = channels.updates.send(text.into());
        }
    }
}

/// Closes the room when the thread leaves it, however it does.
struct Leaving(Arc<Room>);

impl Leaving {
    fn train(self, mut training: LiveTraining, pace: Pace, told: &Receiver<Command>) {
        drive(&mut training, pace, told, &mut |update| self.0.publish(update));
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.close("the training broke off, which is a mistake in Onset; press Reset to start it anew");
    }
}
