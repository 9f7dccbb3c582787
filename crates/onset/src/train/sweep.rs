//! Several runs side by side, one on each core.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Event, Outcome, Prepared, RunOptions, TrainError, run};
use crate::spec::Spec;

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

/// Does all `jobs` in order, `parallel` at a time, and returns how each ended, in the same order. Once
/// `options.cancel` is set, the jobs that have not begun are left out (`None`).
pub fn sweep(
    jobs: &[Job],
    parallel: usize,
    options: RunOptions<'_>,
    observe: &(dyn Fn(usize, Event<'_>) + Sync),
) -> Vec<Option<Result<Outcome, TrainError>>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                while !options.cancel.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let mut tell = |event: Event<'_>| observe(index, event);
                    let result = run(&job.spec, &job.data, &job.path, options, &mut tell);
                    results.lock().expect("no thread panics while it holds this lock")[index] = Some(result);
                }
            });
        }
    });
    results.into_inner().expect("no thread panics while it holds this lock")
}
