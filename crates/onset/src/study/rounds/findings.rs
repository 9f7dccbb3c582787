//! The scores of a round.

use serde::Serialize;

use super::Distribution;
use super::attention::{AttentionFindings, attended, attention_findings};
use crate::agreement::spearman;
use crate::forecast::{
    Forecast, ForecastStatus, LEVELS, Prediction, RoundPrediction, TheoryForecasts, discrimination,
};
use crate::measures::Emergence;
use crate::spec::CopyingSpec;
use crate::stats::mean;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::theory::{CopyingSetting, MeasuredCopying, initial_conditions};

/// One run with the sealed predictions for it.
#[derive(Debug, Clone, Serialize)]
pub struct RoundRun {
    /// Its distribution.
    pub distribution: String,
    /// The kind of that.
    pub kind: String,
    /// Its seed.
    pub seed: u64,
    /// The first evaluation with an accuracy of 0.95.
    pub emergence: Emergence,
    /// The middle between that evaluation and the one before, which is what is scored; none if it did not learn.
    pub step: Option<f64>,
    /// Whether attention is on the right position, or one beside it, at the last evaluation.
    pub attends: bool,
    /// The sealed probability of that.
    pub attends_predicted: f64,
    /// Whether every sequence has every word.
    pub permutation: bool,
    /// Of several heads, which finds the right position most often, in the sealed prediction and at the last evaluation; none if no
    /// head attends.
    pub heads: Option<Heads>,
    /// The sealed prediction of each theory.
    pub predictions: TheoryForecasts,
}

/// Which head attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Heads {
    /// How many there are.
    pub count: usize,
    /// The one that is predicted to attend most.
    pub predicted: usize,
    /// The one that does; the first of equals.
    pub found: usize,
}

/// How often the head that attends was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeadScore {
    /// Runs with several heads of which one attends.
    pub runs: usize,
    /// In how many of them it is the predicted one.
    pub right: usize,
    /// How many would be right by chance.
    pub chance: f64,
}

/// The scores of one theory on runs of one kind, or of all.
#[derive(Debug, Clone, Serialize)]
pub struct KindScores {
    /// The theory.
    pub theory: String,
    /// The kind; `all` for all of them.
    pub kind: String,
    /// Runs of that kind.
    pub runs: usize,
    /// Runs inside of the theory's domain; the other scores are about these.
    pub covered: usize,
    /// Spearman's ρ of predicted medians and measured steps.
    pub rank_correlation: Option<f64>,
    /// The root mean square of ln(measured/predicted), of runs that learned.
    pub log_error: Option<f64>,
    /// The mean continuous ranked probability score of ln(step), from the steps at [`LEVELS`]; smaller is better.
    pub crps: Option<f64>,
    /// The share of runs inside of their 80 % interval.
    pub coverage: Option<f64>,
}

/// How often two runs of one distribution do the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Pairs of runs.
    pub pairs: usize,
    /// The share of them that do the same.
    pub share: f64,
    /// The share for runs of different distributions of one kind; none without such pairs.
    pub between: Option<f64>,
}

/// The whole round.
#[derive(Debug, Clone, Serialize)]
pub struct RoundFindings {
    /// The runs with sealed predictions.
    pub runs: Vec<RoundRun>,
    /// Runs whose predictions do not count, with the reason.
    pub void: Vec<(String, String)>,
    /// Every theory over all runs, then by kind.
    pub scores: Vec<KindScores>,
    /// For each theory, at each of [`LEVELS`], the share of covered runs that had learned by the step at that level.
    pub calibration: Vec<(String, Vec<(f64, f64)>)>,
    /// The area under the ROC curve of the probability that a permutation's seed attends; none if all do the same.
    pub branch_auc: Option<f64>,
    /// How often two seeds of a distribution of permutations take the same branch; none without such pairs.
    pub branch_agreement: Option<Agreement>,
    /// How often the head that attends was predicted by the reduced dynamics; none without runs of several heads.
    pub heads: Option<HeadScore>,
    /// Of sets of texts, how well each theory says where attention goes.
    pub attention: AttentionFindings,
}

