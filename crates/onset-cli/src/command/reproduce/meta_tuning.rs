//! `onset reproduce meta-tuning`: does training on descriptions help on sets that were never seen?

use std::path::Path;

use anyhow::{Context, Result};
use onset::report::{Grid, meta_grids, meta_labels, write_meta_report};
use onset::store::write_atomically;
use onset::study::{MetaPlan, MetaRun, RunRecord, meta_findings, meta_sentences};
use onset::train::{Job, Start};

use super::shown::{show, stopped};
use crate::Ending;
use crate::args::MetaTuningArguments;
use crate::command::sweep::run_jobs;
use crate::interrupt;

/// Trains the missing runs, prints what they show, and writes tables and the report.
pub fn meta_tuning(arguments: MetaTuningArguments) -> Result<Ending> {
    let MetaTuningArguments { running, out, variants, .. } = &arguments;
    let plan = MetaPlan {
        collection: arguments.collection.clone(),
        data: arguments.from.clone(),
        pretrained: arguments.pretrained.clone(),
        seeds: arguments.seeds.clone().map_or_else(|| vec![0], |seeds| seeds.0),
        groups: arguments.groups.clone(),
        quick: arguments.quick,
        variants: (arguments.no_ablations || !variants.is_empty()).then(|| variants.clone()),
    };
    let runs = plan.plan(&running.overrides, out)?;
    let jobs: Vec<Job> = runs.iter().map(|run| run.job.clone()).collect();
    let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    note!("{} runs of {} steps", jobs.len(), jobs.first().map_or(0, |job| job.spec.training().steps));
    let ending = run_jobs(&jobs, &names, running, Start::Resume, None)?;
    interrupt::end_at_once();
    if matches!(ending, Ending::Interrupted) {
        return Ok(stopped());
    }
    report(runs, out, running.json)
}

fn report(runs: Vec<MetaRun>, out: &Path, as_json: bool) -> Result<Ending> {
    let read = |run: MetaRun| RunRecord::read(&run.job.path).map(|record| (run, record));
    let runs: Vec<(MetaRun, RunRecord)> = runs.into_iter().map(read).collect::<Result<_, _>>()?;
    let findings = meta_findings(&runs)?;
    let shown: Vec<&RunRecord> = runs.iter().map(|(_, record)| record).collect();
    let page = out.join("report.html");
    write_meta_report(&findings, &shown, &page).context("cannot write the report")?;
    let grids: Vec<Grid> = meta_grids(&findings);
    let labels = meta_labels(&findings);
    let all = || grids.iter().chain([&labels]);
    let heading = "# Meta-tuning\n".to_owned();
    let markdown = all().fold(heading, |text, grid| text + &grid.markdown());
    let package = "% Needs \\usepackage{booktabs}.\n".to_owned();
    let latex = grids.iter().fold(package, |text, grid| text + &grid.latex());
    for (name, contents) in [("tables.md", markdown), ("tables.tex", latex), ("labels.csv", labels.csv())] {
        write_atomically(&out.join(name), contents.as_bytes())?;
    }
    note!("report: {} (tables in tables.md, tables.tex, labels.csv)", page.display());
    show(as_json, &findings, grids, &meta_sentences(&findings))?;
    Ok(Ending::Done)
}
