//! Scores of forecasts against the runs that they predict.

use serde::Serialize;

use super::score_words::{WordScore, score_words};
use super::{CopyingPrediction, Forecast, ForecastStatus, LevelsPrediction, Prediction};
use crate::agreement::spearman;
use crate::measures::{Emergence, ranked_steps};
use crate::spec::CopyingSpec;
use crate::stats::mean;
use crate::store::StoreError;
use crate::study::{HeadCourses, RunRecord, StudyError, markov_progress};
use crate::watch::Watch;

/// The forecast and the result of one run.
#[derive(Debug, Clone, Serialize)]
pub struct RunScore {
    /// The name of the run.
    pub name: String,
    /// Whether the forecast counts.
    pub status: ForecastStatus,
    /// The version of the theory behind the forecast; `None` for forecasts of format 1.
    pub theory: Option<String>,
    /// The prediction.
    pub prediction: Prediction,
    /// For copying, the measured emergence, and where a step is predicted for the loss to drop, that step; `None` for others.
    pub emergence: Option<Emergence>,
    /// Where an order of measures of heads is predicted and they were recorded, whether it was that.
    pub ordered: Option<bool>,
    /// Where levels of the loss are predicted, the mean held-out loss of the last tenth of the evaluations, in nats.
    pub last_loss: Option<f64>,
    /// The number of steps taken.
    pub steps: u64,
    /// For texts and pairs, the score of predicted attention; `None` for copying.
    pub words: Option<WordScore>,
}

/// The scores of one version of the theory on runs with sealed forecasts of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TimeScores {
    /// What is predicted: `copying`, or the `drop` of the loss.
    pub what: &'static str,
    /// The version of the theory; `None` for forecasts of format 1.
    pub theory: Option<String>,
    /// The number of runs.
    pub runs: usize,
    /// The number of runs that learned.
    pub learned: usize,
    /// Runs whose observation ended within the budget, before they learned. They are excluded from `discrimination`,
    /// and they have no rank if another run learned later.
    pub ended_early: usize,
    /// Spearman's ρ of predicted and measured steps; a run that did not learn counts as latest.
    pub rank_correlation: Option<f64>,
    /// The share of the runs that learned whose step is within the 80 % prediction interval; 0.8 if calibrated.
    pub coverage: Option<f64>,
    /// 1 − (mean square of ln(measured/predicted)) / (variance of ln(measured)). Above 0 is better than predicting the
    /// mean for each run.
    pub skill: Option<f64>,
    /// The area under the ROC curve of the predicted probability of learning within the budget.
    pub discrimination: Option<f64>,
    /// Root mean square of ln(measured step/predicted step) of the runs that learned.
    pub log_error: Option<f64>,
}

/// A predicted step, as quantiles at 0.1, 0.5 and 0.9 that are `None` beyond what was looked at, and the probability that it is within
/// the budget of the run.
struct Timed {
    steps: [Option<f64>; 3],
    budget: u64,
    chance: f64,
}

impl Prediction {
    /// The predicted step and what it is of; `None` where none is predicted.
    fn timed(&self) -> Option<(&'static str, Timed)> {
        match self {
            Self::Copying(CopyingPrediction { outcome, .. }) => {
                let (steps, budget, chance) = (outcome.emergence, outcome.budget, outcome.chance);
                Some(("copying", Timed { steps, budget, chance }))
            }
            Self::Levels(LevelsPrediction { drop: Some(drop), .. }) => {
                let steps = [drop.interval[0], drop.step, drop.interval[1]].map(Some);
                Some(("drop", Timed { steps, budget: drop.budget, chance: drop.chance }))
            }
            Self::Levels(_) | Self::Words(_) => None,
        }
    }
}

/// The forecast of `run` and its score; `None` if it has no forecast. Texts and pairs need their data and a bag of
/// embeddings. It is trained and stored beside the run, in a folder that all runs on the same data share, if it is not
/// there yet. `watch` can cancel this, which is an error.
pub fn scored(run: &RunRecord, watch: &mut Watch<'_>) -> Result<Option<RunScore>, StudyError> {
    let Some(mut score) = with_result(run)? else { return Ok(None) };
    if let (Prediction::Words(_), ForecastStatus::Sealed) = (&score.prediction, &score.status) {
        score.words = score_words(run, run.directory.path(), watch)?;
    }
    Ok(Some(score))
}

