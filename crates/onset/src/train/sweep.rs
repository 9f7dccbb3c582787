//! Several runs side by side, one on each core.
//!
//! Runs start in order. At the end, when fewer are left than two for each core and not as many as cores, they
//! take turns, the one with the most steps left first, so that all end together and no core stands idle. Turns
//! decide when a run goes on, never what it does.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::run::{Advanced, Opened, Session, with_threads};
use super::{Event, Outcome, Prepared, RunOptions, TrainError};
use crate::spec::Spec;

/// The shortest turn.
const TURN: Duration = Duration::from_secs(2);

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

/// Jobs that no core works on, and how many some core works on.
struct Queue {
    waiting: VecDeque<usize>,
    paused: Vec<(usize, Box<Session>)>,
    running: usize,
    cores: usize,
}

/// What a core does next.
enum Turn {
    Begin(usize),
    Continue(usize, Box<Session>),
}

impl Queue {
    /// The job with the most steps left; none if no core is needed any more.
    fn next(&mut self, jobs: &[Job], cancel: &AtomicBool) -> Option<Turn> {
        if cancel.load(Ordering::Relaxed) {
            // Paused ones have yet to write what they have done.
            self.waiting.clear();
        }
        let paused = (0..self.paused.len()).max_by_key(|&place| self.paused[place].1.remaining());
        let turn = match (paused, self.waiting.front()) {
            (Some(place), Some(&job)) if self.paused[place].1.remaining() <= steps(&jobs[job]) => {
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

    /// Whether a job with `remaining` steps should let another one go on.
    fn should_yield(&self, jobs: &[Job], remaining: u64) -> bool {
        let idle = self.waiting.len() + self.paused.len();
        if self.running + idle >= 2 * self.cores {
            return false;
        }
        let waiting = self.waiting.front().map(|&job| steps(&jobs[job]));
        waiting.into_iter().chain(self.paused.iter().map(|(_, s)| s.remaining())).any(|left| left > remaining)
    }
}

fn steps(job: &Job) -> u64 {
    job.spec.training().steps
}

/// Does all `jobs`, `parallel` at a time, and returns how each ended, in the same order. Once
/// `options.cancel` is set, the jobs that have not begun are left out (`None`).
pub fn sweep(
    jobs: &[Job],
    parallel: usize,
    options: RunOptions<'_>,
    observe: &(dyn Fn(usize, Event<'_>) + Sync),
) -> Vec<Option<Result<Outcome, TrainError>>> {
    let cores = parallel.clamp(1, jobs.len().max(1));
    let waiting = (0..jobs.len()).collect();
    let queue = Mutex::new(Queue { waiting, paused: Vec::new(), running: 0, cores });
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    let lock = || queue.lock().expect("no thread panics while it holds this lock");
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let Some(turn) = lock().next(jobs, options.cancel) else { break };
                    let began = Instant::now();
                    let pause = |remaining| began.elapsed() >= TURN && lock().should_yield(jobs, remaining);
                    let (job, result) = take(jobs, turn, options, &pause, observe);
                    let mut queue = lock();
                    queue.running -= 1;
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

/// One turn of one job.
fn take(
    jobs: &[Job],
    turn: Turn,
    options: RunOptions<'_>,
    pause: &(dyn Fn(u64) -> bool + Sync),
    observe: &(dyn Fn(usize, Event<'_>) + Sync),
) -> (usize, Result<Advanced, TrainError>) {
    let threads = options.threads.max(1);
    let (job, session) = match turn {
        Turn::Begin(job) => (job, None),
        Turn::Continue(job, session) => (job, Some(session)),
    };
    let Job { spec, data, path } = &jobs[job];
    let result = with_threads(threads, || {
        let session = match session {
            Some(session) => session,
            None => {
                spec.check()?;
                match Session::open(spec, data, path, options, threads)? {
                    Opened::Finished(outcome) => return Ok(Advanced::Done(outcome)),
                    Opened::Ready(session) => session,
                }
            }
        };
        session.advance(options.cancel, pause, &mut |event| observe(job, event))
    });
    (job, result)
}
