//! Several runs side by side, one on each core.
//!
//! Runs start in order. At the end, when fewer are left than two for each core and not as many as cores, they
//! take turns, the one with the most time left first, so that all end together and no core stands idle. Time left is
//! estimated from the steps that are left and the seconds that steps took so far. Turns decide when a run goes on, never
//! what it does.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::run::{Advanced, Opened, Session, with_threads};
use super::{Event, Observer, Outcome, Prepared, RunOptions, TrainError};
use crate::spec::Spec;

/// The shortest turn. A change of turns costs next to nothing (a session is passed on as it is); a long turn leaves a core idle
/// for as long at the end.
const TURN: Duration = Duration::from_millis(250);

/// A run to be done.
#[derive(Debug, Clone)]
pub struct Job {
    /// What to train.
    pub spec: Spec,
    /// Its data.
    pub data: Prepared,
    /// Its directory.
    pub path: PathBuf,
}

/// How long steps took, evaluations included.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    seconds: f64,
    steps: u64,
}

impl Pace {
    fn and(self, other: Self) -> Self {
        Self { seconds: self.seconds + other.seconds, steps: self.steps + other.steps }
    }

    /// Seconds a step; none if no step was taken.
    fn seconds_a_step(self) -> Option<f64> {
        (self.steps > 0).then(|| self.seconds / self.steps as f64)
    }
}

/// Jobs that no core works on, and how many some core works on.
struct Queue<'a> {
    jobs: &'a [Job],
    waiting: VecDeque<usize>,
    paused: Vec<(usize, Box<Session>)>,
    running: usize,
    cores: usize,
    /// By job.
    paces: Vec<Pace>,
}

/// What a core does next.
enum Turn {
    Begin(usize),
    Continue(usize, Box<Session>),
}

impl Queue<'_> {
    /// The job with the most time left; none if no core is needed any more.
    fn next(&mut self, cancel: &AtomicBool) -> Option<Turn> {
        if cancel.load(Ordering::Relaxed) {
            // Paused ones have yet to write what they have done.
            self.waiting.clear();
        }
        let left = |place: usize| self.left_of_paused(&self.paused[place]);
        let paused = (0..self.paused.len()).max_by(|&a, &b| left(a).total_cmp(&left(b)));
        let turn = match (paused, self.waiting.front()) {
            (Some(place), Some(&job)) if left(place) <= self.left_of_waiting(job) => {
                self.waiting.pop_front().map(Turn::Begin)
            }
            (Some(place), _) => {
                let (job, session) = self.paused.swap_remove(place);
                Some(Turn::Continue(job, session))
            }
            (None, _) => self.waiting.pop_front().map(Turn::Begin),
        };
        self.running += usize::from(turn.is_some());
        turn
    }

    /// Whether `job`, with `remaining` steps after `turn`, should let another one go on.
    fn should_yield(&self, job: usize, remaining: u64, turn: Pace) -> bool {
        let idle = self.waiting.len() + self.paused.len();
        if self.running + idle >= 2 * self.cores {
            return false;
        }
        let own = self.paces[job].and(turn);
        let own = estimate(remaining, own, &self.paces);
        let waiting = self.waiting.front().map(|&job| self.left_of_waiting(job));
        waiting
            .into_iter()
            .chain(self.paused.iter().map(|each| self.left_of_paused(each)))
            .any(|left| left > own)
    }

    fn left_of_waiting(&self, job: usize) -> f64 {
        estimate(steps(&self.jobs[job]), self.paces[job], &self.paces)
    }

    fn left_of_paused(&self, (job, session): &(usize, Box<Session>)) -> f64 {
        estimate(session.remaining(), self.paces[*job], &self.paces)
    }
}

/// Seconds that `remaining` steps will take at a job's own pace, else at that of all jobs so far.
fn estimate(remaining: u64, own: Pace, all: &[Pace]) -> f64 {
    let common = || all.iter().copied().fold(Pace::default(), Pace::and).seconds_a_step();
    remaining as f64 * own.seconds_a_step().or_else(common).unwrap_or(1.0)
}

fn steps(job: &Job) -> u64 {
    job.spec.training().steps
}

