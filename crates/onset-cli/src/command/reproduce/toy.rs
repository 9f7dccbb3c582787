//! `onset reproduce toy`: the gradient flow of the toy classifier.

use anyhow::{Context, Result};
use onset::report::{toy_table, write_toy_report};
use onset::theory::{ToyStart, integrate_toy};

use crate::Ending;
use crate::args::{ToyArguments, UsageError};
use crate::table::table;

/// Points of each curve.
const POINTS: usize = 3000;

/// Integrates the flow, prints the times of its events, and writes the trajectories and the report.
pub fn toy(arguments: &ToyArguments) -> Result<Ending> {
    let end = arguments.time;
    if !(end.is_finite() && end > 0.0 && end <= 1000.0) {
        return Err(UsageError(format!("--time {end}: expected a time above 0, up to 1000")).into());
    }
    let runs = ToyStart::all().map(|start| integrate_toy(start, end, POINTS));
    let report = arguments.out.join("report.html");
    write_toy_report(&runs, &report, &arguments.out.join("trajectories.parquet"))
        .context("cannot write the report")?;
    note!("report: {}", report.display());
    let grid = toy_table(&runs);
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&runs)?);
    } else {
        let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
        say!("{}\n{}", grid.title, table(&header, grid.rows));
    }
    Ok(Ending::Done)
}
