//! What the runs of the study show.

use serde::Serialize;

use super::DropSetting;
use crate::agreement::spearman;
use crate::forecast::{
    ForecastStatus, LevelsPrediction, Prediction, RunScore, TimeScores, score_times, with_result,
};
use crate::measures::{Emergence, median_emergence};
use crate::stats::{student_chance, student_quantile};
use crate::store::StoreError;
use crate::study::{Part, RunRecord, markov_progress};
use crate::theory::{Chains, DropLaw, DropPrediction, MeasuredDrop};

/// One setting with its runs.
#[derive(Debug, Clone, Serialize)]
pub struct DropRun {
    /// The folder of its runs.
    pub name: String,
    /// Whether the law is fitted on it.
    pub part: Part,
    /// Symbols, length, width and learning rate.
    pub chains: Chains,
    /// The drop of each run, in the order of seeds.
    pub drops: Vec<Emergence>,
    /// The median of them.
    pub measured: Emergence,
    /// The sealed prediction; none for a setting that is fitted.
    pub predicted: Option<DropPrediction>,
    /// Of the runs with measures of heads in which all rise, how many rise in the predicted order, and their number.
    pub ordered: [usize; 2],
}

/// The whole study.
#[derive(Debug, Clone, Serialize)]
pub struct DropFindings {
    /// The settings that have runs.
    pub settings: Vec<DropRun>,
    /// The laws fitted on this study's own runs, of two symbols and of more; empty if it has none.
    pub laws: Vec<DropLaw>,
    /// Scores of the sealed forecasts: over all runs, of two symbols, and of more.
    pub scores: Vec<(&'static str, TimeScores)>,
    /// Spearman's ρ of predicted and median measured steps over held-out settings.
    pub setting_correlation: Option<f64>,
    /// For each tenth from 0.1 to 0.9, the share of runs whose drop was no later than the step by which it was predicted to have come
    /// with this probability.
    pub calibration: Vec<(f64, f64)>,
    /// The runs that were fitted, as the table of the shipped law has them.
    #[serde(skip)]
    pub table: String,
}

/// What `runs` show, each of which is in the folder of its setting.
pub fn drop_findings(runs: &[RunRecord]) -> Result<DropFindings, StoreError> {
    let (mut settings, mut measured, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for setting in DropSetting::all() {
        let own = runs.iter().filter(|run| run.name().starts_with(&format!("{}/", setting.name())));
        let own: Vec<&RunRecord> = own.collect();
        if own.is_empty() {
            continue;
        }
        settings.push(setting_of(&setting, &own, &mut measured, &mut scores)?);
    }
    let laws = [2, 3].into_iter().filter_map(|symbols| DropLaw::fit(symbols, &measured)).collect();
    let table = table_of(&measured);
    let of = |two: bool| -> Vec<RunScore> {
        let own = scores.iter().filter(|(chains, _): &&(Chains, RunScore)| (chains.symbols == 2) == two);
        own.map(|(_, score)| score.clone()).collect()
    };
    let (few, more) = (of(true), of(false));
    let scores: Vec<RunScore> = scores.into_iter().map(|(_, score)| score).collect();
    let groups = [("all", scores), ("two symbols", few), ("more symbols", more)];
    let calibration = calibration(&groups[0].1);
    let scores = groups.into_iter().filter_map(|(name, group)| Some((name, score_times(&group).pop()?)));
    Ok(DropFindings {
        setting_correlation: correlation(&settings),
        scores: scores.collect(),
        settings,
        laws,
        calibration,
        table,
    })
}

fn setting_of(
    setting: &DropSetting,
    runs: &[&RunRecord],
    measured: &mut Vec<MeasuredDrop>,
    scores: &mut Vec<(Chains, RunScore)>,
) -> Result<DropRun, StoreError> {
    let (mut drops, mut predicted, mut ordered) = (Vec::new(), None, [0, 0]);
    for run in runs {
        let drop = markov_progress(run)?.drop();
        drops.push(drop);
        if setting.part == Part::Fitted {
            let seed = run.spec.seed();
            measured.extend(drop.step().map(|step| MeasuredDrop { chains: setting.chains, seed, step }));
            continue;
        }
        let Some(score) = with_result(run)? else { continue };
        if let (Prediction::Levels(prediction), ForecastStatus::Sealed) = (&score.prediction, &score.status) {
            predicted.clone_from(&prediction.drop);
        }
        if let Some(held) = score.ordered {
            ordered = [ordered[0] + usize::from(held), ordered[1] + 1];
        }
        scores.push((setting.chains, score));
    }
    let measured = median_emergence(&drops);
    let (name, part, chains) = (setting.name(), setting.part, setting.chains);
    Ok(DropRun { name, part, chains, drops, measured, predicted, ordered })
}

/// The table of the shipped law, in the order of its columns.
fn table_of(measured: &[MeasuredDrop]) -> String {
    let mut measured = measured.to_vec();
    let key = |run: &MeasuredDrop| (run.chains.symbols, run.chains.length, run.chains.width);
    measured.sort_by(|a, b| {
        let rates = a.chains.rate.total_cmp(&b.chains.rate);
        key(a).cmp(&key(b)).then(rates).then(a.seed.cmp(&b.seed))
    });
    let mut table = "symbols\tlength\twidth\trate\tseed\tstep\n".to_owned();
    for MeasuredDrop { chains: Chains { symbols, length, width, rate }, seed, step } in &measured {
        table += &format!("{symbols}\t{length}\t{width}\t{rate}\t{seed}\t{step}\n");
    }
    table
}

fn correlation(settings: &[DropRun]) -> Option<f64> {
    let steps = settings.iter().filter_map(|setting| {
        let late = setting.measured.step().unwrap_or(f64::from(f32::MAX));
        Some((late as f32, setting.predicted.as_ref()?.step as f32))
    });
    let (measured, predicted): (Vec<f32>, Vec<f32>) = steps.unzip();
    spearman(&measured, &predicted)
}

/// See [`DropFindings::calibration`]; empty without forecasts.
fn calibration(scores: &[RunScore]) -> Vec<(f64, f64)> {
    let places: Vec<f64> = scores.iter().filter_map(place_of).collect();
    let share =
        |level: f64| places.iter().filter(|&&place| place <= level).count() as f64 / places.len() as f64;
    let levels = (1..10).map(|tenth| f64::from(tenth) / 10.0);
    if places.is_empty() { Vec::new() } else { levels.map(|level| (level, share(level))).collect() }
}

/// The predicted probability that the drop has come by the step at which it came; 1 if it did not come.
fn place_of(score: &RunScore) -> Option<f64> {
    let Prediction::Levels(LevelsPrediction { drop: Some(drop), .. }) = &score.prediction else {
        return None;
    };
    let Some(step) = score.emergence?.step() else { return Some(1.0) };
    let half = (drop.interval[1] / drop.interval[0]).ln() / 2.0;
    let deviation = half / student_quantile(0.9, drop.degrees);
    Some(student_chance((step / drop.step).ln() / deviation, drop.degrees))
}
