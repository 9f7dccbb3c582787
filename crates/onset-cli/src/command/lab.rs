//! `onset lab`: the web lab.

use anyhow::{Context, Result};
use onset_lab::{Options, serve_until_interrupted};

use crate::Ending;
use crate::args::LabArguments;

/// Serves until Ctrl-C.
pub fn lab(arguments: &LabArguments) -> Result<Ending> {
    let options = Options {
        folder: arguments.folder.clone(),
        address: arguments.address,
        port: arguments.port,
        token: token(arguments)?,
        host_names: arguments.host_names.clone(),
        ..Options::default()
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

/// The variable of the environment that may have the token.
const TOKEN_VARIABLE: &str = "ONSET_LAB_TOKEN";

/// The token that was chosen, if any: as it is typed, from a file, or from the environment. Only the last two are hidden
/// from those who can list the processes of this machine.
fn token(arguments: &LabArguments) -> Result<Option<String>> {
    if let Some(token) = &arguments.token {
        return Ok(Some(token.clone()));
    }
    if let Some(path) = &arguments.token_file {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read the token from {}", path.display()))?;
        return Ok(Some(text.trim().to_owned()));
    }
    Ok(std::env::var(TOKEN_VARIABLE)
        .ok()
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty()))
}
