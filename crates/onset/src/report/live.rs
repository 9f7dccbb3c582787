//! A report that is kept up to date while runs go on.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::write_report;
use crate::study::Collected;
use crate::train::Job;

/// How often the report is written anew.
const EVERY: Duration = Duration::from_secs(20);

/// Does `work`, and every 20 seconds meanwhile writes the report of what `jobs` have recorded by then to `path`. What fails here
/// fails again, and is told, when the last report is written: that is left to the caller.
pub fn with_live_report<T>(jobs: &[Job], path: &Path, work: impl FnOnce() -> T) -> T {
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let runs = Collected::of(jobs.iter().map(|job| job.path.clone())).runs;
                if runs.iter().any(|run| run.evaluation.rows() > 0) {
                    let _ = write_report(&runs, path);
                }
            }
        });
        let result = work();
        drop(done);
        result
    })
}
