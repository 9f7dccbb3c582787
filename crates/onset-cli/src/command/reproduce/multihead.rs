//! `onset reproduce multihead`: heads are tried alone, combined, and trained on other data.

use anyhow::{Context, Result};
use onset::measures::Emergence;
use onset::report::{multihead_grid, write_multihead_report};
use onset::study::{
    BodyOutcome, MultiheadPlan, MultiheadSettings, Pools, RunRecord, Selection, StudySize, Trial,
    draw_combinations, multihead_sentences,
};
use onset::train::Start;
use serde_json::json;

use super::shown::stopped;
use crate::Ending;
use crate::args::{MultiheadArguments, RunningArguments, UsageError};
use crate::command::sweep::{run_jobs, runs_at_once};
use crate::table::table;

/// Tries heads and trains combinations on each body, then prints the tables and writes the report.
pub fn multihead(arguments: &MultiheadArguments) -> Result<Ending> {
    let MultiheadArguments { quick, running, out, .. } = arguments;
    let preset = StudySize::quick(*quick).multihead();
    let overrides = [&preset.overrides[..], &running.overrides].concat();
    let plan = MultiheadPlan::new(settings(arguments, preset.settings)?, &overrides, out)?;
    let bodies = arguments.bodies.as_ref().map_or(preset.bodies, |seeds| seeds.0.clone());
    let (mut outcomes, mut all_runs) = (Vec::<BodyOutcome>::new(), Vec::<RunRecord>::new());
    let report = out.join("report.html");
    for &body in &bodies {
        let Some((outcome, runs)) = try_body(&plan, body, running)? else {
            let ending = stopped();
            if !outcomes.is_empty() {
                show(&outcomes, running.json)?;
            }
            return Ok(ending);
        };
        outcomes.push(outcome);
        all_runs.extend(runs);
        let shown: Vec<&RunRecord> = all_runs.iter().collect();
        write_multihead_report(&outcomes, &shown, &report).context("cannot write the report")?;
    }
    show(&outcomes, running.json)?;
    note!("report: {}", report.display());
    Ok(Ending::Done)
}

/// The settings from the command line, or else from the preset; checked.
fn settings(arguments: &MultiheadArguments, preset: MultiheadSettings) -> Result<MultiheadSettings> {
    let settings = MultiheadSettings {
        heads: arguments.heads,
        repeats: arguments.repeats.unwrap_or(preset.repeats),
        pool: arguments.pool.unwrap_or(preset.pool),
        selection_seeds: arguments.selection_seeds.unwrap_or(preset.selection_seeds),
        draws: arguments.draws.unwrap_or(preset.draws),
    };
    for (option, number, least, most) in [
        ("--heads", settings.heads, 2, 256),
        ("--repeats", settings.repeats, 1, 1_000),
        ("--pool", settings.pool, 1, 10_000),
        ("--selection-seeds", settings.selection_seeds, 1, MultiheadPlan::FIRST_TEST_SEED as usize),
        ("--draws", settings.draws, 1, 100_000),
    ] {
        if !(least..=most).contains(&number) {
            let message = format!("{option} {number}: expected a number from {least} to {most}");
            return Err(UsageError(message).into());
        }
    }
    if settings.pool < settings.heads {
        let MultiheadSettings { pool, heads, .. } = settings;
        let message = format!(
            "--pool {pool} is less than --heads {heads}: a combination of bad heads needs {heads} of them"
        );
        return Err(UsageError(message).into());
    }
    Ok(settings)
}

/// The experiment on one body, and its runs of combinations; `None` if it was interrupted.
fn try_body(
    plan: &MultiheadPlan,
    body: u64,
    running: &RunningArguments,
) -> Result<Option<(BodyOutcome, Vec<RunRecord>)>> {
    let Some(pools) = select(plan, body, running)? else { return Ok(None) };
    let (combinations, missing) = draw_combinations(body, &pools, &plan.settings);
    let (jobs, names): (Vec<_>, Vec<_>) =
        combinations.iter().map(|combination| plan.test(body, combination)).unzip();
    missing.iter().for_each(|missing| note!("warning: body {body}: {missing}"));
    note!("body {body}: {} runs of combinations", jobs.len());
    if run_jobs(&jobs, &names, running, Start::Resume, None)? == Ending::Interrupted {
        return Ok(None);
    }
    let runs = jobs.iter().map(|job| RunRecord::read(&job.path)).collect::<Result<Vec<_>, _>>()?;
    let about = (body, plan.settings.heads, plan.steps());
    let outcome = BodyOutcome::new(about, pools, missing, &combinations, &runs)?;
    Ok(Some((outcome, runs)))
}

/// Tries heads in rounds that use all cores, until there are enough good and bad ones; `None` if interrupted.
fn select(plan: &MultiheadPlan, body: u64, running: &RunningArguments) -> Result<Option<Pools>> {
    let mut selection = Selection::new(&plan.settings);
    loop {
        let trials = selection.next(runs_at_once(running));
        if trials.is_empty() {
            break;
        }
        let (jobs, names): (Vec<_>, Vec<_>) =
            trials.iter().map(|&(head, data_seed)| plan.trial(body, head, data_seed)).unzip();
        if run_jobs(&jobs, &names, running, Start::Resume, None)? == Ending::Interrupted {
            return Ok(None);
        }
        for (job, (head, _)) in jobs.iter().zip(trials) {
            let run = RunRecord::read(&job.path)?;
            let accuracy = run.score("accuracy")?;
            let passed = Emergence::of(run.steps()?, accuracy).is_observed();
            selection.take(head, Trial { passed, last: accuracy.last().copied().unwrap_or(f64::NAN) });
        }
        let pools = selection.pools();
        let wanted = plan.settings.pool;
        note!(
            "body {body}: {} heads tried, {} of {wanted} good, {} of {wanted} bad",
            pools.drawn,
            pools.good.len(),
            pools.bad.len()
        );
    }
    Ok(Some(selection.pools()))
}

/// Prints a table for each body and the conclusions.
fn show(outcomes: &[BodyOutcome], as_json: bool) -> Result<()> {
    let sentences = multihead_sentences(outcomes);
    if as_json {
        let all = json!({ "bodies": outcomes, "sentences": sentences });
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    for outcome in outcomes {
        let grid = multihead_grid(outcome);
        let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
        say!("{}\n{}\n", grid.title, table(&header, grid.rows));
    }
    sentences.iter().for_each(|sentence| say!("{sentence}"));
    Ok(())
}