/// What the runs show, each with its distribution.
pub fn round_findings(runs: &[(&Distribution, RunRecord)]) -> Result<RoundFindings, StoreError> {
    let (mut found, mut texts, mut void) = (Vec::new(), Vec::new(), Vec::new());
    for (distribution, run) in runs {
        let reason = match distribution.data {
            Some(_) => attended(run)?.map(|run| texts.push((*distribution, run))),
            None => scored(distribution, run)?.map(|run| found.push(run)),
        };
        void.extend(reason.err().map(|reason| (run.name(), reason)));
    }
    let names: Vec<String> =
        found.first().map(|run| run.predictions.keys().cloned().collect()).unwrap_or_default();
    let mut kinds: Vec<&str> = Vec::new();
    for run in &found {
        if !kinds.contains(&run.kind.as_str()) {
            kinds.push(&run.kind);
        }
    }
    let mut scores = Vec::new();
    for name in &names {
        for kind in std::iter::once("all").chain(kinds.iter().copied()) {
            let own: Vec<&RoundRun> = found.iter().filter(|run| kind == "all" || run.kind == kind).collect();
            scores.push(kind_scores(name, kind, &own));
        }
    }
    let calibration = names.iter().map(|name| (name.clone(), calibration(name, &found))).collect();
    Ok(RoundFindings {
        branch_auc: branch_auc(&found),
        branch_agreement: branch_agreement(&found),
        heads: head_score(&found),
        attention: attention_findings(&texts),
        runs: found,
        void,
        scores,
        calibration,
    })
}

/// The run with its predictions; the reason if these do not count.
fn scored(distribution: &Distribution, run: &RunRecord) -> Result<Result<RoundRun, String>, StoreError> {
    let path = run.directory.path();
    let Some(forecast) = Forecast::read(path)? else { return Ok(Err("there is no forecast".into())) };
    let status = forecast.status(path, Some(run.manifest()));
    if status != ForecastStatus::Sealed {
        return Ok(Err(status.to_string()));
    }
    let Prediction::Copying(prediction) = &forecast.prediction else {
        return Ok(Err("it is not of copying".into()));
    };
    let (emergence, step) = emergence_of(run)?;
    let task = CopyingSpec::of(&run.spec).map(|spec| spec.data);
    Ok(Ok(RoundRun {
        distribution: distribution.name.clone(),
        kind: distribution.kind.clone(),
        seed: run.spec.seed(),
        emergence,
        step,
        attends: attends(run),
        attends_predicted: prediction.outcome.attends,
        permutation: task.is_some_and(|task| !task.repetition && task.vocabulary == task.length),
        heads: heads_of(run, prediction.outcome.head)?,
        predictions: forecast.theories,
    }))
}

fn heads_of(run: &RunRecord, predicted: usize) -> Result<Option<Heads>, StoreError> {
    if !run.evaluation.names().any(|name| name == "head_attention_accuracy") {
        return Ok(None);
    }
    let all = run.evaluation.float_lists("head_attention_accuracy")?;
    let Some(last) = all.last().filter(|last| last.iter().any(|&accuracy| accuracy > 0.5)) else {
        return Ok(None);
    };
    let better = |best: usize, head: usize| if last[head] > last[best] { head } else { best };
    Ok(Some(Heads { count: last.len(), predicted, found: (1..last.len()).fold(0, better) }))
}

/// The runs as the law is fitted on them. Runs that recorded nothing, or that the law does not know of, are left out. So are distributions of
/// which a run ends with a larger loss than it began with: training is unstable there, and what is late is late for another reason.
pub fn measured_of(runs: &[&RunRecord]) -> Result<Vec<MeasuredCopying>, StoreError> {
    let (mut measured, mut unstable) = (Vec::new(), Vec::new());
    for run in runs.iter().filter(|run| run.evaluation.rows() > 0) {
        let Some(spec) = CopyingSpec::of(&run.spec) else { continue };
        let Ok(setting) = CopyingSetting::of(&spec) else { continue };
        let loss = run.score("loss")?;
        if loss.last() > loss.first() {
            unstable.push(setting);
        }
        let (_, step) = emergence_of(run)?;
        let last = run.steps()?.last().map_or(0.0, |&step| step as f64);
        let rehearsed = initial_conditions(&spec).iter().filter_map(|head| head.rehearsed).reduce(f64::max);
        measured.push(MeasuredCopying {
            setting,
            seed: spec.seed,
            step: step.unwrap_or(last),
            attends: attends(run),
            rehearsed,
        });
    }
    measured.retain(|run| !unstable.contains(&run.setting));
    Ok(measured)
}

/// When it emerged, and the middle between that evaluation and the one before.
fn emergence_of(run: &RunRecord) -> Result<(Emergence, Option<f64>), StoreError> {
    let steps = run.steps()?;
    let emergence = Emergence::of(steps, run.score("accuracy")?);
    let before =
        |step: f64| steps.iter().map(|&each| each as f64).filter(|&each| each < step).fold(0.0, f64::max);
    Ok((emergence, emergence.step().map(|step| (step + before(step)) / 2.0)))
}

