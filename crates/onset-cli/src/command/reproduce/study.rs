//! Code shared by the studies of all tasks: seeds, checks, runs and tables.

use std::collections::BTreeMap;
use std::path::Path;

use std::ops::ControlFlow;

use anyhow::Result;
use onset::data::DataTask;
use onset::proxy::EmbeddingSettings;
use onset::report::{agreement_csv, agreement_latex, agreement_markdown, study_grids};
use onset::store::write_atomically;
use onset::study::{Study, StudyPlan, StudyRuns, StudySeeds, WithProxies};
use onset::target::{TargetOptions, run_name};
use onset::train::Start;

use super::shown::stopped;
use crate::Ending;
use crate::args::{RunningArguments, StudyArguments, UsageError};
use crate::command::sweep::{ending_of, run_options, runs_at_once};
use crate::interrupt;
use crate::progress::Progress;
use crate::table::table;

/// The names of the data sets. Refuses a set for another task, and two sets that would share a folder.
pub fn check(running: &RunningArguments, data: &[String], needed: DataTask) -> Result<Vec<String>> {
    let key = |assignment: &String| assignment.split('=').next().map(str::trim) == Some("task");
    if running.overrides.iter().any(key) {
        let does = match needed {
            DataTask::Classification => "classifies texts",
            DataTask::Translation => "translates sentences",
        };
        return Err(UsageError(format!("--set task=… does not apply: this study {does}")).into());
    }
    let options = TargetOptions { needed: Some(needed), ..TargetOptions::default() };
    let mut names = Vec::new();
    let mut seen = BTreeMap::new();
    for data in data {
        let name = run_name(data, &options)?;
        if let Some(other) = seen.insert(name.clone(), data) {
            let message =
                format!("{other} and {data} are both named {name}; run them separately, with --out");
            return Err(UsageError(message).into());
        }
        names.push(name);
    }
    Ok(names)
}

/// The requested seeds, or else those of `preset`.
pub fn seeds(arguments: &StudyArguments, preset: StudySeeds) -> Result<StudySeeds> {
    let comparisons = arguments.seeds.as_ref().map_or(preset.comparisons, |seeds| seeds.0.clone());
    let seeds = StudySeeds { gold: arguments.gold, comparisons, uniform: arguments.uniform };
    seeds.check()?;
    Ok(seeds)
}

/// The runs and proxies to compare.
pub struct Conducted<'a, Data, P> {
    /// How the runs ended.
    pub ending: Result<Ending>,
    /// The plans with enough recorded, with their runs and proxies.
    pub plans: Vec<(&'a StudyPlan<Data>, StudyRuns, P)>,
}

/// Trains the runs of all plans and meanwhile computes their proxies.
pub fn conduct<'a, Data>(
    plans: &'a [StudyPlan<Data>],
    embeddings: &EmbeddingSettings,
    running: &RunningArguments,
) -> Result<Conducted<'a, Data, <StudyPlan<Data> as WithProxies>::Proxies>>
where
    StudyPlan<Data>: WithProxies,
{
    let names: Vec<String> = plans.iter().flat_map(|plan| plan.names.clone()).collect();
    let progress = Progress::new(names.clone());
    let observe = |index, event: onset::train::Event<'_>| {
        progress.observe(index, event);
        ControlFlow::Continue(())
    };
    let options = run_options(running, Start::Resume);
    let beside = |place: usize, at| progress.beside(place, &plans[place].name, at);
    let parallel = runs_at_once(running);
    let conducted = onset::study::conduct(plans, embeddings, parallel, options, &observe, &beside)?;
    let ending = ending_of(&names, conducted.ended);
    if interrupt::is_cancelled() {
        // Even where every run was done: comparing them takes a while.
        let stopped = stopped();
        return Ok(Conducted { ending: ending.map(|_| stopped), plans: Vec::new() });
    }
    interrupt::end_at_once();
    Ok(Conducted { ending, plans: conducted.plans })
}

/// Writes the tables in every format.
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

/// Prints a table for each split of each data set with its remarks, and the output of `more`.
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
