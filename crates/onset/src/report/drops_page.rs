//! The report of the study of drops.

use std::path::Path;

use maud::html;

use super::Grid;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use crate::store::{StoreError, write_atomically};
use crate::study::{DropFindings, DropRun, Part, RunRecord, drop_sentences};

/// Every setting, measured and, if it was held out, predicted.
pub fn drops_table(findings: &DropFindings) -> Grid {
    let row = |setting: &DropRun| {
        let step = |step: Option<f64>| step.map_or_else(|| "–".into(), |step| format!("{step:.0}"));
        let predicted = setting.predicted.as_ref();
        let interval = predicted.map(|drop| drop.interval.map(|step| format!("{step:.0}")).join("–"));
        let drops: Vec<String> = setting.drops.iter().map(ToString::to_string).collect();
        vec![
            setting.chains.symbols.to_string(),
            setting.chains.length.to_string(),
            setting.chains.width.to_string(),
            setting.chains.rate.to_string(),
            if setting.part == Part::Fitted { "fitted" } else { "held out" }.into(),
            step(predicted.map(|drop| drop.step)),
            interval.unwrap_or_else(|| "–".into()),
            setting.measured.to_string(),
            drops.join(", "),
        ]
    };
    Grid {
        title: "Step of the drop".into(),
        header: [
            "symbols",
            "length",
            "width",
            "rate",
            "law",
            "predicted",
            "80 % interval",
            "measured",
            "by seed",
        ]
        .map(String::from)
        .to_vec(),
        rows: findings.settings.iter().map(row).collect(),
    }
}

/// Writes the report.
pub fn write_drops_report(
    findings: &DropFindings,
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let sentences = drop_sentences(findings);
    let section = html! {
        header {
            h1 { "When an induction head appears, said in advance" }
            @if let Some(first) = sentences.first() { (verdict(first)) }
            p class="lead" {
                "On Markov chains in context the loss stays at the level of unigram counts, then drops to that of pairs. A law that was \
                 fitted on other settings predicts the step of the drop; every forecast was sealed before its run began."
            }
            ul { @for sentence in sentences.iter().skip(1) { li { (sentence) } } }
        }
        div class="panels" {
            (figure(&steps(findings), html! {}))
            (figure(&calibration(findings), html! {}))
        }
        p class="caption" {
            "Left: held-out settings in the order of their predicted steps; the median of each setting's seeds, the prediction and its \
             80 % interval. Right: how often the drop had come by the step by which it was predicted to have come with some probability; \
             on the diagonal, intervals mean what they say."
        }
        (grid(&drops_table(findings)))
        (columns(&[
            ("law", "whether the law was fitted on the setting"),
            ("predicted", "median step; with the interval that should hold 80 % of runs"),
            ("measured", "first evaluation with half of the progress from the loss of unigram counts to that of pairs; median of seeds"),
        ]))
    };
    let title = "Onset: when an induction head appears";
    write_atomically(path, page(title, &[section], runs).as_bytes())
}

fn steps(findings: &DropFindings) -> Curves {
    let mut settings: Vec<&DropRun> =
        findings.settings.iter().filter(|setting| setting.predicted.is_some()).collect();
    settings.sort_by(|a, b| {
        let step = |setting: &DropRun| setting.predicted.as_ref().map_or(0.0, |drop| drop.step);
        step(a).total_cmp(&step(b))
    });
    let line = |of: &dyn Fn(&DropRun) -> Option<f64>| -> Vec<(f64, f64)> {
        let places = settings.iter().enumerate();
        places.filter_map(|(place, setting)| Some((place as f64 + 1.0, of(setting)?))).collect()
    };
    let predicted = |of: fn(&crate::theory::DropPrediction) -> f64| {
        line(&move |setting: &DropRun| setting.predicted.as_ref().map(of))
    };
    Curves::new("Predicted and measured", "step of the drop", None)
        .over("held-out setting", (1..=settings.len()).map(|place| place as f64))
        .with_points("measured", Role::Median, line(&|setting| setting.measured.step()))
        .with_points("predicted", Role::Main, predicted(|drop| drop.step))
        .with_points("from", Role::Seed, predicted(|drop| drop.interval[0]))
        .with_points("to", Role::Seed, predicted(|drop| drop.interval[1]))
}

fn calibration(findings: &DropFindings) -> Curves {
    let levels: Vec<f64> = findings.calibration.iter().map(|(level, _)| *level).collect();
    Curves::new("Calibration", "share of runs", Some([0.0, 1.0]))
        .over("predicted probability", levels.clone())
        .with_points("measured", Role::Median, findings.calibration.clone())
        .with_points("predicted", Role::Main, levels.iter().map(|&level| (level, level)))
}
