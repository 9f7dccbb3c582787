//! `onset reproduce phase`: when copying is learned, by vocabulary and length, against the theory's prediction.

use anyhow::{Context, Result};
use onset::report::{Grid, phase_scores, phase_table, write_phase_report};
use onset::study::{PhaseGrid, RunRecord, StudySize, phase_findings, read_begun};
use onset::train::Start;

use super::shown::stopped;
use crate::Ending;
use crate::args::{PhaseArguments, UsageError};
use crate::command::sweep::run_jobs;
use crate::interrupt;
use crate::table::table;

/// Trains the missing runs, fits the calibration on every other pair, prints the tables and writes the report.
pub fn phase(arguments: &PhaseArguments) -> Result<Ending> {
    let PhaseArguments { lengths, ratios, seeds, optimizers, quick, running, out } = arguments;
    if let Some(ratio) = ratios.iter().find(|ratio| !(ratio.is_finite() && **ratio >= 1.0)) {
        let reason = "without repetition, each position needs its own word; give ratios of at least 1";
        return Err(UsageError(format!("--ratios {ratio}: {reason}")).into());
    }
    if let Some(length) = lengths.iter().find(|length| **length < 2) {
        return Err(UsageError(format!("--lengths {length}: attention needs at least two positions")).into());
    }
    let seeds = seeds.clone().map_or_else(|| StudySize::quick(*quick).phase_seeds(), |seeds| seeds.0);
    let grid =
        PhaseGrid { lengths: lengths.clone(), ratios: ratios.clone(), seeds, optimizers: optimizers.clone() };
    let (jobs, names) = grid.plan(&running.overrides, out)?;
    let ending = run_jobs(&jobs, &names, running, Start::Resume, None)?;
    interrupt::end_at_once();
    if matches!(ending, Ending::Interrupted) {
        return Ok(stopped());
    }
    note!("fitting the calibration on every other pair");
    let runs = read_begun(&jobs)?;
    let found = optimizers.iter().filter_map(|&optimizer| phase_findings(&runs, optimizer).transpose());
    let findings = found.collect::<Result<Vec<_>, _>>()?;
    let report = out.join("report.html");
    let shown: Vec<&RunRecord> = runs.iter().collect();
    write_phase_report(&findings, &shown, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    if running.json {
        say!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for each in &findings {
            show(&phase_table(each));
            show(&phase_scores(each));
            let calibration = serde_json::to_string(&each.calibration)?;
            say!("calibration: {calibration}\n");
        }
    }
    Ok(Ending::Done)
}

fn show(grid: &Grid) {
    let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
    say!("{}\n{}", grid.title, table(&header, grid.rows.iter().cloned()));
}
