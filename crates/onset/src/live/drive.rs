//! The loop of an interactive training: it receives commands and emits updates.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{LiveError, LiveTraining, Point, View};
use crate::train::{Applied, Intervention};
use onset_engine::AttentionMode;

/// The speed of training. It decides when steps are taken, never what they compute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    /// Five steps a second.
    Slow,
    /// Twenty steps a second.
    Steady,
    /// As many steps as the machine can take.
    Fast,
}

impl Speed {
    /// The least time between two steps.
    fn step_time(self) -> Duration {
        match self {
            Self::Slow => Duration::from_millis(200),
            Self::Steady => Duration::from_millis(50),
            Self::Fast => Duration::ZERO,
        }
    }
}

/// A command to a training loop.
pub enum Command {
    /// Takes steps until another command, or until the last step.
    Run,
    /// Stops taking steps.
    Pause,
    /// Takes this many steps more than were asked for before, at least one, then pauses.
    Step(u64),
    /// Changes the speed.
    Speed(Speed),
    /// Changes the training from the next step on; the function is called with the result.
    Intervene(Intervention, Box<dyn FnOnce(Result<Applied, LiveError>) + Send>),
    /// Ends the loop.
    End,
}

/// The state of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It takes no steps until a command.
    Paused,
    /// It takes steps.
    Running,
    /// All steps are taken.
    Finished,
    /// The loss is not finite.
    Diverged,
}

/// The status of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// What it is doing.
    pub state: State,
    /// Its speed.
    pub speed: Speed,
    /// The number of steps taken.
    pub step: u64,
    /// Steps per second since it last started to run; `None` while it is not running.
    pub steps_per_second: Option<f64>,
    /// The current learning rate.
    pub learning_rate: f32,
    /// The current attention mode; `None` if places differ.
    pub attention: Option<AttentionMode>,
    /// The interventions so far.
    pub changes: Vec<Applied>,
    /// Why it cannot go on.
    pub message: Option<String>,
}

/// Everything that has changed since the last update.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Update {
    /// The time at which it was made, in milliseconds since 1970, so that its delay can be measured.
    pub time: f64,
    /// The status of the training.
    pub status: Status,
    /// The points of the curves since the last update.
    pub points: Vec<Point>,
    /// Attention and words at the current step.
    pub view: View,
}

/// The least time between two updates.
const UPDATE_INTERVAL: Duration = Duration::from_millis(40);

struct Drive<'a> {
    training: &'a mut LiveTraining,
    emit: &'a mut dyn FnMut(Update),
    state: State,
    speed: Speed,
    /// Steps left until it pauses; `None` if it runs on.
    steps_left: Option<u64>,
    message: Option<String>,
    points: Vec<Point>,
    last_update: Instant,
    /// The time and the step at which the current run started.
    since: (Instant, u64),
}

/// Drives `training` until [`Command::End`], or until all senders of `commands` are dropped. It measures a point every
/// [`Setup::every`](super::Setup::every) steps and whenever training stops. It calls `emit` at most 25 times a second
/// while training runs, and whenever the status changes.
pub fn drive(
    training: &mut LiveTraining,
    speed: Speed,
    commands: &Receiver<Command>,
    emit: &mut dyn FnMut(Update),
) {
    let now = Instant::now();
    let step = training.step_count();
    let mut drive = Drive {
        training,
        emit,
        state: State::Paused,
        speed,
        steps_left: None,
        message: None,
        points: Vec::new(),
        last_update: now,
        since: (now, step),
    };
    drive.measure();
    drive.update();
    let mut due = Instant::now();
    loop {
        let received = if drive.state == State::Running {
            // Commands are also received while the loop waits for the next step.
            match due.checked_duration_since(Instant::now()) {
                Some(wait) => match commands.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => None,
                    received => Some(received.map_err(drop)),
                },
                None => match commands.try_recv() {
                    Err(TryRecvError::Empty) => None,
                    received => Some(received.map_err(drop)),
                },
            }
        } else {
            Some(commands.recv().map_err(drop))
        };
        match received {
            Some(Ok(Command::End) | Err(())) => return,
            Some(Ok(command)) => {
                drive.apply(command);
                due = due.min(Instant::now() + drive.speed.step_time());
            }
            None => {
                due = due.max(Instant::now().checked_sub(drive.speed.step_time()).unwrap_or(due))
                    + drive.speed.step_time();
                drive.step();
            }
        }
    }
}

