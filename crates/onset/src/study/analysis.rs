//! Computes the findings of a study from its runs (paper, "Which are compared").

use super::compare::compare;
use super::findings::{BleuScores, GoldCheckpoint, PartStudy, ProxyOrigin, Study, StudyNotices};
use super::reference::Reference;
use super::{ClassificationPlan, RunRecord, StudyError, StudyRuns, TranslationPlan};
use crate::proxy::{PairProxies, Proxies};
use crate::store::{Status, read_text};
use crate::task::Split;
use crate::task::subwords::SUBWORDS;
use crate::task::text::Vocabulary;

/// Compares the attribution records of `runs`, the runs of `plan`, with each other and with `proxies`.
///
/// # Errors
/// If a run used other texts, if the gold run has no records at a step with a score, or if a file cannot be read.
pub fn analyse_texts(
    plan: &ClassificationPlan,
    runs: &StudyRuns,
    proxies: &Proxies,
) -> Result<Study, StudyError> {
    check_same_data(runs, "vocabulary.json")?;
    let step = gold_checkpoint(&runs.gold)?.step;
    let parts = each_part(runs, |part| Reference::of_texts(&plan.data, &runs.gold, step, part, proxies))?;
    let [train, validation] = [&plan.data.train, &plan.data.validation];
    let unknown = |&text: &usize| {
        let tokens = validation.tokens(text);
        tokens[1..tokens.len() - 1].iter().all(|&token| token == Vocabulary::UNKNOWN)
    };
    let all_alike = validation.labels().iter().all(|&label| label == validation.label(0));
    let notices = StudyNotices {
        data: plan.data.remarks(),
        only_unknown_words: (0..validation.len()).filter(unknown).count(),
        one_label: all_alike.then(|| plan.data.label_names[validation.label(0) as usize].clone()),
        ..notices(runs)?
    };
    Ok(Study {
        label_names: Some(plan.data.label_names.clone()),
        notices,
        ..study(
            &plan.name,
            [train.len(), validation.len()],
            runs,
            parts,
            ProxyOrigin::Texts(proxies.facts.clone()),
        )?
    })
}

/// As [`analyse_texts`], for sentence pairs.
///
/// # Errors
/// As [`analyse_texts`].
pub fn analyse_pairs(
    plan: &TranslationPlan,
    runs: &StudyRuns,
    proxies: &mut PairProxies,
) -> Result<Study, StudyError> {
    check_same_data(runs, SUBWORDS)?;
    let step = gold_checkpoint(&runs.gold)?.step;
    let parts = each_part(runs, |part| Reference::of_pairs(&plan.data, &runs.gold, step, part, proxies))?;
    let sizes = [plan.data.train.len(), plan.data.validation.len()];
    let notices = StudyNotices { data: plan.data.notices.sentences(), ..notices(runs)? };
    let origin = ProxyOrigin::Pairs(proxies.facts.clone());
    Ok(Study { notices, ..study(&plan.name, sizes, runs, parts, origin)? })
}

fn each_part(
    runs: &StudyRuns,
    mut reference: impl FnMut(Split) -> Result<Reference, StudyError>,
) -> Result<Vec<PartStudy>, StudyError> {
    let mut parts = Vec::new();
    for part in Split::ALL {
        parts.extend(compare(&reference(part)?, runs)?);
    }
    Ok(parts)
}

/// The analysis common to both tasks; `sizes` counts the training and the held-out examples.
fn study(
    name: &str,
    sizes: [usize; 2],
    runs: &StudyRuns,
    parts: Vec<PartStudy>,
    proxies: ProxyOrigin,
) -> Result<Study, StudyError> {
    let gold = gold_checkpoint(&runs.gold)?;
    Ok(Study {
        name: name.into(),
        label_names: None,
        train: sizes[0],
        validation: sizes[1],
        gold,
        comparisons: runs.comparisons.iter().map(|run| run.spec.seed()).collect(),
        uniform: runs.uniform.spec.seed(),
        uniform_score: largest(runs.uniform.score("accuracy")?),
        bleu: bleu(runs, gold.step, &parts)?,
        parts,
        proxies,
        alignments: Vec::new(),
        notices: StudyNotices::default(),
    })
}

fn largest(scores: &[f64]) -> f64 {
    scores.iter().copied().fold(f64::NAN, f64::max)
}

/// BLEU at the checkpoints of the curves; `None` unless every run has it.
fn bleu(runs: &StudyRuns, step: u64, parts: &[PartStudy]) -> Result<Option<BleuScores>, StudyError> {
    if !runs.iter().all(|run| run.evaluation.names().any(|name| name == "bleu")) {
        return Ok(None);
    }
    let Some(part) = parts.first() else { return Ok(None) };
    let (mut comparison, mut uniform_curve) = (Vec::new(), Vec::new());
    for point in &part.curve.comparison {
        let mut sum = 0.0;
        for run in &runs.comparisons {
            sum += run.score_at("bleu", point.step)?;
        }
        comparison.push((point.step, sum / runs.comparisons.len() as f64));
    }
    for point in &part.curve.uniform {
        uniform_curve.push((point.step, runs.uniform.score_at("bleu", point.step)?));
    }
    Ok(Some(BleuScores {
        gold: runs.gold.score_at("bleu", step)?,
        uniform: largest(runs.uniform.score("bleu")?),
        comparison,
        uniform_curve,
    }))
}

/// The first checkpoint with the best accuracy, among those with attribution records.
fn gold_checkpoint(gold: &RunRecord) -> Result<GoldCheckpoint, StudyError> {
    let mut best: Option<GoldCheckpoint> = None;
    for step in gold.directory.probe_steps() {
        let score = gold.score_at("accuracy", step)?;
        if !score.is_nan() && best.is_none_or(|best| score > best.score) {
            best = Some(GoldCheckpoint { seed: gold.spec.seed(), step, score });
        }
    }
    best.ok_or_else(|| StudyError::NoProbes { path: gold.directory.path().into() })
}

/// Refuses runs whose data or vocabulary differs from the gold run's. `vocabulary` is the name of the vocabulary file.
fn check_same_data(runs: &StudyRuns, vocabulary: &str) -> Result<(), StudyError> {
    let gold = &runs.gold;
    let words = |run: &RunRecord| read_text(&run.directory.path().join(vocabulary));
    for run in runs.iter().skip(1) {
        let other = |difference: String| StudyError::OtherTexts {
            path: run.directory.path().into(),
            other: gold.directory.path().display().to_string(),
            difference,
        };
        let digests = [gold, run].map(|each| each.manifest().data_digest.clone().unwrap_or_default());
        if digests[0] != digests[1] {
            return Err(other(format!("its data has SHA-256 {} instead of {}", digests[1], digests[0])));
        }
        if words(gold)? != words(run)? {
            return Err(other(format!("its {vocabulary} lists different words")));
        }
    }
    Ok(())
}

/// Collects what is missing in the runs.
fn notices(runs: &StudyRuns) -> Result<StudyNotices, StudyError> {
    let mut notices = StudyNotices::default();
    for run in runs.iter() {
        let manifest = run.manifest();
        if manifest.status != Status::Finished {
            notices.unfinished.push(format!(
                "{} ({}, step {} of {})",
                run.name(),
                manifest.status,
                manifest.steps_done,
                manifest.steps
            ));
        }
        let probed = run.directory.probe_steps();
        let lacking = run.steps()?.iter().map(|&step| step as u64).filter(|step| !probed.contains(step));
        notices.missing.extend(lacking.map(|step| (run.name(), step)));
    }
    Ok(notices)
}
