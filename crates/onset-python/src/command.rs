//! The `onset` command, carried by the package.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Does what `words` say (the first is the name of the program) and returns the exit code.
#[pyfunction]
pub fn command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| onset_cli::run(words))
}