/// Whether attention is on the right position, or on one beside it, at the last evaluation.
fn attends(run: &RunRecord) -> bool {
    let last = |name: &str| run.score(name).ok().and_then(|scores| scores.last().copied()).unwrap_or(0.0);
    let beside = ["attention_accuracy", "attention_accuracy_before", "attention_accuracy_after"];
    beside.into_iter().map(last).fold(0.0, f64::max) >= 0.5
}

/// ln of the step, or of the last evaluation, and whether it learned.
fn observed(run: &RoundRun) -> (f64, bool) {
    match (run.step, run.emergence) {
        (Some(step), _) => (step.max(1.0).ln(), true),
        (None, Emergence::NotBy(last) | Emergence::At(last)) => (last.max(1.0).ln(), false),
    }
}

fn covered<'a>(theory: &str, runs: &[&'a RoundRun]) -> Vec<(&'a RoundRun, &'a [Option<f64>])> {
    let steps = |run: &'a RoundRun| match run.predictions.get(theory) {
        Some(RoundPrediction::Steps(steps)) => Some((run, steps.as_slice())),
        _ => None,
    };
    runs.iter().filter_map(|&run| steps(run)).collect()
}

/// The place of the median, and of the ends of the 80 % interval, in [`LEVELS`].
const MEDIAN: usize = 9;
const INTERVAL: [usize; 2] = [1, 17];

fn kind_scores(theory: &str, kind: &str, runs: &[&RoundRun]) -> KindScores {
    let own = covered(theory, runs);
    let late = f64::from(f32::MAX);
    let (measured, predicted): (Vec<f32>, Vec<f32>) = own
        .iter()
        .map(|(run, steps)| (run.step.unwrap_or(late) as f32, steps[MEDIAN].unwrap_or(late).min(late) as f32))
        .unzip();
    let errors = own.iter().filter_map(|(run, steps)| Some((run.step? / steps[MEDIAN]?).ln().powi(2)));
    let scores: Vec<f64> = own.iter().map(|(run, steps)| crps(run, steps)).collect();
    let inside: Vec<f64> = own.iter().map(|(run, steps)| f64::from(u8::from(inside(run, steps)))).collect();
    KindScores {
        theory: theory.into(),
        kind: kind.into(),
        runs: runs.len(),
        covered: own.len(),
        rank_correlation: spearman(&measured, &predicted),
        log_error: mean(&errors.collect::<Vec<f64>>()).map(f64::sqrt),
        crps: mean(&scores),
        coverage: mean(&inside),
    }
}

/// Twice the mean pinball loss of ln(step) over the levels, which tends to the continuous ranked probability score. A step that is never
/// reached is put at ten times the last evaluation, and a run that did not learn loses nothing to later steps.
fn crps(run: &RoundRun, steps: &[Option<f64>]) -> f64 {
    let (observed, learned) = observed(run);
    let loss = |(level, step): (&f64, &Option<f64>)| {
        let predicted = step.map_or(observed + 10f64.ln(), f64::ln);
        match observed - predicted {
            late if late >= 0.0 => level * late,
            early if learned => (level - 1.0) * early,
            _ => 0.0,
        }
    };
    2.0 * LEVELS.iter().zip(steps).map(loss).sum::<f64>() / LEVELS.len() as f64
}

/// Whether the run is inside of its 80 % interval; one that did not learn is if the interval goes beyond its end.
fn inside(run: &RoundRun, steps: &[Option<f64>]) -> bool {
    let (observed, learned) = observed(run);
    let [low, high] = INTERVAL.map(|place| steps[place].map_or(f64::INFINITY, f64::ln));
    if learned { low <= observed && observed <= high } else { observed <= high }
}

fn calibration(theory: &str, runs: &[RoundRun]) -> Vec<(f64, f64)> {
    let own = covered(theory, &runs.iter().collect::<Vec<_>>());
    let share = |(place, &level): (usize, &f64)| {
        let by = own.iter().filter(|(run, steps)| {
            let (observed, learned) = observed(run);
            learned && steps[place].is_none_or(|step| observed <= step.ln())
        });
        (level, by.count() as f64 / own.len().max(1) as f64)
    };
    if own.is_empty() { Vec::new() } else { LEVELS.iter().enumerate().map(share).collect() }
}

fn branch_auc(runs: &[RoundRun]) -> Option<f64> {
    let permutations = runs.iter().filter(|run| run.permutation);
    discrimination(&permutations.map(|run| (run.attends, run.attends_predicted)).collect::<Vec<_>>())
}

