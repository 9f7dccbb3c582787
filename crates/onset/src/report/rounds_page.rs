//! The report of a round of theories.

use std::path::Path;

use maud::{Markup, PreEscaped, html};

use super::Grid;
use super::figure::{Curves, Role, Scatter, svg};
use super::html::{columns, figure, grid, page, verdict};
use crate::agreement::Interval;
use crate::forecast::{LEVELS, RoundPrediction};
use crate::stats::mean;
use crate::store::{StoreError, write_atomically};
use crate::study::{
    AttentionFindings, AttentionScore, KindScores, RoundFindings, RoundRun, RunRecord, SetScores,
    TEXT_THEORIES, THEORIES, round_sentences,
};

/// Every theory over all runs, and every theory by kind.
pub fn round_tables(findings: &RoundFindings) -> Vec<Grid> {
    copying_tables(findings).into_iter().chain(text_tables(&findings.attention)).collect()
}

fn copying_tables(findings: &RoundFindings) -> Vec<Grid> {
    if findings.runs.is_empty() {
        return Vec::new();
    }
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

fn text_tables(findings: &AttentionFindings) -> Vec<Grid> {
    if findings.sets.is_empty() {
        return Vec::new();
    }
    vec![attention_table(findings), sets_table(findings)]
}

/// Every theory of where attention goes, over all sets of texts.
fn attention_table(findings: &AttentionFindings) -> Grid {
    let row = |score: &AttentionScore| {
        let above = score.agreement - score.chance;
        vec![
            score.theory.clone(),
            format!("{} of {}", score.covered, findings.sets.len()),
            format!("{:.3}", score.agreement),
            format!("{:.3}", score.chance),
            match score.above_chance {
                Some(Interval { low, high }) => format!("{above:.3} ({low:.3} to {high:.3})"),
                None => format!("{above:.3}"),
            },
            score.kendall.map_or_else(|| "–".into(), |tau| format!("{tau:.3}")),
            format!("{} sets", score.best_on),
        ]
    };
    let header =
        ["theory", "covered", "A(α, theory)", "by chance", "above chance (95 %)", "Kendall's τ-b", "best on"];
    Grid {
        title: "Where attention goes, over all sets of texts".into(),
        header: header.map(String::from).to_vec(),
        rows: findings.scores.iter().map(row).collect(),
    }
}

/// Every set of texts, with A of each theory.
fn sets_table(findings: &AttentionFindings) -> Grid {
    let names = findings.names();
    let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.3}"));
    let row = |set: &SetScores| {
        let own = [
            set.set.clone(),
            set.kind.clone(),
            set.texts.to_string(),
            set.seeds.to_string(),
            format!("{:.3}", set.accuracy),
            number(set.between_seeds),
        ];
        let chance = mean(&set.theories.values().map(|score| score.chance).collect::<Vec<f64>>());
        let theories = names.iter().map(|name| number(set.theories.get(name).map(|score| score.agreement)));
        own.into_iter().chain([number(chance)]).chain(theories).collect()
    };
    let header =
        ["set", "kind", "texts", "seeds", "accuracy", "between seeds", "by chance"].map(String::from);
    Grid {
        title: "A(α, theory) by set of texts".into(),
        header: header.into_iter().chain(names.iter().cloned()).collect(),
        rows: findings.sets.iter().map(row).collect(),
    }
}

/// Writes the report.
pub fn write_rounds_report(
    findings: &RoundFindings,
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let sentences = round_sentences(findings);
    let section = html! {
        header {
            h1 { "Theories on what none was fitted on" }
            @if let Some(first) = sentences.first() { (verdict(first)) }
            p class="lead" {
                "Every theory predicted every run before it began, and the predictions were sealed. A theory may say that a setting is outside \
                 of its domain; it is scored on the others."
            }
            ul { @for sentence in sentences.iter().skip(1) { li { (sentence) } } }
        }
        @if !findings.runs.is_empty() { (copying_part(findings)) }
        @if !findings.attention.sets.is_empty() { (texts_part(&findings.attention)) }
    };
    let title = "Onset: theories on what none was fitted on";
    write_atomically(path, page(title, &[section], runs).as_bytes())
}

/// When copying is learned.
fn copying_part(findings: &RoundFindings) -> Markup {
    let theories: Vec<(&str, &str)> = THEORIES.iter().map(|theory| (theory.name, theory.about)).collect();
    html! {
        h2 { "When copying is learned" }
        div class="panels" {
            @for (theory, _) in &findings.calibration { (figure(&scatter(findings, theory), html! {})) }
        }
        div class="panels" { (figure(&calibration(findings), html! {})) }
        p class="caption" {
            "Above: the median of each theory against the measured step, on logarithmic axes (powers of ten); the line is where they are equal. \
             Below: how often a run had learned by the step by which it was predicted to have learned with some probability."
        }
        @for table in &copying_tables(findings) { h3 { (table.title) } (grid(table)) }
        (columns(&[
            ("covered", "runs inside of the theory's domain; the scores are about these"),
            ("ρ", "Spearman's rank correlation of predicted medians and measured steps"),
            ("rms of ln", "root mean square of ln(measured/predicted), of runs that learned"),
            ("CRPS of ln", "continuous ranked probability score of ln(step): 0 is a sharp right prediction"),
            ("in 80 % interval", "80 % if intervals mean what they say"),
        ]))
        (columns(&theories))
    }
}

/// Where attention goes in texts.
fn texts_part(findings: &AttentionFindings) -> Markup {
    let theories: Vec<(&str, &str)> =
        TEXT_THEORIES.iter().map(|theory| (theory.name, theory.about)).collect();
    html! {
        h2 { "Where attention goes in texts" }
        (against_seeds(findings))
        @for table in &text_tables(findings) { h3 { (table.title) } (grid(table)) }
        (columns(&[
            ("A(α, theory)", "the share of held-out texts in which the word with the largest attention is among the top 5 % of the theory"),
            ("by chance", "the same with the theory's numbers shuffled within each text"),
            ("above chance (95 %)", "the difference, with its interval over sets"),
            ("between seeds", "the agreement of the attention of two seeds: what a theory without knowledge of the seed can hope for"),
            ("accuracy", "of the model at its best checkpoint, where attention is compared"),
        ]))
        (columns(&theories))
    }
}

/// Each theory on each set, against how far seeds agree there.
fn against_seeds(findings: &AttentionFindings) -> Markup {
    let points = |name: &String| {
        let point = |set: &SetScores| Some([set.between_seeds?, set.theories.get(name)?.agreement]);
        (name.clone(), findings.sets.iter().filter_map(point).collect())
    };
    let groups: Vec<(String, Vec<[f64; 2]>)> = findings.names().iter().map(points).collect();
    if groups.iter().all(|(_, points)| points.is_empty()) {
        return html! {};
    }
    let drawing = Scatter {
        title: "Agreement with theories and between seeds".into(),
        axes: ["A of two seeds", "A(α, theory)"].map(String::from),
        range: [0.0, 1.0],
        groups,
    };
    html! {
        figure {
            (PreEscaped(svg(&drawing.sheet())))
            figcaption { "Each point is a set of texts; on the diagonal, a theory says as much of a run's attention as another run does." }
        }
    }
}

/// The median of a prediction.
fn median(run: &RoundRun, theory: &str) -> Option<f64> {
    match run.predictions.get(theory)? {
        RoundPrediction::Steps(steps) => steps[LEVELS.len() / 2],
        RoundPrediction::Attention | RoundPrediction::Outside(_) => None,
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
