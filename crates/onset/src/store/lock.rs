//! The lock of a run directory: one writer, and readers that can see whether there is one.
//!
//! A writer holds an exclusive lock on `.lock` for as long as it has the run open; the system releases it when the
//! process ends, however it ends. A reader opens the file without creating it, asks for a shared lock and lets go at
//! once: it is refused exactly when a writer holds the lock. For that moment a reader may stand in the way of a process
//! that begins to write. Such a process tells the two apart in the same way: refused the exclusive lock, it asks for a
//! shared one, which is granted beside readers and refused beside a writer. So readers delay a writer by microseconds and never make it
//! fail, and a second writer is refused at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread::yield_now;

use super::StoreError;
use super::file::open_file;

/// The file that is locked. It is empty, and stays when the lock is released.
pub(super) const FILE: &str = ".lock";

/// The right to write a run directory; released when dropped.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock of the run directory `run`. Errors if another process has it, if the file cannot be created, or
    /// if the file system knows no locks.
    pub(super) fn acquire(run: &Path) -> Result<Self, StoreError> {
        let path = run.join(FILE);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|e| StoreError::io("create", &path, e))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(StoreError::io("lock", &path, e)),
            }
            match file.try_lock_shared() {
                // Only readers are in the way, and they are gone in a moment.
                Ok(()) => file.unlock().map_err(|e| StoreError::io("unlock", &path, e))?,
                Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: run.into() }),
                Err(TryLockError::Error(e)) => return Err(StoreError::io("lock", &path, e)),
            }
            yield_now();
        }
    }
}

/// Whether a process has the run directory `run` open for writing. Without a lock file, or with one that cannot be
/// opened or locked, there is none: a writer could not have begun.
pub(super) fn is_held(run: &Path) -> bool {
    let Ok(file) = open_file(&run.join(FILE)) else { return false };
    // Closing the file releases what was granted.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_keeps_out_other_writers_and_is_seen_until_it_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_held(folder.path()) && !folder.path().join(FILE).exists());
        let lock = WriterLock::acquire(folder.path()).unwrap();
        assert!(is_held(folder.path()));
        assert!(matches!(WriterLock::acquire(folder.path()), Err(StoreError::InUse { .. })));
        drop(lock);
        assert!(!is_held(folder.path()));
        assert!(WriterLock::acquire(folder.path()).is_ok());
    }

    #[test]
    fn a_reader_that_holds_its_lock_delays_a_writer_and_does_not_make_it_fail() {
        let folder = tempfile::tempdir().unwrap();
        drop(WriterLock::acquire(folder.path()).unwrap());
        let reader = File::open(folder.path().join(FILE)).unwrap();
        reader.lock_shared().unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| WriterLock::acquire(folder.path()).map(drop));
            // The writer waits for this and for nothing else, whenever it comes.
            drop(reader);
            writer.join().unwrap().unwrap();
        });
    }
}
