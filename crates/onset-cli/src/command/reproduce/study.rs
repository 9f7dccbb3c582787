//! What studies of every task share: their seeds, their checks, their tables.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use onset::proxy::ProxyError;
use onset::report::{agreement_csv, agreement_latex, agreement_markdown, study_grids};
use onset::store::write_atomically;
use onset::study::{Study, StudySeeds};

use crate::args::{RunningArguments, StudyArguments, UsageError};
use crate::table::table;

/// Refuses another task, and two sets that would share a folder.
pub fn check(
    running: &RunningArguments,
    data: &[String],
    name_of: fn(&str) -> String,
    does: &str,
) -> Result<()> {
    let key = |assignment: &String| assignment.split('=').next().map(str::trim) == Some("task");
    if running.overrides.iter().any(key) {
        return Err(UsageError(format!("--set task=… has no place here: this study {does}")).into());
    }
    let mut seen = BTreeMap::new();
    for data in data {
        let name = name_of(data);
        if let Some(other) = seen.insert(name.clone(), data) {
            let message = format!("{other} and {data} are both called {name}; study them apart, with --out");
            return Err(UsageError(message).into());
        }
    }
    Ok(())
}

/// A file's name without endings.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or("data").into()
}

/// The seeds asked for, else the paper's, of which a quick study takes `quick` comparisons.
pub fn seeds(arguments: &StudyArguments, paper: StudySeeds, quick: Option<usize>) -> Result<StudySeeds> {
    let comparisons = match (&arguments.seeds, quick) {
        (Some(seeds), _) => seeds.0.clone(),
        (None, Some(count)) => paper.comparisons.into_iter().take(count).collect(),
        (None, None) => paper.comparisons,
    };
    let seeds = StudySeeds { gold: arguments.gold, comparisons, uniform: arguments.uniform };
    if seeds.comparisons.contains(&seeds.gold) {
        let message =
            format!("seed {} is both the gold run's and a comparison's; change --seeds", seeds.gold);
        return Err(UsageError(message).into());
    }
    Ok(seeds)
}

/// What came of proxies; none if they were stopped.
pub fn unless_stopped<T>(proxies: Result<T, ProxyError>, name: &str) -> Result<Option<T>> {
    match proxies {
        Err(ProxyError::Interrupted) => Ok(None),
        Err(error) => Err(anyhow::Error::new(error).context(format!("cannot keep the proxies of {name}"))),
        Ok(proxies) => Ok(Some(proxies)),
    }
}

/// Writes the tables in every form.
pub fn write_tables(out: &Path, studies: &[Study]) -> Result<()> {
    for (name, contents) in [
        ("agreement.md", agreement_markdown(studies)),
        ("agreement.csv", agreement_csv(studies)),
        ("agreement.tex", agreement_latex(studies)),
    ] {
        write_atomically(&out.join(name), contents.as_bytes())?;
    }
    eprintln!("tables: {} (also .csv and .tex)", out.join("agreement.md").display());
    Ok(())
}

/// Prints a table for each part of each data set with its remarks, and what `more` adds.
pub fn show(studies: &[Study], more: &dyn Fn(usize) -> Option<String>) {
    for (place, study) in studies.iter().enumerate() {
        for grid in study_grids(study) {
            let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
            println!("{}\n{}\n", grid.title, table(&header, grid.rows));
        }
        for sentence in study.remarks().into_iter().chain(more(place)) {
            println!("{sentence}");
        }
        println!();
    }
}
