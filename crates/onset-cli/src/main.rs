//! The `onset` command: reads arguments, calls the library, prints.
//!
//! Results go to standard output and everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 the arguments or the spec cannot be, 130 stopped by Ctrl-C.

#[macro_use]
mod output;

mod args;
mod command;
mod interrupt;
mod progress;
mod seeds;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use onset::forecast::ForecastError;
use onset::spec::SpecError;
use onset::train::TrainError;

use args::{Arguments, Command};

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All was done.
    Done,
    /// Stopped by Ctrl-C; what was recorded can be resumed.
    Interrupted,
}

fn main() -> ExitCode {
    match dispatch(Arguments::parse().command) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Interrupted) => ExitCode::from(130),
        Err(error) => {
            note!("error: {}", message(&error));
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

fn dispatch(command: Command) -> Result<Ending> {
    match command {
        Command::Reproduce(arguments) => command::reproduce(arguments),
        Command::Train(arguments) => command::train(arguments),
        Command::Translate(arguments) => command::translate(&arguments),
        Command::Predict(arguments) => command::predict(&arguments),
        Command::Forecast(arguments) => command::forecast(&arguments),
        Command::Probe(arguments) => command::probe(&arguments),
        Command::Report(arguments) => command::report(&arguments),
        Command::Runs(arguments) => command::runs(&arguments),
        Command::Lab(arguments) => command::lab(&arguments),
        Command::Data(arguments) => command::data(arguments),
    }
}

/// The error with its causes; a cause that the message before it already tells is not told again.
fn message(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            told += if told.is_empty() { "" } else { ": " };
            told += &cause;
        }
    }
    told
}

/// Whether the arguments or the spec were wrong, rather than what happened after.
fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<SpecError>()
            || cause.is::<args::UsageError>()
            || matches!(cause.downcast_ref(), Some(TrainError::Spec(_)))
            || matches!(cause.downcast_ref(), Some(ForecastError::Beyond { .. }))
    })
}