impl Drive<'_> {
    fn apply(&mut self, command: Command) {
        let over = matches!(self.state, State::Finished | State::Diverged);
        match command {
            Command::Run if !over => self.run(None),
            Command::Step(steps) if !over => self.run(Some(self.awaited().saturating_add(steps.max(1)))),
            Command::Pause if !over => self.stop(State::Paused),
            Command::Speed(speed) => {
                self.speed = speed;
                self.since = (Instant::now(), self.training.step_count());
                self.update();
            }
            Command::Intervene(intervention, answer) => {
                let result = self.training.intervene(intervention);
                let changed = result.is_ok();
                answer(result);
                if changed {
                    self.measure();
                    self.update();
                }
            }
            Command::Run | Command::Step(_) | Command::Pause => self.update(),
            Command::End => unreachable!("the loop ends before"),
        }
    }

    /// Single steps that were asked for and are not done.
    fn awaited(&self) -> u64 {
        self.steps_left.filter(|_| self.state == State::Running).unwrap_or(0)
    }

    fn run(&mut self, steps: Option<u64>) {
        self.steps_left = steps;
        self.state = State::Running;
        self.since = (Instant::now(), self.training.step_count());
        self.update();
    }

    /// Stops taking steps and sets `state`.
    fn stop(&mut self, state: State) {
        self.state = state;
        self.measure();
        self.update();
    }

    fn step(&mut self) {
        if let Err(error) = self.training.step() {
            self.message = Some(error.to_string());
            self.state = State::Diverged;
            self.update();
            return;
        }
        self.steps_left = self.steps_left.map(|left| left - 1);
        if self.training.finished() {
            self.stop(State::Finished);
        } else if self.steps_left == Some(0) {
            self.stop(State::Paused);
        } else {
            if self.training.step_count().is_multiple_of(self.training.setup().every()) {
                self.measure();
            }
            if !self.points.is_empty() && self.last_update.elapsed() >= UPDATE_INTERVAL {
                self.update();
            }
        }
    }

    /// Measures the current step. Replaces its point if there is one already, because an intervention may have changed
    /// it.
    fn measure(&mut self) {
        let point = self.training.measure();
        self.points.retain(|other| other.step != point.step);
        self.points.push(point);
    }

    fn update(&mut self) {
        let (began, first) = self.since;
        let step = self.training.step_count();
        let seconds = began.elapsed().as_secs_f64();
        let rate = (self.state == State::Running && step > first).then(|| (step - first) as f64 / seconds);
        let status = Status {
            state: self.state,
            speed: self.speed,
            step,
            steps_per_second: rate,
            learning_rate: self.training.learning_rate(),
            attention: self.training.attention(),
            changes: self.training.log().to_vec(),
            message: self.message.clone(),
        };
        let view = self.training.view();
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1e3);
        (self.emit)(Update { time, status, points: std::mem::take(&mut self.points), view });
        self.last_update = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::live::Setup;

    fn small() -> Setup {
        Setup { vocabulary: 6, length: 4, width: 8, batch: 4, steps: 40, ..Setup::default() }
    }

    /// The updates of a training that receives `commands` and then no more.
    fn updates(setup: &Setup, speed: Speed, commands: Vec<Command>) -> Vec<Update> {
        let mut training = LiveTraining::new(setup).unwrap();
        let (sender, receiver) = channel();
        commands.into_iter().for_each(|command| sender.send(command).unwrap());
        let (mut updates, mut sender) = (Vec::new(), Some(sender));
        drive(&mut training, speed, &receiver, &mut |update| {
            // After the last step no command has an effect.
            if matches!(update.status.state, State::Finished | State::Diverged) {
                sender = None;
            }
            updates.push(update);
        });
        updates
    }

    #[test]
    fn a_run_measures_every_other_step_and_ends_finished() {
        let updates = updates(&small(), Speed::Fast, vec![Command::Run]);
        let steps: Vec<u64> =
            updates.iter().flat_map(|update| &update.points).map(|point| point.step).collect();
        assert_eq!(steps, (0..=20).map(|i| 2 * i).collect::<Vec<_>>());
        let last = &updates.last().unwrap().status;
        assert_eq!((last.state, last.step), (State::Finished, 40));
    }

    #[test]
    fn steps_are_counted_and_changes_are_answered() {
        let (answers, answered) = channel();
        let change = |rate| {
            let answers = answers.clone();
            Command::Intervene(
                Intervention::LearningRate { rate },
                Box::new(move |result| drop(answers.send(result.map_err(|error| error.to_string())))),
            )
        };
        let updates = updates(
            &small(),
            Speed::Fast,
            vec![Command::Step(3), Command::Pause, change(0.5), change(-1.0), Command::Run],
        );
        let changed = &updates.iter().find(|update| update.status.learning_rate == 0.5).unwrap().status;
        assert_eq!(changed.changes.len(), 1);
        assert!(answered.recv().unwrap().is_ok());
        assert!(answered.recv().unwrap().unwrap_err().contains("positive"));
    }

    #[test]
    fn divergence_is_reported_and_training_cannot_go_on() {
        let setup =
            Setup { learning_rate: 10.0, optimizer: crate::spec::Optimizer::Sgd, steps: 5000, ..small() };
        let rate = Intervention::LearningRate { rate: 1e38 };
        let commands = vec![Command::Step(2), Command::Intervene(rate, Box::new(|_| {})), Command::Run];
        let updates = updates(&setup, Speed::Fast, commands);
        let last = &updates.last().unwrap().status;
        assert_eq!(last.state, State::Diverged);
        assert!(last.message.as_ref().unwrap().contains("lower it"));
    }

    #[test]
    fn a_slow_training_takes_commands_between_its_steps() {
        let mut training = LiveTraining::new(&small()).unwrap();
        let (sender, receiver) = channel();
        sender.send(Command::Run).unwrap();
        let mut steps = Vec::new();
        drive(&mut training, Speed::Slow, &receiver, &mut |Update { status, .. }| {
            // From here on it waits for its next step, and must receive these commands before that.
            if status.state == State::Running && status.step > 0 {
                sender.send(Command::Pause).unwrap();
                sender.send(Command::End).unwrap();
            }
            steps.push((status.state, status.step));
        });
        let [.., (State::Running, running), (State::Paused, paused)] = steps[..] else { panic!("{steps:?}") };
        assert_eq!((running, training.step_count()), (paused, paused));
    }

    #[test]
    fn steps_that_are_asked_for_while_others_are_taken_are_taken_too() {
        let mut training = LiveTraining::new(&small()).unwrap();
        let (sender, receiver) = channel();
        [1, 2].into_iter().for_each(|steps| sender.send(Command::Step(steps)).unwrap());
        drive(&mut training, Speed::Slow, &receiver, &mut |Update { status, .. }| {
            if status.state == State::Paused && status.step > 0 {
                sender.send(Command::End).unwrap();
            }
        });
        assert_eq!(training.step_count(), 3);
    }

    #[test]
    fn slower_means_a_longer_time_from_step_to_step() {
        let times = [Speed::Slow, Speed::Steady, Speed::Fast].map(Speed::step_time);
        assert!(times[0] > times[1] && times[1] > times[2] && times[2].is_zero(), "{times:?}");
    }
}
