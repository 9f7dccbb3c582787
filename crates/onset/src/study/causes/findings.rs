//! What the runs show, beside what was predicted.

use serde::Serialize;

use super::attended::Attended;
use super::{Arm, PairedCurve, PairedEffect, Subject, paired_curve, paired_effect};
use crate::forecast::{Forecast, ForecastStatus, Prediction};
use crate::measures::{Emergence, LEARNED, median_emergence};
use crate::stats::{mean, median};
use crate::store::StoreError;
use crate::study::{RunRecord, markov_progress};
use crate::theory::CopyingOutcome;

/// The whole study.
#[derive(Debug, Clone, Serialize)]
pub struct CausesFindings {
    /// What was trained.
    pub subjects: Vec<SubjectFindings>,
}

/// One subject.
#[derive(Debug, Clone, Serialize)]
pub struct SubjectFindings {
    /// What was trained.
    pub subject: Subject,
    /// The changes that have runs, the unchanged runs first.
    pub arms: Vec<ArmFindings>,
}

/// One change, over its seeds.
#[derive(Debug, Clone, Serialize)]
pub struct ArmFindings {
    /// The change.
    pub arm: Arm,
    /// The seeds of its runs.
    pub seeds: Vec<u64>,
    /// When each emerged; steps before attention was learned do not count.
    pub emergence: Vec<Emergence>,
    /// The median.
    pub measured: Emergence,
    /// Against the unchanged run of the same seed; none for the unchanged runs.
    pub effect: Option<PairedEffect>,
    /// The sealed predictions: the median over seeds of the predicted median step; none where nothing was predicted, and infinite
    /// where most are beyond the horizon.
    pub predicted: Option<f64>,
    /// The mean predicted ln(changed/unchanged), over seeds with both.
    pub predicted_effect: Option<f64>,
    /// Of the runs that emerged and have a sealed prediction, how many are inside the 80 % interval, and their number.
    pub inside: [usize; 2],
    /// The mean of the last score of emergence: accuracy, or how far the loss or attention has come.
    pub last_score: Option<f64>,
    /// The mean of the last attention accuracy (how often the right position has the largest weight), and of the predicted last weight on
    /// the right position; none where it is not recorded.
    pub last_attention: [Option<f64>; 2],
    /// The difference of the score of emergence to the unchanged runs, at each step.
    pub difference: PairedCurve,
}

/// One run as the findings need it.
struct Measured<'a> {
    run: &'a RunRecord,
    emergence: Emergence,
    predicted: Option<CopyingOutcome>,
    steps: Vec<i64>,
    score: Vec<f64>,
}

/// What `runs` show, each with what it is; runs that recorded nothing are left out.
pub fn causes_findings(runs: &[(Subject, Arm, RunRecord)]) -> Result<CausesFindings, StoreError> {
    let mut subjects = Vec::new();
    for subject in Subject::ALL {
        let of = |arm: Arm| -> Result<Vec<Measured<'_>>, StoreError> {
            let own =
                runs.iter().filter(|run| (run.0, run.1) == (subject, arm) && run.2.evaluation.rows() > 0);
            let plain = |seed: u64| {
                let plain = runs
                    .iter()
                    .find(|run| (run.0, run.1) == (subject, Arm::Plain) && run.2.spec.seed() == seed);
                plain.map(|run| &run.2)
            };
            let mut found = Vec::new();
            for run in own.map(|run| &run.2) {
                found.extend(measured(subject, arm, run, plain(run.spec.seed()))?);
            }
            Ok(found)
        };
        let plain = of(Arm::Plain)?;
        let mut arms = Vec::new();
        for &arm in subject.arms() {
            let own = of(arm)?;
            if !own.is_empty() {
                arms.push(arm_findings(arm, &plain, &own)?);
            }
        }
        if !arms.is_empty() {
            subjects.push(SubjectFindings { subject, arms });
        }
    }
    Ok(CausesFindings { subjects })
}

