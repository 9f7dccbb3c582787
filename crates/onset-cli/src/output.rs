//! What the command says: results on standard output, everything else on standard error.
//!
//! `println!` panics where nobody reads on, as behind `| head`, and `eprintln!` likewise. Here a reader who has had enough
//! ends the command quietly, what cannot be written for another reason (a full disk) is an error, and notes that
//! nobody reads are dropped: a training must not end for them. What goes to files is therefore written before the result is
//! said.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::exit;

/// A line of the result, as `println!` writes it.
macro_rules! say {
    ($($part:tt)*) => { $crate::output::result(format_args!("{}\n", format_args!($($part)*))) };
}

/// A line beside the result, as `eprintln!` writes it.
macro_rules! note {
    ($($part:tt)*) => { $crate::output::aside(format_args!("{}\n", format_args!($($part)*))) };
}

/// Writes a part of the result.
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

/// Writes something that is not the result, if anybody reads it.
pub fn aside(part: Arguments<'_>) {
    let _ = stderr().lock().write_fmt(part);
}
