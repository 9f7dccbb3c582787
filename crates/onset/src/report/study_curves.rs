//! The figures that studies of every task have: agreement and score over training.

use maud::{Markup, html};

use super::figure::{Curves, Role};
use super::html::figure;
use crate::agreement::{CurvePoint, Measure};
use crate::study::{BleuScores, Pair, PartStudy, Study};

/// The columns and rows of a study's table.
pub(super) const STUDY_COLUMNS: [(&str, &str); 9] = [
    ("A(a, b)", "one row of the table: how often the position that a ranks first is among the top 5 % of b"),
    ("top 5 %", "this share"),
    ("95 %", "its 95 % confidence interval, by bootstrap over texts or sentence pairs"),
    (
        "ξ",
        "the score of other seeds when their own attention first agrees with gold α more than A; a low ξ \
         means that the estimate is available early",
    ),
    ("τ-b, ρ", "Kendall's and Spearman's rank correlations, as alternatives to the top 5 %"),
    ("Â, ξ*", "chance agreement; best score of the gold run"),
    ("α, Δ", "attention weight and gradient influence of the gold run"),
    ("β^uf", "output of a model with attention frozen to uniform for a word alone"),
    (
        "β^px, β^lr, β^co",
        "estimates of the same from word counts: bag of embeddings, logistic regression, first-order \
         co-occurrence",
    ),
];

/// Agreement over steps for the paper's measure and for τ-b, beside the scores.
pub(super) fn curves(study: &Study) -> Markup {
    let top = study.part("validation", Measure::Top);
    let kendall = study.part("validation", Measure::Kendall);
    html! {
        div class="panels" {
            (figure(&agreement_curves(top, "agreement with gold α, top 5 %", Some([0.0, 1.0])), html! {}))
            (figure(&agreement_curves(kendall, "agreement with gold α, τ-b", None), html! {}))
            (figure(&score_curves(study, top), html! {}))
            @if let Some(bleu) = &study.bleu { (figure(&bleu_curves(bleu, top), html! {})) }
        }
        p class="caption" {
            "Thin lines: α of each comparison seed; thick line: their mean. β^uf is from a run that never \
             learns to attend. Dashed: the prediction of first-order co-occurrence without training, \
             chance, and the gold run's best score. The axis of steps is logarithmic."
        }
    }
}

fn agreement_curves(part: &PartStudy, title: &str, range: Option<[f64; 2]>) -> Curves {
    let curve = &part.curve;
    let at: Vec<f64> = curve.comparison.iter().map(|point| point.step as f64).collect();
    let mut curves = Curves::new(title, "agreement A", range).over_log_steps(steps_of(part));
    for (seed, values) in &curve.by_seed {
        let points = at.iter().copied().zip(values.iter().copied());
        curves = curves.with_points(format!("α, seed {seed}"), Role::Seed, points);
    }
    let mean = curve.comparison.iter().map(|point| (point.step as f64, point.agreement));
    let uniform = curve.uniform.iter().map(|point| (point.step as f64, point.agreement));
    curves = curves.with_points("α, mean", Role::Median, mean).with_points("β^uf", Role::Main, uniform);
    if let Some(counted) = part.agreement(Pair::AlphaFirstOrder) {
        curves = curves.with_reference("co-occurrence, β^co", counted.value);
    }
    match part.baseline {
        Some(baseline) => curves.with_reference("shuffled (Â)", baseline.mean),
        None => curves,
    }
}

/// The checkpoints of all runs, in order.
fn steps_of(part: &PartStudy) -> Vec<u64> {
    let points = part.curve.comparison.iter().chain(&part.curve.uniform);
    let mut steps: Vec<u64> = points.map(|point| point.step).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn score_curves(study: &Study, part: &PartStudy) -> Curves {
    let curve = &part.curve;
    let points = |points: &[CurvePoint]| {
        points.iter().map(|point| (point.step as f64, point.score)).collect::<Vec<_>>()
    };
    let what = if study.label_names.is_some() { "accuracy on held-out texts" } else { "token accuracy" };
    Curves::new(what, "accuracy", None)
        .over_log_steps(steps_of(part))
        .with_points("comparison runs, mean", Role::Median, points(&curve.comparison))
        .with_points("uniform attention", Role::Main, points(&curve.uniform))
        .with_reference("best of gold (ξ*)", study.gold.score)
}

fn bleu_curves(bleu: &BleuScores, part: &PartStudy) -> Curves {
    let points =
        |points: &[(u64, f64)]| points.iter().map(|&(step, bleu)| (step as f64, bleu)).collect::<Vec<_>>();
    Curves::new("BLEU of greedy translations", "BLEU", None)
        .over_log_steps(steps_of(part))
        .with_points("comparison runs, mean", Role::Median, points(&bleu.comparison))
        .with_points("uniform attention", Role::Main, points(&bleu.uniform_curve))
        .with_reference("gold (ξ*)", bleu.gold)
}