/// What `run` shows; none if that needs the run `plain` of the same seed, which nothing changed, and it is not there.
fn measured<'a>(
    subject: Subject,
    arm: Arm,
    run: &'a RunRecord,
    plain: Option<&RunRecord>,
) -> Result<Option<Measured<'a>>, StoreError> {
    let (steps, score, enough) = match subject {
        Subject::Copying => (run.steps()?.to_vec(), run.score("accuracy")?.to_vec(), LEARNED),
        Subject::Markov => (run.steps()?.to_vec(), markov_progress(run)?.progress, 0.5),
        Subject::SmsSpam | Subject::Multi30k => {
            let Some(attended) = plain.map(Attended::of).transpose()?.flatten() else { return Ok(None) };
            let (steps, progress) = attended.progress(run)?;
            (steps, progress, 0.5)
        }
    };
    let counted =
        steps.iter().zip(&score).find(|(step, score)| **step > arm.release() as i64 && **score >= enough);
    let emergence = match counted {
        Some((&step, _)) => Emergence::At(step as f64),
        None => Emergence::NotBy(steps.last().map_or(0.0, |&step| step as f64)),
    };
    Ok(Some(Measured { run, emergence, predicted: sealed(run)?, steps, score }))
}

/// The sealed prediction of a run.
fn sealed(run: &RunRecord) -> Result<Option<CopyingOutcome>, StoreError> {
    let path = run.directory.path();
    let Some(forecast) = Forecast::read(path)? else { return Ok(None) };
    Ok(match (forecast.status(path, Some(run.manifest())), forecast.prediction) {
        (ForecastStatus::Sealed, Prediction::Copying(prediction)) => Some(prediction.outcome),
        _ => None,
    })
}

fn arm_findings(arm: Arm, plain: &[Measured<'_>], own: &[Measured<'_>]) -> Result<ArmFindings, StoreError> {
    let pairs: Vec<(&Measured<'_>, &Measured<'_>)> = own
        .iter()
        .filter_map(|changed| {
            let seed = changed.run.spec.seed();
            Some((plain.iter().find(|plain| plain.run.spec.seed() == seed)?, changed))
        })
        .collect();
    let emergence: Vec<Emergence> = own.iter().map(|run| run.emergence).collect();
    let steps: Vec<(Emergence, Emergence)> =
        pairs.iter().map(|(plain, changed)| (plain.emergence, changed.emergence)).collect();
    let predicted_step = |run: &Measured<'_>| run.predicted.as_ref().map(|outcome| outcome.emergence[1]);
    let predicted: Vec<f64> =
        own.iter().filter_map(predicted_step).map(|step| step.unwrap_or(f64::INFINITY)).collect();
    let effects: Vec<f64> = pairs
        .iter()
        .filter_map(|(plain, changed)| Some((predicted_step(changed)?? / predicted_step(plain)??).ln()))
        .collect();
    let mut curves = Vec::new();
    for (plain, changed) in &pairs {
        curves.push((
            (plain.steps.as_slice(), plain.score.as_slice()),
            (changed.steps.as_slice(), changed.score.as_slice()),
        ));
    }
    let effect = paired_effect(&steps).filter(|_| arm != Arm::Plain);
    let difference = if arm == Arm::Plain { PairedCurve::default() } else { paired_curve(&curves) };
    Ok(ArmFindings {
        arm,
        seeds: own.iter().map(|run| run.run.spec.seed()).collect(),
        measured: median_emergence(&emergence),
        emergence,
        effect,
        predicted: median(&predicted),
        predicted_effect: if arm == Arm::Plain { None } else { mean(&effects) },
        inside: inside(own),
        last_score: mean(&own.iter().filter_map(|run| run.score.last().copied()).collect::<Vec<_>>()),
        last_attention: last_attention(own),
        difference,
    })
}

fn inside(runs: &[Measured<'_>]) -> [usize; 2] {
    runs.iter().fold([0, 0], |[inside, all], run| match (run.emergence.step(), &run.predicted) {
        (Some(step), Some(CopyingOutcome { emergence: [early, _, late], .. })) => {
            let holds = early.is_some_and(|early| early <= step) && late.is_none_or(|late| step <= late);
            [inside + usize::from(holds), all + 1]
        }
        _ => [inside, all],
    })
}

fn last_attention(runs: &[Measured<'_>]) -> [Option<f64>; 2] {
    let last = |run: &Measured<'_>| run.run.evaluation.floats("attention_accuracy").ok()?.last().copied();
    let predicted = |run: &Measured<'_>| run.predicted.as_ref()?.curve.last().map(|point| point.attention);
    let all: Vec<f64> = runs.iter().filter_map(last).collect();
    let foreseen: Vec<f64> = runs.iter().filter_map(predicted).collect();
    [mean(&all), mean(&foreseen)]
}
