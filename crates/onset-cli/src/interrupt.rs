//! Ctrl-C: the first one asks runs to stop after the current step, the second one ends the process.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static CANCEL: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// The flag that Ctrl-C sets; the first call installs the handler.
pub fn flag() -> &'static AtomicBool {
    LISTENING.call_once(|| {
        let listening = ctrlc::set_handler(|| {
            if CANCEL.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            note!("\nstopping after the present step; press Ctrl-C again to end at once");
        });
        if let Err(error) = listening {
            note!("warning: Ctrl-C will end the process at once ({error})");
        }
    });
    &CANCEL
}
