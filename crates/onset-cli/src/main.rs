//! The `onset` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(onset_cli::run(std::env::args_os()))
}
