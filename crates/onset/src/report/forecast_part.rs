//! What was said before training, beside what then happened: part of a report.

use maud::{Markup, html};

use super::curves::{Curves, Role};
use super::html::figure;
use crate::forecast::{CopyingPrediction, Forecast, Prediction, RunScore, Standing, score_copying};
use crate::probe::emergence_step;
use crate::spec::Spec;
use crate::store::StoreError;
use crate::study::RunRecord;

/// Runs drawn at most.
const DRAWN: usize = 12;

/// The copying forecasts among `runs`; nothing if there are none.
pub(super) fn copying_forecasts(runs: &[RunRecord]) -> Result<Markup, StoreError> {
    let mut said = Vec::new();
    for run in runs.iter().filter(|run| matches!(run.spec, Spec::Copying(_))) {
        let path = run.directory.path();
        let Some(forecast) = Forecast::read(path)? else { continue };
        let standing = forecast.standing(path, Some(run.manifest()));
        let emergence = emergence_step(run.steps()?, run.score("accuracy")?);
        let score = RunScore {
            name: run.name(),
            standing,
            prediction: forecast.prediction,
            emergence,
            steps: run.manifest().steps_done,
            words: None,
        };
        said.push((run, score));
    }
    if said.is_empty() {
        return Ok(html! {});
    }
    let scores: Vec<RunScore> = said.iter().map(|(_, score)| score.clone()).collect();
    let mut panels = Vec::new();
    for (run, score) in said.iter().take(DRAWN) {
        if let (Prediction::Copying(prediction), Standing::Sealed) = (&score.prediction, &score.standing) {
            panels.push(panel(run, prediction)?);
        }
    }
    let together = score_copying(&scores);
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.2}"));
    Ok(html! {
        h2 { "What was said before" }
        p {
            "Forecasts were written before training began and have not changed since, unless they are marked void. Of "
            (together.runs) " that count: rank correlation of steps " (number(together.rank_correlation))
            ", steps within the 80 % interval " (number(together.coverage)) ", skill over saying the mean "
            (number(together.skill)) ", runs that learned within their budget told from others (AUC) "
            (number(together.discrimination)) "."
        }
        div class="panels" { @for each in &panels { (figure(each, html! {})) } }
        p class="caption" { "Token accuracy: what was said (probability of the right word) and what was measured." }
        div class="scroll" { table {
            thead { tr { th { "Run" } th { "Seal" } th { "Chance" } th { "Step said (8 of 10 times)" } th { "Happened" } } }
            tbody { @for score in &scores { (row(score)) } }
        } }
    })
}

fn panel(run: &RunRecord, prediction: &CopyingPrediction) -> Result<Curves, StoreError> {
    let curve = &prediction.outlook.curve;
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
        .with_points("said", Role::Main, steps.iter().map(|&step| (step as f64, at(step)))))
}

fn row(score: &RunScore) -> Markup {
    let step = |step: Option<f64>| step.map_or("later".into(), |step| format!("{step:.0}"));
    let (chance, steps) = match &score.prediction {
        Prediction::Copying(said) => {
            let [early, middle, late] = said.outlook.emergence.map(step);
            (format!("{:.0} %", 100.0 * said.outlook.chance), format!("{middle} ({early}–{late})"))
        }
        Prediction::Words(_) => ("–".into(), "–".into()),
    };
    html! { tr {
        th scope="row" { (score.name) }
        td { @match &score.standing {
            Standing::Sealed => "holds",
            Standing::Waiting => "waiting",
            Standing::Void(why) => { "void: " (why) }
        } }
        td { (chance) }
        td { (steps) }
        td { (score.emergence.map_or_else(|| format!("not within {}", score.steps), |step| format!("learned at {step}"))) }
    } }
}
