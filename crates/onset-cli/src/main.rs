//! The `onset` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    onset::return_freed_memory();
    ExitCode::from(onset_cli::run(std::env::args_os()))
}
