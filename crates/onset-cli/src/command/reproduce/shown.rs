//! What a study found, in the terminal.

use anyhow::Result;
use onset::report::Grid;
use serde::Serialize;
use serde_json::json;

use crate::Ending;
use crate::table::table;

/// Says that the command was stopped and can be continued.
pub fn stopped() -> Ending {
    note!("stopped; run the same command again to continue");
    Ending::Interrupted
}

/// Prints `findings` with their `sentences`: as JSON, or as tables and text.
pub fn show(as_json: bool, findings: &impl Serialize, grids: Vec<Grid>, sentences: &[String]) -> Result<()> {
    if as_json {
        say!("{}", serde_json::to_string_pretty(&json!({ "findings": findings, "sentences": sentences }))?);
        return Ok(());
    }
    for Grid { title, header, rows } in grids {
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        say!("{title}\n{}\n", table(&header, rows));
    }
    sentences.iter().for_each(|sentence| say!("{sentence}"));
    Ok(())
}
