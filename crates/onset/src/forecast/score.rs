//! Forecasts held against what then happened.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

use super::{Forecast, Prediction, Standing};
use crate::agreement::{Measure, Ranked, Ranker, score_rows, shuffled};
use crate::probe::{Part, emergence_step};
use crate::proxy::{EmbeddingSettings, PairProxies, Proxies};
use crate::spec::Spec;
use crate::study::{Reference, RunRecord, StudyError};
use crate::task::pairs::PairData;
use crate::task::text::TextData;

/// One run's forecast and what happened.
#[derive(Debug, Clone, Serialize)]
pub struct RunScore {
    /// The run.
    pub name: String,
    /// Whether the forecast counts.
    pub standing: Standing,
    /// What was said.
    pub prediction: Prediction,
    /// For copying: the step at which it learned; none if it has not.
    pub emergence: Option<u64>,
    /// For copying: steps that were taken.
    pub steps: u64,
    /// For texts and pairs: how well attention was foretold.
    pub words: Option<WordScore>,
}

/// Agreement of the run's attention with what was said of it, on held-out data (top 5 %).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WordScore {
    /// The checkpoint with the best validation score, at which attention is taken.
    pub step: u64,
    /// Texts, or target positions.
    pub rows: usize,
    /// A(α, predicted α).
    pub predicted: f64,
    /// A(α, β^px), of a bag of embeddings that was trained.
    pub embeddings: f64,
    /// Â: what chance gives.
    pub baseline: f64,
}

/// How well copying runs were foretold, taken together; only forecasts that count.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CopyingScores {
    /// Runs.
    pub runs: usize,
    /// Those that learned.
    pub learned: usize,
    /// Spearman's ρ of predicted and measured steps; a run that has not learned counts as latest.
    pub rank_correlation: Option<f64>,
    /// The share of runs that learned whose step lies between the quantiles 0.1 and 0.9 that were said; 0.8 is right.
    pub coverage: Option<f64>,
    /// 1 − the mean square of ln(measured/predicted) over that about the mean of ln(measured): above 0 is better than
    /// to say the mean each time.
    pub skill: Option<f64>,
    /// The area under the curve that tells runs that learned within their budget from others, by the chance that was
    /// said.
    pub discrimination: Option<f64>,
}

const REPEATS: usize = 20;

/// The forecast of `run` and its score; none if there is none. Texts and pairs need their data, and a bag of embeddings
/// (trained and kept in the run's folder if it is not there).
pub fn scored(run: &RunRecord) -> Result<Option<RunScore>, StudyError> {
    let path = run.directory.path();
    let Some(forecast) = Forecast::read(path)? else { return Ok(None) };
    let standing = forecast.standing(path, Some(run.manifest()));
    let emergence = match run.spec {
        Spec::Copying(_) => emergence_step(run.steps()?, run.score("accuracy")?),
        _ => None,
    };
    let words = match (&forecast.prediction, &standing) {
        (Prediction::Words(_), Standing::Sealed) => score_words(run, path)?,
        _ => None,
    };
    Ok(Some(RunScore {
        name: run.name(),
        standing,
        prediction: forecast.prediction,
        emergence,
        steps: run.manifest().steps_done,
        words,
    }))
}

fn score_words(run: &RunRecord, path: &Path) -> Result<Option<WordScore>, StudyError> {
    let recorded = run.directory.probe_steps();
    let (steps, accuracy) = (run.steps()?, run.score("accuracy")?);
    let scores =
        steps.iter().zip(accuracy).filter(|(step, _)| **step > 0 && recorded.contains(&(**step as u64)));
    let Some((&best, _)) = scores.max_by(|a, b| a.1.total_cmp(b.1)) else { return Ok(None) };
    let (step, settings, never) = (best as u64, EmbeddingSettings::default(), || false);
    let reference = match &run.spec {
        Spec::Classification(spec) => {
            let data = TextData::load(&spec.data)?;
            let proxies = Proxies::ensure(path, &data, &settings, &never)?;
            Reference::of_texts(&data, run, step, Part::Validation, &proxies)?
        }
        Spec::Translation(spec) => {
            let data = PairData::load(&spec.data)?;
            let mut proxies = PairProxies::ensure(path, &data, &settings, &never)?;
            Reference::of_pairs(&data, run, step, Part::Validation, &mut proxies)?
        }
        Spec::Copying(_) => return Ok(None),
    };
    let said = Forecast::attention(path)?;
    let places = said.example.iter().zip(&said.position).enumerate();
    let places: HashMap<(i64, i64), usize> = places.map(|(row, (&e, &p))| ((e, p), row)).collect();
    let (mut measured, mut foretold, mut proxy) = (Vec::new(), Vec::new(), Vec::new());
    for (row, alpha) in reference.alpha.iter().enumerate() {
        let key = |column: usize| reference.keys.get(column).map_or(0, |keys| keys[row]);
        let place = places.get(&(key(0), key(1)));
        if let Some(&place) = place.filter(|&&place| said.alpha[place].len() == alpha.len()) {
            measured.push(alpha);
            foretold.push(&said.alpha[place]);
            proxy.push(&reference.embeddings[row]);
        }
    }
    let agreement = |b: &[&Vec<f32>]| score_rows(Measure::Top, &measured, b).mean();
    let baseline = shuffled(Measure::Top, &measured, &foretold, REPEATS, run.spec.seed());
    let (Some(predicted), Some(embeddings), Some(baseline)) =
        (agreement(&foretold), agreement(&proxy), baseline)
    else {
        return Ok(None);
    };
    Ok(Some(WordScore { step, rows: measured.len(), predicted, embeddings, baseline: baseline.mean }))
}

