//! `onset lab`: the web lab.

use std::process::{Command, Stdio};

use anyhow::Result;
use onset_lab::{Options, serve_until_interrupted};

use crate::Ending;
use crate::args::LabArguments;

/// Serves until Ctrl-C.
pub fn lab(arguments: &LabArguments) -> Result<Ending> {
    let options = Options {
        folder: arguments.folder.clone(),
        address: arguments.address,
        port: arguments.port,
        token: arguments.token.clone(),
        host_names: arguments.host_names.clone(),
    };
    serve_until_interrupted(&options, |url| {
        // The address is the result; whoever reads it through a pipe waits for it.
        say!("{url}");
        note!("open this address in a browser; Ctrl-C ends the lab");
        if arguments.open && !open(url) {
            note!("warning: no program was found that opens a browser; open the address by hand");
        }
    })?;
    note!("the lab has ended");
    Ok(Ending::Done)
}

/// Asks the system to open an address; false if it cannot be asked.
fn open(url: &str) -> bool {
    let (program, first): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(first).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
