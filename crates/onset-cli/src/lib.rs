//! The `onset` command: parses arguments, calls the library, prints results. It is a library, so that other programs can carry it
//! (the Python package does).
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 success, 1 failure, 2 invalid
//! arguments or spec, 130 stopped by Ctrl-C.

#[macro_use]
mod output;

mod advice;
mod args;
mod command;
mod data_advice;
mod input_lines;
mod interrupt;
mod option_names;
mod output_file;
mod pace;
mod progress;
mod table;

use std::ffi::OsString;

use anyhow::Result;
use clap::Parser;
use onset::InstructionSet;
use onset::export::ExportError;
use onset::forecast::ForecastError;
use onset::report::FigureError;
use onset::spec::SpecError;
use onset::study::StudyError;
use onset::target::TargetError;
use onset::train::TrainError;

use args::{Arguments, Command};

/// The outcome of a command without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The command completed.
    Done,
    /// Stopped by Ctrl-C; recorded runs can be resumed.
    Interrupted,
    /// The command completed and found what it was asked to fail on.
    Found,
}

/// Does what `words` say, the first of which is the name of the program, and returns the exit code. Ctrl-C is handled from the
/// first long work on; a second one ends the process.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = words.into_iter().collect();
    let command = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments.command,
        Err(error) => {
            // What cannot be printed is not printed.
            let _ = error.print();
            return error.exit_code().try_into().unwrap_or(2);
        }
    };
    if let Err(error) = InstructionSet::chosen() {
        note!("error: {error}");
        return 2;
    }
    onset::report::name_command(command_line(&words));
    match dispatch(command) {
        Ok(Ending::Done) => 0,
        Ok(Ending::Found) => 1,
        Ok(Ending::Interrupted) => interrupt::INTERRUPTED,
        Err(error) => {
            note!("error: {}", message(&error));
            if is_usage(&error) { 2 } else { 1 }
        }
    }
}

/// What to do about `error`, in terms of the command line.
pub fn advice(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    advice::of(error)
}

fn dispatch(command: Command) -> Result<Ending> {
    match command {
        Command::Reproduce(arguments) => command::reproduce(arguments),
        Command::Train(arguments) => command::train(arguments),
        Command::Classify(arguments) => command::classify(&arguments),
        Command::Meta(arguments) => command::meta(arguments),
        Command::Export(arguments) => command::export(&arguments),
        Command::Translate(arguments) => command::translate(&arguments),
        Command::Branch(arguments) => command::branch(&arguments),
        Command::Align(arguments) => command::align(&arguments),
        Command::Predict(arguments) => command::predict(&arguments),
        Command::Forecast(arguments) => command::forecast(&arguments),
        Command::Probe(arguments) => command::probe(&arguments),
        Command::Report(arguments) => command::report(&arguments),
        Command::Figure(arguments) => command::figure(&arguments),
        Command::Runs(arguments) => command::runs(&arguments),
        Command::Merge(arguments) => command::merge(&arguments),
        Command::Lab(arguments) => command::lab(&arguments),
        Command::Audit(arguments) => command::audit(&arguments),
        Command::Data(arguments) => command::data(arguments),
        Command::Model(arguments) => command::model(arguments),
        Command::Keys(arguments) => command::keys(&arguments),
        Command::Completions(arguments) => command::completions(&arguments),
        Command::Man(arguments) => command::man(&arguments),
    }
}

/// The command as it can be typed again.
fn command_line(words: &[OsString]) -> String {
    let quoted = |word: String| match word.chars().all(|c| c.is_alphanumeric() || "-_./=,:+@%".contains(c)) {
        true if !word.is_empty() => word,
        _ => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let words = words.iter().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("onset".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// The error with its causes and advice. A cause whose text is part of the previous message is not repeated.
fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !message.contains(&cause) {
            message += if message.is_empty() { "" } else { ": " };
            message += &cause;
        }
    }
    if let Some(advice) = advice::advice_for(error) {
        message += "; ";
        message += &advice;
    }
    option_names::with_options(&message)
}

/// Whether the arguments or the spec were invalid.
fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<SpecError>()
            || cause.is::<args::UsageError>()
            || cause.downcast_ref().is_some_and(TargetError::is_usage)
            || matches!(cause.downcast_ref(), Some(TrainError::Spec(_)))
            || matches!(
                cause.downcast_ref(),
                Some(StudyError::OtherTask { .. } | StudyError::GoldIsCompared { .. })
            )
            || matches!(cause.downcast_ref(), Some(ForecastError::NotCovered { .. }))
            || matches!(cause.downcast_ref(), Some(ExportError::Occupied { .. }))
            || matches!(cause.downcast_ref(), Some(FigureError::Unknown { .. } | FigureError::OneRun { .. }))
    })
}
