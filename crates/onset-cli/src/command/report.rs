//! `onset report`: a report of recorded runs.

use anyhow::Result;

use super::collected::collect;
use super::predictions::show_scores;
use super::show::show;
use super::sweep::report_to;
use crate::Ending;
use crate::args::ReportArguments;

/// Reads the runs, prints their summaries and writes the report. Warns about runs that cannot be read.
pub fn report(arguments: &ReportArguments) -> Result<Ending> {
    let runs = &collect(&arguments.runs)?.runs;
    report_to(runs, &arguments.output)?;
    show(runs, false)?;
    show_scores(runs)?;
    Ok(Ending::Done)
}
