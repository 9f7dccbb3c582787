//! `onset completions`: what a shell needs to complete commands and options.

use anyhow::Result;
use clap::CommandFactory;

use crate::Ending;
use crate::args::{Arguments, CompletionsArguments};

/// Prints the completions of one shell.
pub fn completions(arguments: &CompletionsArguments) -> Result<Ending> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "onset", &mut script);
    crate::output::result(format_args!("{}", String::from_utf8(script)?));
    Ok(Ending::Done)
}
