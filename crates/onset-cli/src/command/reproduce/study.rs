//! What studies of every task share: their seeds, their checks, their tables.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use onset::proxy::ProxyError;
use onset::report::{agreement_csv, agreement_latex, agreement_markdown, study_grids};
use onset::store::write_atomically;
use onset::study::{Study, StudyPlan, StudyRuns, StudySeeds};
use onset::train::{Job, Start};

use crate::Ending;
use crate::args::{RunningArguments, StudyArguments, UsageError};
use crate::command::sweep::{LiveReport, run_jobs};
use crate::interrupt;
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

/// What there is to be compared.
pub struct Conducted<'a, Data, P> {
    /// How the runs ended.
    pub ending: Result<Ending>,
    /// The plans of which enough is there, with their runs and proxies.
    pub plans: Vec<(&'a StudyPlan<Data>, StudyRuns, P)>,
}

/// Does the runs of all plans and, beside them, the proxies that `compute` makes until it is told to stop.
pub fn conduct<'a, Data: Send + Sync, P: Send>(
    plans: &'a [StudyPlan<Data>],
    running: &RunningArguments,
    compute: impl Fn(&StudyPlan<Data>, &dyn Fn() -> bool) -> Result<P, ProxyError> + Sync,
) -> Result<Conducted<'a, Data, P>> {
    let jobs: Vec<Job> = plans.iter().flat_map(|plan| plan.jobs.clone()).collect();
    let names = plans.iter().flat_map(|plan| plan.names.clone()).collect();
    let cancel = interrupt::flag();
    let (ending, proxies) = std::thread::scope(|scope| {
        let each = |plan| compute(plan, &|| cancel.load(Ordering::Relaxed));
        let proxies = scope.spawn(move || plans.iter().map(each).collect::<Vec<_>>());
        let ending = run_jobs(&jobs, names, running, Start::Resume, LiveReport::None);
        (ending, proxies.join().expect("proxies do not panic"))
    });
    let mut conducted = Vec::new();
    for (plan, proxies) in plans.iter().zip(proxies) {
        let Some(runs) = plan.read()? else { continue };
        match proxies {
            Err(ProxyError::Interrupted) => {}
            proxies => {
                let proxies = proxies.with_context(|| format!("cannot keep the proxies of {}", plan.name))?;
                conducted.push((plan, runs, proxies));
            }
        }
    }
    if matches!(ending, Ok(Ending::Interrupted)) {
        note!("stopped; the same command continues where it was left");
    }
    Ok(Conducted { ending, plans: conducted })
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
    note!("tables: {} (also .csv and .tex)", out.join("agreement.md").display());
    Ok(())
}

/// Prints a table for each part of each data set with its remarks, and what `more` adds.
pub fn show(studies: &[Study], more: &dyn Fn(usize) -> Option<String>) {
    for (place, study) in studies.iter().enumerate() {
        for grid in study_grids(study) {
            let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
            say!("{}\n{}\n", grid.title, table(&header, grid.rows));
        }
        for sentence in study.remarks().into_iter().chain(more(place)) {
            say!("{sentence}");
        }
        say!("");
    }
}
