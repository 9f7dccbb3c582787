//! `onset report`: a report of recorded runs.

use anyhow::{Result, bail};
use onset::study::Collected;

use super::collected::warn;
use super::predictions::show_scores;
use super::show::show;
use super::sweep::report_to;
use crate::Ending;
use crate::args::ReportArguments;

/// Reads the runs, prints their summaries and writes the report. Warns about runs that cannot be read.
pub fn report(arguments: &ReportArguments) -> Result<Ending> {
    let collected = Collected::find(&arguments.runs);
    if let Some(folder) = collected.empty.first() {
        let what = if folder.exists() { "no run in" } else { "no folder" };
        bail!("there is {what} {}; `onset train` and `onset reproduce` make some", folder.display());
    }
    warn(&collected);
    let runs = &collected.runs;
    if runs.is_empty() {
        bail!("none of the runs can be read");
    }
    report_to(runs, &arguments.output)?;
    show(runs, false)?;
    show_scores(runs)?;
    Ok(Ending::Done)
}