/// As [`scored`], without the agreement for texts and pairs.
pub(crate) fn with_result(run: &RunRecord) -> Result<Option<RunScore>, StoreError> {
    let path = run.directory.path();
    let Some(forecast) = Forecast::read(path)? else { return Ok(None) };
    let (mut emergence, mut ordered) = (None, None);
    if CopyingSpec::of(&run.spec).is_some() {
        emergence = Some(Emergence::of(run.steps()?, run.score("accuracy")?));
    }
    if let Prediction::Levels(LevelsPrediction { drop: Some(_), order, .. }) = &forecast.prediction {
        emergence = Some(markov_progress(run)?.drop());
        ordered = HeadCourses::of(run)?.and_then(|courses| courses.rises_in_order(order));
    }
    let last_loss = match &forecast.prediction {
        Prediction::Levels(_) => {
            let losses = run.score("loss")?;
            mean(&losses[losses.len() - losses.len().div_ceil(10)..])
        }
        _ => None,
    };
    Ok(Some(RunScore {
        last_loss,
        name: run.name(),
        status: forecast.status(path, Some(run.manifest())),
        theory: forecast.theory,
        prediction: forecast.prediction,
        emergence,
        ordered,
        steps: run.manifest().steps_done,
        words: None,
    }))
}

/// The scores of the runs among `scores` for which a step was predicted, for each version of the theory in order of appearance.
pub fn score_times(scores: &[RunScore]) -> Vec<TimeScores> {
    let mut known: Vec<(&'static str, &Option<String>)> = Vec::new();
    let mut groups: Vec<Vec<(Emergence, Timed)>> = Vec::new();
    for score in scores.iter().filter(|score| score.status == ForecastStatus::Sealed) {
        let (Some((what, timed)), Some(emergence)) = (score.prediction.timed(), score.emergence) else {
            continue;
        };
        let key = (what, &score.theory);
        let place = known.iter().position(|other| *other == key).unwrap_or_else(|| {
            known.push(key);
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push((emergence, timed));
    }
    let scored = known.into_iter().zip(groups);
    scored.map(|((what, theory), runs)| score_group(what, theory.clone(), &runs)).collect()
}

fn score_group(what: &'static str, theory: Option<String>, runs: &[(Emergence, Timed)]) -> TimeScores {
    let emergence: Vec<Emergence> = runs.iter().map(|run| run.0).collect();
    let late = |step: f64| if step.is_finite() { step as f32 } else { f32::MAX };
    let ranked = ranked_steps(&emergence)
        .into_iter()
        .zip(runs)
        .filter_map(|(step, (_, timed))| Some((late(step?), late(timed.steps[1].unwrap_or(f64::INFINITY)))));
    let (measured, predicted): (Vec<f32>, Vec<f32>) = ranked.unzip();
    let inside = |step: f64, [early, _, latest]: [Option<f64>; 3]| {
        early.is_some_and(|early| early <= step) && latest.is_none_or(|latest| step <= latest)
    };
    let learned: Vec<(f64, [Option<f64>; 3])> =
        runs.iter().filter_map(|(emergence, timed)| Some((emergence.step()?, timed.steps))).collect();
    let share = |count: usize, of: usize| (of > 0).then(|| count as f64 / of as f64);
    let within: Vec<(bool, f64)> = runs
        .iter()
        .filter_map(|(emergence, timed)| Some((emergence.is_by(timed.budget as f64)?, timed.chance)))
        .collect();
    TimeScores {
        what,
        theory,
        runs: runs.len(),
        learned: learned.len(),
        ended_early: runs.len() - within.len(),
        rank_correlation: spearman(&measured, &predicted),
        coverage: share(learned.iter().filter(|(step, steps)| inside(*step, *steps)).count(), learned.len()),
        skill: skill(&learned),
        discrimination: discrimination(&within),
        log_error: log_error(&learned),
    }
}

fn skill(learned: &[(f64, [Option<f64>; 3])]) -> Option<f64> {
    let logs: Vec<(f64, f64)> =
        learned.iter().filter_map(|(step, predicted)| Some((step.ln(), predicted[1]?.ln()))).collect();
    let count = logs.len() as f64;
    let mean = logs.iter().map(|(measured, _)| measured).sum::<f64>() / count;
    let about_mean: f64 = logs.iter().map(|(measured, _)| (measured - mean).powi(2)).sum();
    let about_predicted: f64 = logs.iter().map(|(measured, predicted)| (measured - predicted).powi(2)).sum();
    (logs.len() > 1 && about_mean > 0.0).then(|| 1.0 - about_predicted / about_mean)
}

/// Root mean square of ln(measured/predicted); `None` without runs that have both.
fn log_error(learned: &[(f64, [Option<f64>; 3])]) -> Option<f64> {
    let squares = learned.iter().filter_map(|(step, predicted)| Some((step / predicted[1]?).ln().powi(2)));
    mean(&squares.collect::<Vec<f64>>()).map(f64::sqrt)
}

/// The share of (positive, negative) pairs of runs that the value orders correctly; ties count half.
pub(crate) fn discrimination(runs: &[(bool, f64)]) -> Option<f64> {
    let [positive, negative] = [true, false]
        .map(|holds| runs.iter().filter(|run| run.0 == holds).map(|run| run.1).collect::<Vec<f64>>());
    let pairs = positive.iter().flat_map(|a| negative.iter().map(move |b| (a, b)));
    let right: f64 = pairs.map(|(a, b)| if a > b { 1.0 } else { 0.5 * f64::from(u8::from(a == b)) }).sum();
    let count = (positive.len() * negative.len()) as f64;
    (count > 0.0).then(|| right / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::CopyingOutcome;

    #[test]
    fn discrimination_is_the_area_under_the_curve() {
        let runs = [(true, 0.9), (true, 0.4), (false, 0.4), (false, 0.1)];
        assert_eq!(discrimination(&runs), Some(0.875));
        assert_eq!(discrimination(&runs[..2]), None);
    }

    fn run(theory: &str, emergence: Emergence, chance: f64, median: f64) -> RunScore {
        let curve = Vec::new();
        let emergence_steps = [Some(median / 2.0), Some(median), Some(median * 2.0)];
        let outcome = CopyingOutcome {
            budget: 200,
            chance,
            attends: chance,
            emergence: emergence_steps,
            head: 0,
            horizon: 2000.0,
            curve,
        };
        RunScore {
            name: String::new(),
            status: ForecastStatus::Sealed,
            theory: Some(theory.into()),
            prediction: Prediction::Copying(CopyingPrediction {
                seed: 0,
                initial_conditions: Vec::new(),
                outcome,
                by: None,
            }),
            emergence: Some(emergence),
            ordered: None,
            last_loss: None,
            steps: 200,
            words: None,
        }
    }

    #[test]
    fn a_run_that_ended_early_counts_neither_as_failed_nor_as_latest() {
        use Emergence::{At, NotBy};
        let complete = [
            run("2", At(50.0), 0.9, 60.0),
            run("2", At(90.0), 0.8, 80.0),
            run("2", NotBy(200.0), 0.1, 300.0),
        ];
        let [scores] = &score_times(&complete)[..] else { panic!("one version") };
        assert_eq!((scores.runs, scores.learned, scores.ended_early), (3, 2, 0));
        assert_eq!((scores.discrimination, scores.coverage), (Some(1.0), Some(1.0)));
        // This run stopped at step 60 with an accuracy of 0.9, just before it learned, and has the earliest prediction
        // of all.
        let stopped = [&complete[..], &[run("2", NotBy(60.0), 0.99, 40.0)]].concat();
        let [scores] = &score_times(&stopped)[..] else { panic!("one version") };
        assert_eq!((scores.runs, scores.ended_early), (4, 1));
        assert_eq!((scores.discrimination, scores.rank_correlation), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn forecasts_of_different_theories_are_scored_apart() {
        use Emergence::At;
        let scores = score_times(&[
            run("2-aa", At(50.0), 0.9, 60.0),
            run("3-bb", At(50.0), 0.9, 60.0),
            run("2-aa", At(70.0), 0.9, 60.0),
        ]);
        let versions: Vec<(Option<&str>, usize)> =
            scores.iter().map(|each| (each.theory.as_deref(), each.runs)).collect();
        assert_eq!(versions, [(Some("2-aa"), 2), (Some("3-bb"), 1)]);
    }

    #[test]
    fn skill_is_one_for_exact_predictions_and_zero_for_the_mean() {
        let skill_of = |steps: [f64; 3], predicted: [f64; 3]| {
            skill(&[0, 1, 2].map(|i| (steps[i], [None, Some(predicted[i]), None]))).unwrap()
        };
        assert!((skill_of([10.0, 20.0, 40.0], [10.0, 20.0, 40.0]) - 1.0).abs() < 1e-12);
        assert!(skill_of([10.0, 20.0, 40.0], [20.0, 20.0, 20.0]).abs() < 1e-12);
        assert!(skill_of([10.0, 20.0, 40.0], [40.0, 20.0, 10.0]) < 0.0);
    }
}