/// How well the copying runs among `scores` were foretold.
pub fn score_copying(scores: &[RunScore]) -> CopyingScores {
    let counted = scores.iter().filter(|score| score.standing == Standing::Sealed);
    let copying: Vec<_> = counted
        .filter_map(|score| match &score.prediction {
            Prediction::Copying(said) => Some((score.emergence, &said.outlook)),
            Prediction::Words(_) => None,
        })
        .collect();
    let late = |step: Option<f64>| step.unwrap_or(f64::MAX) as f32;
    let measured: Vec<f32> = copying.iter().map(|(step, _)| late(step.map(|step| step as f64))).collect();
    let said: Vec<f32> = copying.iter().map(|(_, outlook)| late(outlook.emergence[1])).collect();
    let inside = |step: f64, [early, _, latest]: [Option<f64>; 3]| {
        early.is_some_and(|early| early <= step) && latest.is_none_or(|latest| step <= latest)
    };
    let learned: Vec<(f64, [Option<f64>; 3])> =
        copying.iter().filter_map(|(step, outlook)| Some(((*step)? as f64, outlook.emergence))).collect();
    let share = |count: usize, of: usize| (of > 0).then(|| count as f64 / of as f64);
    CopyingScores {
        runs: copying.len(),
        learned: learned.len(),
        rank_correlation: spearman(&measured, &said),
        coverage: share(learned.iter().filter(|(step, said)| inside(*step, *said)).count(), learned.len()),
        skill: skill(&learned),
        discrimination: discrimination(
            &copying
                .iter()
                .map(|(step, outlook)| (step.is_some_and(|step| step <= outlook.budget), outlook.chance))
                .collect::<Vec<_>>(),
        ),
    }
}

fn spearman(a: &[f32], b: &[f32]) -> Option<f64> {
    let (mut ranker, mut ranked) = (Ranker::default(), [Ranked::default(), Ranked::default()]);
    let [first, second] = &mut ranked;
    (ranker.rank(a, first) && ranker.rank(b, second)).then(|| ranker.spearman(first, second)).flatten()
}

fn skill(learned: &[(f64, [Option<f64>; 3])]) -> Option<f64> {
    let logs: Vec<(f64, f64)> =
        learned.iter().filter_map(|(step, said)| Some((step.ln(), said[1]?.ln()))).collect();
    let count = logs.len() as f64;
    let mean = logs.iter().map(|(measured, _)| measured).sum::<f64>() / count;
    let about_mean: f64 = logs.iter().map(|(measured, _)| (measured - mean).powi(2)).sum();
    let about_said: f64 = logs.iter().map(|(measured, said)| (measured - said).powi(2)).sum();
    (logs.len() > 1 && about_mean > 0.0).then(|| 1.0 - about_said / about_mean)
}

/// The share of pairs of a run that holds and one that does not which `value` orders rightly; ties count half.
fn discrimination(runs: &[(bool, f64)]) -> Option<f64> {
    let [held, failed] = [true, false]
        .map(|holds| runs.iter().filter(|run| run.0 == holds).map(|run| run.1).collect::<Vec<f64>>());
    let pairs = held.iter().flat_map(|a| failed.iter().map(move |b| (a, b)));
    let right: f64 = pairs.map(|(a, b)| if a > b { 1.0 } else { 0.5 * f64::from(u8::from(a == b)) }).sum();
    let count = (held.len() * failed.len()) as f64;
    (count > 0.0).then(|| right / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discrimination_is_the_area_under_the_curve() {
        let runs = [(true, 0.9), (true, 0.4), (false, 0.4), (false, 0.1)];
        assert_eq!(discrimination(&runs), Some(0.875));
        assert_eq!(discrimination(&runs[..2]), None);
    }

    #[test]
    fn skill_is_one_where_all_is_right_and_zero_for_the_mean() {
        let said = |steps: [f64; 3], said: [f64; 3]| {
            skill(&[0, 1, 2].map(|i| (steps[i], [None, Some(said[i]), None]))).unwrap()
        };
        assert!((said([10.0, 20.0, 40.0], [10.0, 20.0, 40.0]) - 1.0).abs() < 1e-12);
        assert!(said([10.0, 20.0, 40.0], [20.0, 20.0, 20.0]).abs() < 1e-12);
        assert!(said([10.0, 20.0, 40.0], [40.0, 20.0, 10.0]) < 0.0);
    }
}
