//! A training in a loop of its own: told what to do by commands, telling what is seen.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{LiveError, LiveTraining, Point, View};
use crate::train::{Applied, AttentionRoute, Intervention};

/// How fast training goes. It decides when steps are taken, never what they do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Five steps a second.
    Slow,
    /// Sixty steps a second.
    Steady,
    /// As many as the machine can.
    Fast,
}

impl Pace {
    /// The time of a step at least.
    fn step_time(self) -> Duration {
        match self {
            Self::Slow => Duration::from_millis(200),
            Self::Steady => Duration::from_micros(16_667),
            Self::Fast => Duration::ZERO,
        }
    }
}

/// What can be told to a training.
pub enum Command {
    /// Goes on until told otherwise.
    Run,
    /// Waits.
    Pause,
    /// Takes so many steps and waits.
    Step(u64),
    /// Goes faster or slower.
    Pace(Pace),
    /// Changes something; `answer` is told what came of it.
    Intervene(Intervention, Box<dyn FnOnce(Result<Applied, LiveError>) + Send>),
    /// Ends.
    End,
}

/// What a training does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits.
    Paused,
    /// It takes steps.
    Running,
    /// All steps are taken.
    Finished,
    /// The loss is no longer a number.
    Diverged,
}

/// How a training stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// What it does.
    pub state: State,
    /// How fast.
    pub pace: Pace,
    /// Steps taken.
    pub step: u64,
    /// Steps a second, while it runs.
    pub steps_per_second: Option<f64>,
    /// The present step size.
    pub learning_rate: f32,
    /// How attention weights come about.
    pub route: AttentionRoute,
    /// What has been changed.
    pub changes: Vec<Applied>,
    /// Why it cannot go on.
    pub message: Option<String>,
}

/// What is seen from time to time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Update {
    /// When it was made, in milliseconds of the system's clock, so that it can be told how late it comes.
    pub time: f64,
    /// How the training stands.
    pub status: Status,
    /// The points of the curves since the last update.
    pub points: Vec<Point>,
    /// Pictures at the present step.
    pub view: View,
}

/// The time between two updates, at least.
const BETWEEN: Duration = Duration::from_millis(40);

struct Drive<'a> {
    training: &'a mut LiveTraining,
    emit: &'a mut dyn FnMut(Update),
    state: State,
    pace: Pace,
    /// Steps until it waits, if it is to.
    steps_left: Option<u64>,
    message: Option<String>,
    points: Vec<Point>,
    last_update: Instant,
    /// When the present run began, and its first step.
    since: (Instant, u64),
}

/// Drives `training` until it is told to end or nobody is left who could tell. Every `Setup::every` steps, and where it
/// waits, it measures a point; at most 25 times a second, and where something changes, `emit` is told.
pub fn drive(
    training: &mut LiveTraining,
    pace: Pace,
    commands: &Receiver<Command>,
    emit: &mut dyn FnMut(Update),
) {
    let now = Instant::now();
    let step = training.step_count();
    let mut drive = Drive {
        training,
        emit,
        state: State::Paused,
        pace,
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
        let told = if drive.state == State::Running {
            // Commands are heard while the next step is waited for.
            match due.checked_duration_since(Instant::now()) {
                Some(wait) => match commands.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => None,
                    told => Some(told.map_err(drop)),
                },
                None => match commands.try_recv() {
                    Err(TryRecvError::Empty) => None,
                    told => Some(told.map_err(drop)),
                },
            }
        } else {
            Some(commands.recv().map_err(drop))
        };
        match told {
            Some(Ok(Command::End) | Err(())) => return,
            Some(Ok(command)) => {
                drive.obey(command);
                due = due.min(Instant::now() + drive.pace.step_time());
            }
            None => {
                due = due.max(Instant::now().checked_sub(drive.pace.step_time()).unwrap_or(due))
                    + drive.pace.step_time();
                drive.step();
            }
        }
    }
}

impl Drive<'_> {
    fn obey(&mut self, command: Command) {
        let over = matches!(self.state, State::Finished | State::Diverged);
        match command {
            Command::Run if !over => self.run(None),
            Command::Step(steps) if !over => self.run(Some(steps.max(1))),
            Command::Pause if !over => self.rest(State::Paused),
            Command::Pace(pace) => {
                self.pace = pace;
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

    fn run(&mut self, steps: Option<u64>) {
        self.steps_left = steps;
        self.state = State::Running;
        self.since = (Instant::now(), self.training.step_count());
        self.update();
    }

    /// Waits in `state`, from now on.
    fn rest(&mut self, state: State) {
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
            self.rest(State::Finished);
        } else if self.steps_left == Some(0) {
            self.rest(State::Paused);
        } else {
            if self.training.step_count().is_multiple_of(self.training.setup().every()) {
                self.measure();
            }
            if !self.points.is_empty() && self.last_update.elapsed() >= BETWEEN {
                self.update();
            }
        }
    }

    /// Adds a point; none if this step has one and nothing can have changed it.
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
            pace: self.pace,
            step,
            steps_per_second: rate,
            learning_rate: self.training.learning_rate(),
            route: self.training.route(),
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

    /// What is seen of a training that is told `commands` and then nothing more.
    fn seen(setup: &Setup, pace: Pace, commands: Vec<Command>) -> Vec<Update> {
        let mut training = LiveTraining::new(setup).unwrap();
        let (sender, receiver) = channel();
        commands.into_iter().for_each(|command| sender.send(command).unwrap());
        let (mut updates, mut sender) = (Vec::new(), Some(sender));
        drive(&mut training, pace, &receiver, &mut |update| {
            // Once it waits for good there is nobody left to tell it anything.
            if matches!(update.status.state, State::Finished | State::Diverged) {
                sender = None;
            }
            updates.push(update);
        });
        updates
    }

    #[test]
    fn a_run_measures_every_other_step_and_ends_finished() {
        let updates = seen(&small(), Pace::Fast, vec![Command::Run]);
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
        let updates = seen(
            &small(),
            Pace::Fast,
            vec![Command::Step(3), Command::Pause, change(0.5), change(-1.0), Command::Run],
        );
        let changed = &updates.iter().find(|update| update.status.learning_rate == 0.5).unwrap().status;
        assert_eq!(changed.changes.len(), 1);
        assert!(answered.recv().unwrap().is_ok());
        assert!(answered.recv().unwrap().unwrap_err().contains("positive"));
    }

    #[test]
    fn divergence_is_told_and_nothing_can_go_on() {
        let setup =
            Setup { learning_rate: 10.0, optimizer: crate::spec::Optimizer::Sgd, steps: 5000, ..small() };
        let rate = Intervention::LearningRate { rate: 1e38 };
        let commands = vec![Command::Step(2), Command::Intervene(rate, Box::new(|_| {})), Command::Run];
        let updates = seen(&setup, Pace::Fast, commands);
        let last = &updates.last().unwrap().status;
        assert_eq!(last.state, State::Diverged);
        assert!(last.message.as_ref().unwrap().contains("lower it"));
    }

    #[test]
    fn a_slow_pace_takes_its_time_and_hears_commands_meanwhile() {
        let mut training = LiveTraining::new(&small()).unwrap();
        let (sender, receiver) = channel();
        sender.send(Command::Run).unwrap();
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(350));
                sender.send(Command::End).unwrap();
            });
            drive(&mut training, Pace::Slow, &receiver, &mut |_| {});
        });
        assert!(began.elapsed() < Duration::from_millis(1500));
        assert!((1..=8).contains(&training.step_count()), "{}", training.step_count());
    }
}