fn branch_agreement(runs: &[RoundRun]) -> Option<Agreement> {
    let permutations: Vec<&RoundRun> = runs.iter().filter(|run| run.permutation).collect();
    let same = |is_pair: &dyn Fn(&RoundRun, &RoundRun) -> bool| {
        let mut found: Vec<f64> = Vec::new();
        for (place, first) in permutations.iter().enumerate() {
            let others = permutations[..place].iter().filter(|second| is_pair(first, second));
            found.extend(others.map(|second| f64::from(u8::from(first.attends == second.attends))));
        }
        (found.len(), mean(&found))
    };
    let (pairs, share) = same(&|a, b| a.distribution == b.distribution);
    let (_, between) = same(&|a, b| a.kind == b.kind && a.distribution != b.distribution);
    Some(Agreement { pairs, share: share?, between })
}

fn head_score(runs: &[RoundRun]) -> Option<HeadScore> {
    let heads: Vec<Heads> = runs.iter().filter_map(|run| run.heads).collect();
    let right = heads.iter().filter(|heads| heads.predicted == heads.found).count();
    let chance = heads.iter().map(|heads| 1.0 / heads.count as f64).sum();
    (!heads.is_empty()).then_some(HeadScore { runs: heads.len(), right, chance })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(step: Option<f64>, of: impl Fn(f64) -> f64) -> RoundRun {
        let steps = LEVELS.map(|level| Some(of(level))).to_vec();
        RoundRun {
            distribution: "a".into(),
            kind: "plain".into(),
            seed: 0,
            emergence: step.map_or(Emergence::NotBy(1000.0), Emergence::At),
            step,
            attends: step.is_some(),
            attends_predicted: if step.is_some() { 0.9 } else { 0.2 },
            permutation: true,
            heads: None,
            predictions: [("own".to_owned(), RoundPrediction::Steps(steps))].into(),
        }
    }

    #[test]
    fn a_sharp_right_prediction_scores_better_than_a_wide_and_a_wrong_one() {
        let score = |run: &RoundRun| kind_scores("own", "all", &[run]);
        let sharp = score(&run(Some(100.0), |level| 100.0 * (0.1 * (level - 0.5)).exp()));
        let wide = score(&run(Some(100.0), |level| 100.0 * (2.0 * (level - 0.5)).exp()));
        let wrong = score(&run(Some(100.0), |level| 300.0 * (0.1 * (level - 0.5)).exp()));
        assert!(sharp.crps < wide.crps && wide.crps < wrong.crps, "{sharp:?} {wide:?} {wrong:?}");
        assert_eq!((sharp.coverage, wrong.coverage), (Some(1.0), Some(0.0)));
        assert!((wrong.log_error.unwrap() - 3f64.ln()).abs() < 0.01);
        // For a point, the score is the distance.
        let point = score(&run(Some(100.0), |_| 200.0));
        assert!((point.crps.unwrap() - 2f64.ln()).abs() < 1e-9, "{point:?}");
    }

    #[test]
    fn a_run_that_did_not_learn_is_held_by_an_interval_beyond_its_end() {
        let late = run(None, |level| 2000.0 * (level - 0.5).exp());
        let early = run(None, |level| 100.0 * (level - 0.5).exp());
        assert!(
            inside(&late, &LEVELS.map(|_| Some(2000.0))) && !inside(&early, &LEVELS.map(|_| Some(100.0)))
        );
        assert_eq!(crps(&late, &LEVELS.map(|_| Some(2000.0))), 0.0);
        assert_eq!(branch_auc(&[run(Some(10.0), |_| 1.0), late]), Some(1.0));
    }

    #[test]
    fn two_seeds_of_a_distribution_agree_more_often_than_of_a_kind_if_it_decides() {
        let of = |distribution: &str, attends: bool| RoundRun {
            distribution: distribution.into(),
            attends,
            ..run(Some(10.0), |_| 1.0)
        };
        let found =
            branch_agreement(&[of("a", true), of("a", true), of("b", false), of("b", false)]).unwrap();
        assert_eq!(found, Agreement { pairs: 2, share: 1.0, between: Some(0.0) });
        let alone = branch_agreement(&[of("a", true), of("a", false)]).unwrap();
        assert_eq!(alone, Agreement { pairs: 1, share: 0.0, between: None });
        assert_eq!(branch_agreement(&[of("a", true), of("b", false)]), None);
    }

    #[test]
    fn a_predicted_head_counts_as_right_only_if_it_attends_most() {
        let with = |predicted, found| RoundRun {
            heads: Some(Heads { count: 4, predicted, found }),
            ..run(Some(10.0), |_| 1.0)
        };
        let found = head_score(&[with(2, 2), with(0, 3), run(Some(10.0), |_| 1.0)]);
        assert_eq!(found, Some(HeadScore { runs: 2, right: 1, chance: 0.5 }));
        assert_eq!(head_score(&[run(None, |_| 1.0)]), None);
    }
}
