//! Python, where it is installed.

use std::ffi::OsStr;
use std::process::{Command, Output};

/// Runs `python3` with `arguments`; `None` if it is not there or cannot import `modules`. `ONSET_REQUIRE_TORCH=1` makes that a
/// failure.
pub fn python(modules: &str, arguments: &[&OsStr]) -> Option<Output> {
    let run = |arguments: &[&OsStr]| Command::new("python3").args(arguments).output();
    let import = format!("import sys, {modules}");
    if !run(&["-c".as_ref(), import.as_ref()]).is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("ONSET_REQUIRE_TORCH").is_none(), "python3 has no {modules}");
        eprintln!("skipped: python3 has no {modules}");
        return None;
    }
    Some(run(arguments).expect("it ran a moment ago"))
}
