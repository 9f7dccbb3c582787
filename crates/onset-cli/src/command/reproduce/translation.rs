//! `onset reproduce translation`: gold, comparison and uniform runs, and their joint analysis.

use anyhow::{Context, Result};
use onset::data::DataTask;
use onset::report::{StudiedPairs, alignment_grid, write_translation_report};
use onset::store::write_atomically;
use onset::study::{HandAligned, Lexicon, Study, StudyPreset, StudySize, TranslationPlan, analyse_pairs};
use onset::target::{Target, TargetOptions, resolve};

use super::study::{check, conduct, seeds, show, write_tables};
use crate::Ending;
use crate::args::{TranslationArguments, UsageError};
use crate::command::standard_input::kept;
use crate::command::target::{note_data, options, refuse_unused_folder};
use crate::table::table;

/// Trains the missing runs, compares all, prints the tables, and writes tables, lexicon and report.
pub fn translation(arguments: &TranslationArguments) -> Result<Ending> {
    let data = arguments.data.iter().map(|data| kept(data, &arguments.out)).collect::<Result<Vec<_>>>()?;
    check(&arguments.running, &data, DataTask::Translation)?;
    let preset = StudySize::quick(arguments.quick).translation();
    let target = |data: &String| target(arguments, data, &preset);
    let targets = data.iter().map(target).collect::<Result<Vec<_>>>()?;
    refuse_unused_folder(&targets, "--from", arguments.text.from.as_deref())?;
    let plan = |target: &Target| plan(arguments, target, &preset);
    let plans = targets.iter().map(plan).collect::<Result<Vec<_>>>()?;
    let aligned = hand_aligned(arguments, &targets)?;
    for plan in &plans {
        note_data(&plan.name, &plan.jobs[0].data);
    }
    let conducted = conduct(&plans, &preset.embeddings, &arguments.running)?;
    let mut studies = Vec::new();
    for (plan, runs, mut proxies) in conducted.plans {
        let mut study = analyse_pairs(plan, &runs, &mut proxies)?;
        if let Some(aligned) = &aligned {
            let told = |done: usize, all: usize| note!("alignments: {done} of {all} checkpoints");
            study.alignments = aligned.scores(&runs, &plan.data.subwords, &mut proxies, &told)?;
        }
        let lexicon = Lexicon::new(plan, &runs, &mut proxies)?;
        let path = plan.folder.join("lexicon.csv");
        write_atomically(&path, lexicon.to_csv().as_bytes())?;
        note!("lexicon: {}", path.display());
        studies.push(StudiedPairs { study, runs, lexicon });
    }
    if !studies.is_empty() {
        write(arguments, &studies)?;
    }
    conducted.ending
}

/// The pairs whose words were aligned by hand, if they are named.
fn hand_aligned(arguments: &TranslationArguments, targets: &[Target]) -> Result<Option<HandAligned>> {
    let Some(path) = &arguments.alignments else { return Ok(None) };
    let [target] = targets else {
        let message = "--alignments belongs to one set of pairs; give --data once";
        return Err(UsageError(message.into()).into());
    };
    let source = target.pairs().expect("the target was resolved for translation");
    Ok(Some(HandAligned::read(source, path)?))
}

/// What one data set stands for.
fn target(arguments: &TranslationArguments, data: &str, preset: &StudyPreset) -> Result<Target> {
    let overrides = [&preset.overrides[..], &arguments.running.overrides].concat();
    let options = TargetOptions {
        needed: Some(DataTask::Translation),
        defaults: preset.defaults.clone(),
        ..options(&arguments.text, &overrides)?
    };
    Ok(resolve(data, &options)?)
}

/// The runs of one data set.
fn plan(arguments: &TranslationArguments, target: &Target, preset: &StudyPreset) -> Result<TranslationPlan> {
    let seeds = seeds(&arguments.study, preset.seeds.clone())?;
    Ok(TranslationPlan::new(&target.name, &target.spec, &seeds, &arguments.out.join(&target.name))?)
}

/// Writes tables and report, and prints the tables, or everything as JSON.
fn write(arguments: &TranslationArguments, studies: &[StudiedPairs]) -> Result<()> {
    let only: Vec<Study> = studies.iter().map(|each| each.study.clone()).collect();
    write_tables(&arguments.out, &only)?;
    let report = arguments.out.join("report.html");
    write_translation_report(studies, &report).context("cannot write the report")?;
    note!("report: {}", report.display());
    if arguments.running.json {
        say!("{}", serde_json::to_string_pretty(&only)?);
    } else {
        show(&only, &|place| studies[place].lexicon.remark());
        for study in only.iter().filter(|study| !study.alignments.is_empty()) {
            let grid = alignment_grid(study);
            let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
            say!("{}\n{}", grid.title, table(&header, grid.rows));
        }
    }
    Ok(())
}
