//! The report of the phase diagram of copying.

use std::path::Path;

use maud::{Markup, html};

use super::Grid;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use crate::spec::Optimizer;
use crate::store::{StoreError, write_atomically};
use crate::study::{PhaseCell, PhaseFindings, PhaseScore, RunRecord};

fn name(optimizer: Optimizer) -> &'static str {
    match optimizer {
        Optimizer::Adam => "Adam",
        Optimizer::AdamW => "AdamW",
        Optimizer::Sgd => "gradient descent",
    }
}

fn step(step: Option<f64>, none: &str) -> String {
    step.map_or(none.into(), |step| format!("{step:.0}"))
}

/// Every pair: measured, predicted by the reduced dynamics, and by the law.
pub fn phase_table(findings: &PhaseFindings) -> Grid {
    let row = |cell: &PhaseCell| {
        let learned = cell.runs.iter().filter(|run| run.emergence.is_observed()).count();
        let away = cell.runs.iter().filter(|run| run.attention_accuracy < 0.2).count();
        vec![
            cell.length.to_string(),
            cell.vocabulary.to_string(),
            format!("{learned} of {}", cell.runs.len()),
            cell.measured.to_string(),
            step(cell.predicted, "beyond"),
            step(cell.law, "never"),
            away.to_string(),
            if cell.fitted { "fitted" } else { "held out" }.into(),
        ]
    };
    Grid {
        title: format!("Copying under {}: median step of 0.95 accuracy", name(findings.optimizer)),
        header: [
            "L",
            "V",
            "learned",
            "measured",
            "reduced dynamics",
            "law",
            "without attention",
            "calibration",
        ]
        .map(String::from)
        .to_vec(),
        rows: findings.cells.iter().map(row).collect(),
    }
}

/// How well steps are predicted.
pub fn phase_scores(findings: &PhaseFindings) -> Grid {
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.3}"));
    let row = |name: &str, [all, held]: &[PhaseScore; 2]| {
        vec![
            name.to_owned(),
            number(all.rank_correlation),
            number(held.rank_correlation),
            number(held.log_error),
        ]
    };
    Grid {
        title: format!("Predicted and measured steps under {}", name(findings.optimizer)),
        header: ["", "Spearman's ρ, all pairs", "ρ, held out", "ln error, held out"]
            .map(String::from)
            .to_vec(),
        rows: vec![row("reduced dynamics", &findings.dynamics), row("law L·V(V−1)/(V−L)", &findings.law)],
    }
}

/// Writes the report.
pub fn write_phase_report(
    findings: &[PhaseFindings],
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let section = html! {
        header {
            h1 { "The phase diagram of copying: measured and predicted" }
            @for each in findings { (verdict(&in_a_sentence(each))) }
            p class="lead" {
                "The task is to copy L words out of V. The reduced dynamics integrates two variables, the \
                 score gap w and the logit gap a, from the initial weights of each seed. The constants \
                 that convert its time into optimiser steps were fitted on every other pair of sizes; the \
                 other pairs are predicted."
            }
        }
        @for each in findings { (part(each)) }
    };
    write_atomically(path, page("Onset: the phase diagram of copying", &[section], runs).as_bytes())
}

/// How well the steps are predicted.
fn in_a_sentence(findings: &PhaseFindings) -> String {
    let rank = |score: Option<f64>| score.map_or("unknown".into(), |score| format!("{score:.2}"));
    let [all, held] = &findings.dynamics;
    format!(
        "Under {}, predicted and measured steps of {} pairs of sizes have a rank correlation of {} (law: {}); on pairs that \
         were not used for calibration it is {}.",
        name(findings.optimizer),
        findings.cells.len(),
        rank(all.rank_correlation),
        rank(findings.law[0].rank_correlation),
        rank(held.rank_correlation)
    )
}

fn part(findings: &PhaseFindings) -> Markup {
    let mut lengths: Vec<usize> = findings.cells.iter().map(|cell| cell.length).collect();
    lengths.dedup();
    let calibration = &findings.calibration;
    html! {
        h2 { "Under " (name(findings.optimizer)) }
        div class="panels" { @for &length in &lengths { (figure(&curves(findings, length), html! {})) } }
        p class="caption" {
            "Median step at which accuracy reaches 0.95, against V/L. The law L·V(V−1)/(V−L) is the \
             estimate from the initial slope alone."
        }
        (grid(&phase_scores(findings)))
        (grid(&phase_table(findings)))
        (columns(&[
            ("L, V", "sequence length and vocabulary size"),
            ("learned", "number of seeds that reached an accuracy of 0.95"),
            ("measured", "median step at which they reached it"),
            ("reduced dynamics, law", "this step as predicted by the dynamics of w and a, and by L·V(V−1)/(V−L)"),
            ("without attention", "number of seeds whose attention does not end on the target words"),
            ("calibration", "whether the pair was used to fit the constants"),
        ]))
        p {
            "Calibration: κ = " (format!("{:.3}", calibration.attention_rate)) ", unit "
            (format!("{:.3}", calibration.unit))
            @if calibration.optimizer == Optimizer::Adam {
                ", noise of scores " (format!("{:.3}", calibration.score_noise)) ", of attention "
                (format!("{:.3}", calibration.attention_noise))
            }
            ", spread of ln steps " (format!("{:.3}", calibration.spread)) "."
        }
    }
}

fn curves(findings: &PhaseFindings, length: usize) -> Curves {
    let cells: Vec<&PhaseCell> = findings.cells.iter().filter(|cell| cell.length == length).collect();
    let ratio = |cell: &PhaseCell| cell.vocabulary as f64 / length as f64;
    let line = |of: fn(&PhaseCell) -> Option<f64>| -> Vec<(f64, f64)> {
        cells.iter().filter_map(|cell| Some((ratio(cell), of(cell)?))).collect()
    };
    let measured = |cell: &PhaseCell| cell.measured.step();
    Curves::new(format!("L = {length}"), "steps", None)
        .over("V/L", cells.iter().map(|cell| ratio(cell)))
        .with_points("measured", Role::Median, line(measured))
        .with_points("reduced dynamics", Role::Main, line(|cell| cell.predicted))
        .with_points("law", Role::Main, line(|cell| cell.law))
}
