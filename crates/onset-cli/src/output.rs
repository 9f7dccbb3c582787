//! Output of the command: results on standard output, everything else on standard error.
//!
//! `println!` and `eprintln!` panic if the reader has closed the pipe, as in `| head`. Here a closed pipe ends the
//! command quietly when a result is printed. Any other error in printing a result (a full disk) is reported. Notes that
//! cannot be printed are dropped, so that they never end a training. Files are therefore written before the result is
//! printed.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::exit;

/// Prints a line of the result, like `println!`.
macro_rules! say {
    ($($part:tt)*) => { $crate::output::result(format_args!("{}\n", format_args!($($part)*))) };
}

/// Prints a line beside the result, like `eprintln!`.
macro_rules! note {
    ($($part:tt)*) => { $crate::output::aside(format_args!("{}\n", format_args!($($part)*))) };
}

/// Prints a part of the result.
pub fn result(part: Arguments<'_>) {
    let mut out = stdout().lock();
    if let Err(error) = out.write_fmt(part).and_then(|()| out.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            exit(0);
        }
        note!("error: cannot write the result: {error}; check what standard output goes to");
        exit(1);
    }
}

/// Prints text that is not the result; errors are ignored.
pub fn aside(part: Arguments<'_>) {
    let _ = stderr().lock().write_fmt(part);
}
