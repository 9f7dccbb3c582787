//! `onset reproduce classification`: gold, comparison and uniform runs, and their joint analysis.

use anyhow::{Context, Result};
use onset::data::DataTask;
use onset::proxy::Proxies;
use onset::report::write_classification_report;
use onset::study::{ClassificationPlan, Study, StudyPreset, StudySize, analyse_texts};
use onset::target::{Target, TargetOptions, resolve};

use super::study::{check, conduct, seeds, show, write_tables};
use crate::Ending;
use crate::args::ClassificationArguments;
use crate::command::standard_input::kept;
use crate::command::target::{note_data, options, refuse_unused_folder};

/// Trains the missing runs, compares all, prints the tables, and writes tables and report.
pub fn classification(arguments: &ClassificationArguments) -> Result<Ending> {
    let data = arguments.data.iter().map(|data| kept(data, &arguments.out)).collect::<Result<Vec<_>>>()?;
    check(&arguments.running, &data, DataTask::Classification)?;
    let preset = StudySize::quick(arguments.quick).classification();
    let target = |data: &String| target(arguments, data, &preset);
    let targets = data.iter().map(target).collect::<Result<Vec<_>>>()?;
    refuse_unused_folder(&targets, "--from", arguments.text.from.as_deref())?;
    let plan = |target: &Target| plan(arguments, target, &preset);
    let plans = targets.iter().map(plan).collect::<Result<Vec<_>>>()?;
    for plan in &plans {
        note_data(&plan.name, &plan.jobs[0].data);
    }
    let conducted = conduct(&plans, &preset.embeddings, &arguments.running)?;
    let mut studies = Vec::new();
    for (plan, runs, proxies) in conducted.plans {
        studies.push((analyse_texts(plan, &runs, &proxies)?, proxies));
    }
    if !studies.is_empty() {
        write(arguments, &plans, &studies)?;
    }
    conducted.ending
}

/// What one data set stands for.
fn target(arguments: &ClassificationArguments, data: &str, preset: &StudyPreset) -> Result<Target> {
    let overrides = [&preset.overrides[..], &arguments.running.overrides].concat();
    let options =
        TargetOptions { needed: Some(DataTask::Classification), ..options(&arguments.text, &overrides)? };
    Ok(resolve(data, &options)?)
}

/// The runs of one data set.
fn plan(
    arguments: &ClassificationArguments,
    target: &Target,
    preset: &StudyPreset,
) -> Result<ClassificationPlan> {
    let seeds = seeds(&arguments.study, preset.seeds.clone())?;
    Ok(ClassificationPlan::new(&target.name, &target.spec, &seeds, &arguments.out.join(&target.name))?)
}

/// Writes tables and report, and prints the tables, or everything as JSON.
fn write(
    arguments: &ClassificationArguments,
    plans: &[ClassificationPlan],
    studies: &[(Study, Proxies)],
) -> Result<()> {
    let only: Vec<Study> = studies.iter().map(|(study, _)| study.clone()).collect();
    write_tables(&arguments.out, &only)?;
    let report = arguments.out.join("report.html");
    write_classification_report(plans, studies, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    if arguments.running.json {
        say!("{}", serde_json::to_string_pretty(&only)?);
    } else {
        show(&only, &|_| None);
    }
    Ok(())
}
