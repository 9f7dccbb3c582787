//! `onset lab`: the web lab.

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
        // The address is the result; a program that reads it through a pipe waits for it.
        say!("{url}");
        note!("open this address in a browser; press Ctrl-C to stop the lab");
        if arguments.open
            && let Err(error) = opener::open_browser(url)
        {
            note!("warning: cannot open a browser ({error}); open the address yourself");
        }
    })?;
    note!("the lab has stopped");
    Ok(Ending::Done)
}