/// Does all `jobs`, `parallel` at a time, and returns how each ended, in the same order. `observe` is notified of what happens in
/// which of them; where it breaks, that run is interrupted. Once `options.cancel` is set, the jobs that have not begun are left out
/// (`None`).
pub fn sweep(
    jobs: &[Job],
    parallel: usize,
    options: RunOptions<'_>,
    observe: &(dyn Fn(usize, Event<'_>) -> ControlFlow<()> + Sync),
) -> Vec<Option<Result<Outcome, TrainError>>> {
    let cores = parallel.clamp(1, jobs.len().max(1));
    let waiting = (0..jobs.len()).collect();
    let paces = vec![Pace::default(); jobs.len()];
    let queue = Mutex::new(Queue { jobs, waiting, paused: Vec::new(), running: 0, cores, paces });
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    let lock = || queue.lock().expect("no thread panics while it holds this lock");
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let Some(turn) = lock().next(options.cancel) else { break };
                    let (job, pace, result) = take(jobs, turn, options, &lock, observe);
                    let mut queue = lock();
                    queue.running -= 1;
                    queue.paces[job] = queue.paces[job].and(pace);
                    let ended = match result {
                        Ok(Advanced::Paused(session)) => {
                            queue.paused.push((job, session));
                            continue;
                        }
                        Ok(Advanced::Done(outcome)) => Ok(outcome),
                        Err(error) => Err(error),
                    };
                    drop(queue);
                    results.lock().expect("no thread panics while it holds this lock")[job] = Some(ended);
                }
            });
        }
    });
    results.into_inner().expect("no thread panics while it holds this lock")
}

/// One turn of one job, and how fast it was.
fn take<'a, 'q: 'a>(
    jobs: &[Job],
    turn: Turn,
    options: RunOptions<'_>,
    queue: &(dyn Fn() -> MutexGuard<'a, Queue<'q>> + Sync),
    observe: &(dyn Fn(usize, Event<'_>) -> ControlFlow<()> + Sync),
) -> (usize, Pace, Result<Advanced, TrainError>) {
    let threads = options.threads.max(1);
    let (job, session) = match turn {
        Turn::Begin(job) => (job, None),
        Turn::Continue(job, session) => (job, Some(session)),
    };
    let Job { spec, data, path } = &jobs[job];
    let (began, taken) = (Instant::now(), AtomicU64::new(0));
    let pace = || Pace { seconds: began.elapsed().as_secs_f64(), steps: taken.load(Ordering::Relaxed) };
    // Asked after each step but the last.
    let pause = |remaining| {
        taken.fetch_add(1, Ordering::Relaxed);
        began.elapsed() >= TURN && queue().should_yield(job, remaining, pace())
    };
    let observe: Observer<'_> = &mut |event: Event<'_>| observe(job, event);
    let result = with_threads(threads, || {
        let session = match session {
            Some(session) => session,
            None => match Session::open(spec, data, path, options, threads, observe)? {
                Opened::Ended(outcome) => return Ok(Advanced::Done(outcome)),
                Opened::Ready(session) => session,
            },
        };
        session.advance(options.cancel, &pause, observe)
    });
    (job, pace(), result)
}

#[cfg(test)]
mod tests {
    use super::{Pace, estimate};

    #[test]
    fn time_left_is_estimated_from_the_own_pace_else_from_that_of_all() {
        let [slow, fast, unknown] =
            [(8.0, 4), (1.0, 10), (0.0, 0)].map(|(seconds, steps)| Pace { seconds, steps });
        let all = [slow, fast, unknown];
        assert_eq!(estimate(10, slow, &all), 20.0);
        assert_eq!(estimate(10, fast, &all), 1.0);
        assert!((estimate(14, unknown, &all) - 9.0).abs() < 1e-12);
        // Before anything is known, by steps.
        assert!(estimate(3, unknown, &[unknown]) > estimate(2, unknown, &[unknown]));
    }

    #[test]
    fn fewer_steps_may_be_more_time() {
        let [slow, fast] = [(8.0, 4), (1.0, 10)].map(|(seconds, steps)| Pace { seconds, steps });
        assert!(estimate(10, slow, &[slow, fast]) > estimate(100, fast, &[slow, fast]));
    }
}
