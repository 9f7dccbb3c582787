//! What the runs of the study show.

use serde::Serialize;

use super::InductionSetting;
use crate::agreement::spearman;
use crate::measures::{Emergence, median_emergence};
use crate::store::StoreError;
use crate::study::progress::{Progress, item_label_progress, markov_progress};
use crate::study::{HeadCourses, LayerTimes, RunRecord};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct InductionRun {
    /// Its seed.
    pub seed: u64,
    /// The steps of its evaluations.
    pub steps: Vec<u64>,
    /// Held-out loss, in nats.
    pub loss: Vec<f64>,
    /// Accuracy.
    pub accuracy: Vec<f64>,
    /// How far it has come from what can be known without matching to all that can be known in context: of Markov chains from the
    /// loss of unigram counts (0) to that of bigram counts (1); of item–label pairs from guessing one of the labels in sight
    /// (accuracy 0.5) to 1.
    pub progress: Vec<f64>,
    /// The first evaluation with half of this progress.
    pub drop: Emergence,
    /// When the heads changed.
    pub times: LayerTimes,
}

/// One setting.
#[derive(Debug, Clone, Serialize)]
pub struct SettingFindings {
    /// Its folder.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// The setting in which attention is learned, if it is clamped here.
    pub free: Option<&'static str>,
    /// Its runs, one a seed.
    pub runs: Vec<InductionRun>,
    /// The median step of the drop.
    pub drop: Emergence,
    /// Losses to compare with, in nats, as means over all evaluations: name and value. Empty for item–label pairs.
    pub references: Vec<(&'static str, f64)>,
    /// Over the heads of layer 1 of all runs: Spearman's ρ between attention on the right positions and accuracy with that head as
    /// the only one of its layer.
    pub strength: Option<f64>,
}

/// The whole study.
#[derive(Debug, Clone, Serialize)]
pub struct InductionFindings {
    /// The settings that have runs.
    pub settings: Vec<SettingFindings>,
}

impl InductionFindings {
    /// The setting of this name.
    pub fn setting(&self, name: &str) -> Option<&SettingFindings> {
        self.settings.iter().find(|setting| setting.name == name)
    }
}

/// What `runs` show, each of which is in the folder of its setting.
pub fn induction_findings(runs: &[RunRecord]) -> Result<InductionFindings, StoreError> {
    let mut settings = Vec::new();
    for setting in InductionSetting::ALL {
        let own = runs.iter().filter(|run| run.name().starts_with(&format!("{}/", setting.name)));
        let own: Vec<&RunRecord> = own.collect();
        if !own.is_empty() {
            settings.push(findings_of(&setting, &own)?);
        }
    }
    Ok(InductionFindings { settings })
}

fn findings_of(setting: &InductionSetting, runs: &[&RunRecord]) -> Result<SettingFindings, StoreError> {
    let mut found = Vec::new();
    let (mut strengths, mut alone) = (Vec::new(), Vec::new());
    for run in runs {
        let courses = HeadCourses::of(run)?;
        found.push(run_of(setting, run, courses.as_ref())?);
        let Some(courses) = courses else { continue };
        let last = courses.steps.len() - 1;
        let second = (0..courses.places.len()).filter(|&place| courses.places[place].0 == 1);
        // Of one head alone there is nothing to compare.
        for place in second.clone().filter(|_| second.clone().count() > 1) {
            strengths.push(courses.at("right_position", last)[place] as f32);
            alone.push(courses.at("alone", last)[place] as f32);
        }
    }
    let drops: Vec<Emergence> = found.iter().map(|run| run.drop).collect();
    Ok(SettingFindings {
        name: setting.name,
        title: setting.title,
        free: setting.free,
        runs: found,
        drop: median_emergence(&drops),
        references: if setting.is_markov() { references(runs)? } else { Vec::new() },
        strength: correlation(&strengths, &alone),
    })
}

fn run_of(
    setting: &InductionSetting,
    run: &RunRecord,
    courses: Option<&HeadCourses>,
) -> Result<InductionRun, StoreError> {
    let (loss, accuracy) = (run.score("loss")?.to_vec(), run.score("accuracy")?.to_vec());
    let progress = if setting.is_markov() { markov_progress(run)? } else { item_label_progress(run)? };
    let drop = progress.drop();
    let times = courses.map(HeadCourses::times).unwrap_or_default();
    let Progress { steps, progress } = progress;
    Ok(InductionRun { seed: run.spec.seed(), steps, loss, accuracy, progress, drop, times })
}

/// The mean of each reference loss over all evaluations of `runs`.
fn references(runs: &[&RunRecord]) -> Result<Vec<(&'static str, f64)>, StoreError> {
    ["uniform", "unigram", "bigram", "oracle"]
        .into_iter()
        .map(|name| {
            let mut all = Vec::new();
            for run in runs {
                all.extend_from_slice(run.score(&format!("loss_{name}"))?);
            }
            Ok((name, all.iter().sum::<f64>() / all.len().max(1) as f64))
        })
        .collect()
}

fn correlation(x: &[f32], y: &[f32]) -> Option<f64> {
    let (x, y): (Vec<f32>, Vec<f32>) =
        x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite()).map(|(&x, &y)| (x, y)).unzip();
    if x.len() < 3 {
        return None;
    }
    spearman(&x, &y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_needs_three_heads_with_numbers() {
        assert_eq!(correlation(&[0.1, 0.5, 0.9], &[0.2, 0.3, 1.0]), Some(1.0));
        assert_eq!(correlation(&[0.1, 0.5, f32::NAN], &[0.2, 0.3, 1.0]), None);
    }
}
