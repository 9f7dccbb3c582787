//! A process that was forked after threads were started has none of them, and would wait for them for ever.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;

use crate::errors::exception;

/// The process in which threads were first started; 0 before.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// To be called before work that may use threads.
///
/// # Errors
/// If this process was forked from one that has used threads.
pub fn check(py: Python<'_>) -> PyResult<()> {
    let own = std::process::id();
    match OWNER.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => Ok(()),
        Err(owner) if owner == own => Ok(()),
        Err(_) => Err(exception(
            py,
            "TrainError",
            "this process was forked from one that had used onset before, whose threads it does not have",
            None,
            Some("start processes with the `spawn` or `forkserver` method of multiprocessing".into()),
        )),
    }
}
