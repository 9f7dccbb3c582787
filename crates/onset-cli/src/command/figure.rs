//! `onset figure`: one figure of recorded runs as a file.

use std::path::{Path, PathBuf};

use anyhow::Result;
use onset::report::{At, Figure, figure_of, names_of, pdf, svg};
use onset::store::write_atomically;
use onset::study::RunRecord;

use super::collected::collect;
use crate::Ending;
use crate::args::{FigureArguments, UsageError};
use crate::table::table;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Svg,
    Pdf,
    Csv,
}

/// Writes the figure, or lists those that there are.
pub fn figure(arguments: &FigureArguments) -> Result<Ending> {
    let (folders, name) = split(arguments);
    let runs = collect(folders)?.runs;
    let Some(name) = name else { return list(arguments, &runs) };
    let Some(path) = &arguments.output else {
        let message =
            format!("name the file for the figure `{name}`: -o {name}.svg, {name}.pdf or {name}.csv");
        return Err(UsageError(message).into());
    };
    let form = form_of(path)?;
    let at = At { example: arguments.example.unwrap_or(0), step: arguments.step };
    let figure = figure_of(&runs, &name, at)?;
    check(arguments, &figure, &name, form)?;
    write_atomically(path, &content(arguments, &figure, form)?)?;
    note!("figure: {}", path.display());
    Ok(Ending::Done)
}

/// The folders, and the name behind them. What exists is a folder.
fn split(arguments: &FigureArguments) -> (&[PathBuf], Option<String>) {
    match arguments.runs.split_last() {
        Some((last, folders)) if !folders.is_empty() && !last.exists() => {
            (folders, Some(last.to_string_lossy().into_owned()))
        }
        _ => (&arguments.runs, None),
    }
}

fn list(arguments: &FigureArguments, runs: &[RunRecord]) -> Result<Ending> {
    if arguments.output.is_some() {
        let known: Vec<String> = names_of(runs).into_iter().map(|(name, _)| name).collect();
        let message = format!("name a figure after the runs; available are {}", known.join(", "));
        return Err(UsageError(message).into());
    }
    let rows = names_of(runs).into_iter().map(|(name, about)| vec![name, about]);
    say!("{}", table(&["figure", "shows"], rows));
    Ok(Ending::Done)
}

fn form_of(path: &Path) -> Result<Form> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Form::Svg),
        Some("pdf") => Ok(Form::Pdf),
        Some("csv") => Ok(Form::Csv),
        Some("png") => Err(UsageError(format!(
            "{}: `onset figure` cannot write PNG. Write .svg or .pdf, or save the figure as PNG from its \
             menu in the report or the lab",
            path.display()
        ))
        .into()),
        _ => {
            Err(UsageError(format!("{}: expected a file that ends in .svg, .pdf or .csv", path.display()))
                .into())
        }
    }
}

/// Refuses options that do not apply.
fn check(arguments: &FigureArguments, figure: &Figure, name: &str, form: Form) -> Result<()> {
    let curves = matches!(figure, Figure::Curves(_));
    let refused = [
        ("--example", curves && arguments.example.is_some(), "is for figures of attention"),
        ("--step", curves && arguments.step.is_some(), "is for figures of attention"),
        ("--log", arguments.log && (!curves || form == Form::Csv), "is for drawings of scores over steps"),
        (
            "--linear",
            arguments.linear && (!curves || form == Form::Csv),
            "is for drawings of scores over steps",
        ),
    ];
    match refused.into_iter().find(|(_, refused, _)| *refused) {
        Some((option, _, why)) => {
            Err(UsageError(format!("{option} {why}, and `{name}` is none; leave it out")).into())
        }
        None => Ok(()),
    }
}

fn content(arguments: &FigureArguments, figure: &Figure, form: Form) -> Result<Vec<u8>> {
    let log_steps = match (arguments.log, arguments.linear) {
        (false, false) => None,
        (log, _) => Some(log),
    };
    Ok(match form {
        Form::Svg => svg(&figure.sheet(log_steps)).into_bytes(),
        Form::Pdf => pdf(&figure.sheet(log_steps))?,
        Form::Csv => figure.csv().into_bytes(),
    })
}
