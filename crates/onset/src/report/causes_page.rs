//! The report of the study of causes.

use std::path::Path;

use maud::{Markup, html};

use super::Grid;
use super::branches_part::difference;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use crate::store::{StoreError, write_atomically};
use crate::study::{Arm, ArmFindings, CausesFindings, RunRecord, SubjectFindings, causes_sentences};

/// The changes of each subject, with what was predicted and what was measured.
pub fn causes_tables(findings: &CausesFindings) -> Vec<Grid> {
    findings.subjects.iter().map(table_of).collect()
}

fn table_of(found: &SubjectFindings) -> Grid {
    let predicted = found.arms.iter().any(|each| each.predicted.is_some());
    let row = |each: &ArmFindings| {
        let dash = || "–".to_owned();
        let ratio = |log: f64| format!("{:.2}", log.exp());
        let interval = |[low, high]: [f64; 2]| format!("{}–{}", ratio(low), ratio(high));
        let step = |step: f64| if step.is_finite() { format!("{step:.0}") } else { "never".into() };
        let observed = each.emergence.iter().filter(|emergence| emergence.is_observed()).count();
        let weight = |weight: Option<f64>| weight.map_or_else(dash, |weight| format!("{weight:.3}"));
        let mut row = vec![
            each.arm.title(),
            format!("{observed} of {}", each.seeds.len()),
            each.measured.to_string(),
            each.effect.map_or_else(dash, |effect| ratio(effect.log_ratio)),
            each.effect.and_then(|effect| effect.interval).map_or_else(dash, interval),
            each.last_score.map_or_else(dash, |score| format!("{score:.2}")),
        ];
        if predicted {
            row.extend([
                each.predicted.map_or_else(dash, step),
                each.predicted_effect.map_or_else(dash, ratio),
                format!("{} of {}", each.inside[0], each.inside[1]),
                weight(each.last_attention[0]),
                weight(each.last_attention[1]),
            ]);
        }
        row
    };
    let mut header =
        vec!["change", "emerged", "measured step", "times the steps", "95 % interval", "at the end"];
    if predicted {
        header.extend([
            "predicted step",
            "predicted times",
            "in 80 % interval",
            "last attention accuracy",
            "predicted weight",
        ]);
    }
    Grid {
        title: found.subject.title().into(),
        header: header.into_iter().map(String::from).collect(),
        rows: found.arms.iter().map(row).collect(),
    }
}

/// Writes the report.
pub fn write_causes_report(
    findings: &CausesFindings,
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let sentences = causes_sentences(findings);
    let head = html! {
        header {
            h1 { "Is it knowledge that attention waits for?" }
            @if let Some(first) = sentences.first() { (verdict(first)) }
            p class="lead" {
                "Training is changed on the way: attention is held uniform or clamped until a step, knowledge of words or attention is frozen \
                 or comes from a run that is further on. Runs of the same seed are exact pairs. For copying, the size of each effect \
                 was predicted by the reduced dynamics and sealed before any run began."
            }
            ul { @for sentence in sentences.iter().skip(1) { li { (sentence) } } }
        }
    };
    let sections: Vec<Markup> = std::iter::once(head).chain(findings.subjects.iter().map(section)).collect();
    let title = "Onset: is it knowledge that attention waits for?";
    write_atomically(path, page(title, &sections, runs).as_bytes())
}

fn section(found: &SubjectFindings) -> Markup {
    html! {
        h2 { (found.subject.title()) }
        div class="panels" {
            (figure(&steps(found), html! {}))
            @if found.arms.iter().any(|each| matches!(each.arm, Arm::UniformUntil(_))) { (figure(&delays(found), html! {})) }
        }
        p class="caption" {
            "Left: the step of emergence after each change, in the order of the table; medians. Right: the steps from the release of \
             attention to emergence, by the step of the release."
        }
        (grid(&table_of(found)))
        (columns(&[
            ("emerged", found.subject.emerges()),
            ("measured step", "median over seeds; what is reached before attention is learned does not count"),
            ("times the steps", "the step of the changed run over that of the unchanged run of the same seed, geometric mean"),
            ("at the end", found.subject.score()),
            ("last attention accuracy", "how often the right position has the largest weight at the end"),
            ("predicted", "by the reduced dynamics, from the initial weights alone; sealed before training"),
        ]))
        div class="panels" {
            @for each in found.arms.iter().filter(|each| !each.difference.steps.is_empty()) { (figure(&difference(&each.arm.title(), &each.difference), html! {})) }
        }
    }
}

fn steps(found: &SubjectFindings) -> Curves {
    let line = |of: &dyn Fn(&ArmFindings) -> Option<f64>| -> Vec<(f64, f64)> {
        let places = found.arms.iter().enumerate();
        places.filter_map(|(place, each)| Some((place as f64 + 1.0, of(each)?))).collect()
    };
    Curves::new("Step of emergence", "step", None)
        .over("change, as in the table", (1..=found.arms.len()).map(|place| place as f64))
        .with_points("measured", Role::Median, line(&|each| each.measured.step()))
        .with_points(
            "predicted",
            Role::Main,
            line(&|each| each.predicted.filter(|_| each.measured.is_observed())),
        )
}

fn delays(found: &SubjectFindings) -> Curves {
    let released = |each: &&ArmFindings| matches!(each.arm, Arm::Plain | Arm::UniformUntil(_));
    let arms: Vec<&ArmFindings> = found.arms.iter().filter(released).collect();
    let line = |of: &dyn Fn(&ArmFindings) -> Option<f64>| -> Vec<(f64, f64)> {
        let delay = |each: &&ArmFindings| {
            let release = each.arm.release() as f64;
            Some((release, of(each)? - release))
        };
        arms.iter().filter_map(delay).collect()
    };
    Curves::new("From release to emergence", "steps after the release", None)
        .over("step of the release", arms.iter().map(|each| each.arm.release() as f64))
        .with_points("measured", Role::Median, line(&|each| each.measured.step()))
        .with_points("predicted", Role::Main, line(&|each| each.predicted.filter(|step| step.is_finite())))
}
