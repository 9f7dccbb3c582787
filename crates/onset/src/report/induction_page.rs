//! The report of the induction study.

use std::path::Path;

use maud::{Markup, html};

use super::Grid;
use super::figure::{Curves, Role};
use super::heads_part::heads_part;
use super::html::{columns, figure, grid, page, verdict};
use crate::store::{StoreError, write_atomically};
use crate::study::{InductionFindings, InductionRun, RunRecord, SettingFindings, induction_sentences};

/// The drop of each setting, and when its heads changed.
pub fn induction_table(findings: &InductionFindings) -> Grid {
    let row = |setting: &SettingFindings, run: &InductionRun| {
        let step = |step: Option<u64>| step.map_or_else(|| "–".into(), |step| step.to_string());
        let last = |values: &[f64]| values.last().map_or_else(|| "–".into(), |value| format!("{value:.3}"));
        vec![
            setting.name.to_owned(),
            run.seed.to_string(),
            run.drop.to_string(),
            step(run.times.previous_token),
            step(run.times.beta_gap),
            step(run.times.right_position),
            last(&run.loss),
            last(&run.accuracy),
        ]
    };
    let all = findings.settings.iter().flat_map(|setting| setting.runs.iter().map(move |run| (setting, run)));
    Grid {
        title: "Step of the drop, and of half the rise of each measure".into(),
        header: [
            "setting",
            "seed",
            "drop",
            "previous token",
            "gap of β",
            "right position",
            "loss",
            "accuracy",
        ]
        .map(String::from)
        .to_vec(),
        rows: all.map(|(setting, run)| row(setting, run)).collect(),
    }
}

/// Writes the report.
pub fn write_induction_report(
    findings: &InductionFindings,
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let sentences = induction_sentences(findings);
    let mut parts = Vec::new();
    for setting in &findings.settings {
        parts.push(part(findings, setting, runs)?);
    }
    let section = html! {
        header {
            h1 { "An induction head appears" }
            @if let Some(first) = sentences.first() { (verdict(first)) }
            p class="lead" {
                "Attention-only Transformers of two layers learn to predict in context. At first they use what a sequence holds; \
                 then a head of layer 1 finds what followed earlier occurrences of the present token, over a head of layer 0 that \
                 attends to the token before, and the loss drops."
            }
            ul { @for sentence in sentences.iter().skip(1) { li { (sentence) } } }
        }
        (grid(&induction_table(findings)))
        (columns(&[
            ("drop", "first evaluation with half of the progress from what can be known without matching to all that can be known"),
            ("previous token", "half of the rise of attention to the token before, in the head of layer 0 where it ends highest"),
            ("gap of β", "half of the rise of what the head of layer 1 would gain from the right positions"),
            ("right position", "half of the rise of that head's attention to them"),
            ("loss, accuracy", "at the last evaluation, on fresh sequences"),
        ]))
        @for part in &parts { (part) }
    };
    write_atomically(path, page("Onset: an induction head appears", &[section], runs).as_bytes())
}

fn part(
    findings: &InductionFindings,
    setting: &SettingFindings,
    runs: &[&RunRecord],
) -> Result<Markup, StoreError> {
    if setting.free.is_some() {
        return Ok(html! {});
    }
    let own = runs.iter().filter(|run| run.name().starts_with(&format!("{}/", setting.name)));
    let heads = heads_part(own.take(2).map(|run| (run.seed_label(), *run)))?;
    let clamped = findings.settings.iter().filter(|other| other.free == Some(setting.name));
    let compared: Vec<&SettingFindings> = std::iter::once(setting).chain(clamped).collect();
    Ok(html! {
        h2 { (setting.title) }
        div class="panels" {
            (figure(&losses(setting), html! {}))
            (figure(&progress(&compared), html! {}))
        }
        p class="caption" {
            "Left: held-out loss, a line for each seed, with reference losses where the task has them. Right: the median progress with \
             attention learned and clamped."
        }
        (heads)
    })
}

fn losses(setting: &SettingFindings) -> Curves {
    let steps = setting.runs.iter().map(|run| &run.steps).max_by_key(|steps| steps.len());
    let mut curves = Curves::new(setting.title, "loss (nats)", None);
    curves = curves.over_steps(steps.into_iter().flatten().copied());
    for run in &setting.runs {
        let points = run.steps.iter().map(|&step| step as f64).zip(run.loss.iter().copied());
        curves = curves.with_points(format!("seed {}", run.seed), Role::Main, points);
    }
    setting.references.iter().fold(curves, |curves, (name, loss)| curves.with_reference(name, *loss))
}

fn progress(settings: &[&SettingFindings]) -> Curves {
    let longest = settings.iter().flat_map(|setting| &setting.runs).map(|run| &run.steps);
    let steps = longest.max_by_key(|steps| steps.len());
    let curves = Curves::new("with attention clamped", "progress", Some([-0.2, 1.1]));
    let curves = curves.over_steps(steps.into_iter().flatten().copied());
    settings.iter().fold(curves, |curves, setting| {
        let at = |place: usize| {
            let values: Vec<f64> =
                setting.runs.iter().filter_map(|run| run.progress.get(place).copied()).collect();
            crate::stats::median(&values)
        };
        let steps = setting.runs.first().map(|run| run.steps.clone()).unwrap_or_default();
        let points = steps.iter().enumerate().filter_map(|(place, &step)| Some((step as f64, at(place)?)));
        curves.with_points(setting.name, Role::Main, points)
    })
}
