//! Ctrl-C: the first one asks the current work to stop at a point from which it can be continued, the second one ends the
//! process.

use std::ops::ControlFlow;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static CANCEL: AtomicBool = AtomicBool::new(false);
static AT_ONCE: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// The exit code of a command that Ctrl-C stopped.
pub const INTERRUPTED: u8 = 130;

/// The flag that Ctrl-C sets; the first call installs the handler.
pub fn flag() -> &'static AtomicBool {
    LISTENING.call_once(|| {
        let listening = ctrlc::set_handler(|| {
            if CANCEL.swap(true, Ordering::SeqCst) || AT_ONCE.load(Ordering::SeqCst) {
                std::process::exit(INTERRUPTED.into());
            }
            note!("\nstopping; press Ctrl-C again to quit at once");
        });
        if let Err(error) = listening {
            note!("warning: Ctrl-C will quit at once ({error})");
        }
    });
    &CANCEL
}

/// Whether Ctrl-C was pressed.
pub fn is_cancelled() -> bool {
    CANCEL.load(Ordering::Relaxed)
}

/// Breaks once Ctrl-C was pressed.
pub fn go_on() -> ControlFlow<()> {
    if is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// From now on the first Ctrl-C ends the process: the runs are on disk, and what is left is reading them and writing files,
/// each of which is written whole or not at all.
pub fn end_at_once() {
    AT_ONCE.store(true, Ordering::SeqCst);
}
