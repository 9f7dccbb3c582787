//! Sealed forecasts and their scores: part of a report.

use maud::{Markup, html};

use super::figure::{Curves, Role};
use super::html::figure;
use crate::forecast::{
    CopyingPrediction, ForecastStatus, Prediction, RunScore, score_times, theories_of, with_result,
};
use crate::measures::Emergence;
use crate::spec::CopyingSpec;
use crate::store::StoreError;
use crate::study::RunRecord;

/// Runs drawn at most.
const DRAWN: usize = 12;

/// The copying forecasts among `runs`; nothing if there are none.
pub(super) fn copying_forecasts(runs: &[RunRecord]) -> Result<Markup, StoreError> {
    let mut forecasts = Vec::new();
    for run in runs.iter().filter(|run| CopyingSpec::of(&run.spec).is_some()) {
        forecasts.extend(with_result(run)?.map(|score| (run, score)));
    }
    if forecasts.is_empty() {
        return Ok(html! {});
    }
    let scores: Vec<RunScore> = forecasts.iter().map(|(_, score)| score.clone()).collect();
    let copying = scores.iter().filter_map(|score| match &score.prediction {
        Prediction::Copying(prediction) => Some(prediction),
        Prediction::Words(_) | Prediction::Levels(_) => None,
    });
    let theories = theories_of(copying);
    let mut panels = Vec::new();
    for (run, score) in forecasts.iter().take(DRAWN) {
        if let (Prediction::Copying(prediction), ForecastStatus::Sealed) = (&score.prediction, &score.status)
        {
            panels.push(panel(run, prediction)?);
        }
    }
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.2}"));
    Ok(html! {
        h2 { "Forecasts made before training" }
        p {
            "Each forecast was sealed before its run began and has not been modified since, unless it is \
             marked void."
            @for by in theories { " " (by) }
        }
        @for together in score_times(&scores) {
            p {
                "Of " (together.runs) " sealed forecasts by theory " (together.theory.as_deref().unwrap_or("without a version"))
                ": rank correlation of predicted and measured steps " (number(together.rank_correlation))
                "; share of steps within the 80 % prediction interval " (number(together.coverage))
                "; skill relative to predicting the mean " (number(together.skill))
                "; area under the ROC curve for learning within the budget " (number(together.discrimination)) "."
                @if together.ended_early > 0 {
                    " " (together.ended_early)
                    " ended before the budget without having learned; whether they would have learned is unknown, so \
                     the last figure leaves them out."
                }
            }
        }
        div class="panels" { @for each in &panels { (figure(each, html! {})) } }
        p class="caption" { "Token accuracy against step: predicted (probability of the target token) and measured." }
        div class="scroll" { table {
            thead { tr {
                th { "Run" } th { "Forecast" } th { "Predicted chance" }
                th { "Predicted step (80 % interval)" } th { "Measured" }
            } }
            tbody { @for score in &scores { (row(score)) } }
        } }
    })
}

fn panel(run: &RunRecord, prediction: &CopyingPrediction) -> Result<Curves, StoreError> {
    let curve = &prediction.outcome.curve;
    let at = |step: i64| {
        let after =
            curve.partition_point(|point| point.step < step as f64).min(curve.len().saturating_sub(1));
        curve.get(after).map_or(f64::NAN, |point| point.accuracy)
    };
    let steps = run.steps()?.to_vec();
    let measured: Vec<(f64, f64)> =
        steps.iter().zip(run.score("accuracy")?).map(|(&step, &accuracy)| (step as f64, accuracy)).collect();
    Ok(Curves::new(run.name(), "token accuracy", Some([0.0, 1.0]))
        .over("step", steps.iter().map(|&step| step as f64))
        .with_points("measured", Role::Median, measured)
        .with_points("predicted", Role::Main, steps.iter().map(|&step| (step as f64, at(step)))))
}

fn row(score: &RunScore) -> Markup {
    let (chance, steps) = match &score.prediction {
        Prediction::Copying(CopyingPrediction { outcome, .. }) => {
            let step = |step: Option<f64>| {
                step.map_or_else(|| format!("after {:.0}", outcome.horizon), |step| format!("{step:.0}"))
            };
            let [early, middle, late] = outcome.emergence.map(step);
            (format!("{:.0} %", 100.0 * outcome.chance), format!("{middle} ({early}–{late})"))
        }
        Prediction::Words(_) | Prediction::Levels(_) => ("–".into(), "–".into()),
    };
    let measured = match score.emergence {
        Some(Emergence::At(step)) => format!("learned at {step}"),
        Some(censored) => censored.to_string(),
        None => "–".into(),
    };
    html! { tr {
        th scope="row" { (score.name) }
        td { (score.status) }
        td { (chance) }
        td { (steps) }
        td { (measured) }
    } }
}
