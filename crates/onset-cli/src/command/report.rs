//! `onset report`: a report of recorded runs.

use anyhow::{Result, bail};
use onset::study::RunRecord;

use super::predictions::show_scores;
use super::show::show;
use super::sweep::report_to;
use crate::Ending;
use crate::args::ReportArguments;

/// Reads the runs, prints their summaries and writes the report.
pub fn report(arguments: &ReportArguments) -> Result<Ending> {
    let mut runs = Vec::new();
    for folder in &arguments.runs {
        let found = RunRecord::read_all(folder)?;
        if found.is_empty() {
            bail!("there is no run in {}; `onset train` and `onset reproduce` make some", folder.display());
        }
        runs.extend(found);
    }
    report_to(&runs, &arguments.output)?;
    show(&runs, false)?;
    show_scores(&runs)?;
    Ok(Ending::Done)
}
