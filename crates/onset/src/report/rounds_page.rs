//! The report of a round of theories.

use std::path::Path;

use maud::html;

use super::Grid;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use crate::forecast::{LEVELS, RoundPrediction};
use crate::store::{StoreError, write_atomically};
use crate::study::{KindScores, RoundFindings, RoundRun, RunRecord, THEORIES, round_sentences};

/// Every theory over all runs, and every theory by kind.
pub fn round_tables(findings: &RoundFindings) -> Vec<Grid> {
    let of = |title: &str, belongs: &dyn Fn(&KindScores) -> bool| {
        let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.2}"));
        let row = |scores: &&KindScores| {
            vec![
                scores.kind.clone(),
                scores.theory.clone(),
                format!("{} of {}", scores.covered, scores.runs),
                number(scores.rank_correlation),
                number(scores.log_error),
                number(scores.crps),
                scores.coverage.map_or_else(|| "–".into(), |share| format!("{:.0} %", 100.0 * share)),
            ]
        };
        let mut own: Vec<&KindScores> = findings.scores.iter().filter(|scores| belongs(scores)).collect();
        own.sort_by(|a, b| a.kind.cmp(&b.kind));
        let header = ["kind", "theory", "covered", "ρ", "rms of ln", "CRPS of ln", "in 80 % interval"];
        Grid {
            title: title.into(),
            header: header.map(String::from).to_vec(),
            rows: own.iter().map(row).collect(),
        }
    };
    vec![
        of("All runs", &|scores| scores.kind == "all"),
        of("By kind of distribution", &|scores| scores.kind != "all"),
    ]
}

/// Writes the report.
pub fn write_rounds_report(
    findings: &RoundFindings,
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let sentences = round_sentences(findings);
    let tables = round_tables(findings);
    let section = html! {
        header {
            h1 { "When copying is learned: theories on what none was fitted on" }
            @if let Some(first) = sentences.first() { (verdict(first)) }
            p class="lead" {
                "Every theory predicted every run before it began, and the predictions were sealed. A theory may say that a setting is outside \
                 of its domain; it is scored on the others."
            }
            ul { @for sentence in sentences.iter().skip(1) { li { (sentence) } } }
        }
        div class="panels" {
            @for (theory, _) in &findings.calibration { (figure(&scatter(findings, theory), html! {})) }
        }
        div class="panels" { (figure(&calibration(findings), html! {})) }
        p class="caption" {
            "Above: the median of each theory against the measured step, on logarithmic axes (powers of ten); the line is where they are equal. \
             Below: how often a run had learned by the step by which it was predicted to have learned with some probability."
        }
        @for table in &tables { h2 { (table.title) } (grid(table)) }
        (columns(&[
            ("covered", "runs inside of the theory's domain; the scores are about these"),
            ("ρ", "Spearman's rank correlation of predicted medians and measured steps"),
            ("rms of ln", "root mean square of ln(measured/predicted), of runs that learned"),
            ("CRPS of ln", "continuous ranked probability score of ln(step): 0 is a sharp right prediction"),
            ("in 80 % interval", "80 % if intervals mean what they say"),
        ]))
        h2 { "The theories" }
        dl class="columns" { @for theory in &THEORIES { dt { (theory.name) } dd { (theory.about) } } }
    };
    let title = "Onset: theories on what none was fitted on";
    write_atomically(path, page(title, &[section], runs).as_bytes())
}

/// The median of a prediction.
fn median(run: &RoundRun, theory: &str) -> Option<f64> {
    match run.predictions.get(theory)? {
        RoundPrediction::Steps(steps) => steps[LEVELS.len() / 2],
        RoundPrediction::Outside(_) => None,
    }
}

fn scatter(findings: &RoundFindings, theory: &str) -> Curves {
    let mut points: Vec<(f64, f64)> = findings
        .runs
        .iter()
        .filter_map(|run| Some((median(run, theory)?.log10(), run.step?.log10())))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let x: Vec<f64> = points.iter().map(|point| point.0).collect();
    Curves::new(format!("Measured by predicted: {theory}"), "log10 of the measured step", None)
        .over("log10 of the predicted step", x.clone())
        .with_points("runs", Role::Median, points)
        .with_points("equal", Role::Main, x.into_iter().map(|x| (x, x)))
}

fn calibration(findings: &RoundFindings) -> Curves {
    let mut curves = Curves::new("Calibration", "share of runs", Some([0.0, 1.0]))
        .over("predicted probability", LEVELS)
        .with_points("as predicted", Role::Main, LEVELS.map(|level| (level, level)));
    for (theory, points) in &findings.calibration {
        curves = curves.with_points(theory, Role::Median, points.iter().copied());
    }
    curves
}
