//! `onset man`: pages for `man`.

use std::path::Path;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use onset::store::write_atomically;

use crate::Ending;
use crate::args::{Arguments, ManArguments, UsageError};
use crate::output::nearest;

/// Prints the page of one command, or writes all of them.
pub fn man(arguments: &ManArguments) -> Result<Ending> {
    let mut root = Arguments::command().disable_help_subcommand(true);
    root.build();
    if let Some(folder) = &arguments.out {
        let pages = write(&root, folder)?;
        say!("{pages} pages in {}", folder.display());
        return Ok(Ending::Done);
    }
    let mut command = &root;
    for name in &arguments.path {
        command = command.find_subcommand(name).ok_or_else(|| {
            let nearest = nearest(name, command.get_subcommands().map(Command::get_name));
            UsageError(format!("there is no command {name}{nearest}; `onset --help` lists all commands"))
        })?;
    }
    crate::output::result(format_args!("{}", page(command)?));
    Ok(Ending::Done)
}

/// Writes the page of `command` and those of its commands; how many they are.
fn write(command: &Command, folder: &Path) -> Result<usize> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    write_atomically(&path, page(command)?.as_bytes())?;
    command.get_subcommands().try_fold(1, |pages, each| Ok(pages + write(each, folder)?))
}

fn page(command: &Command) -> Result<String> {
    let mut roff = Vec::new();
    Man::new(command.clone()).render(&mut roff).context("cannot write the page")?;
    Ok(String::from_utf8(roff)?)
}
