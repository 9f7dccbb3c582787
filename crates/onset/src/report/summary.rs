//! The numbers that a set of runs comes down to.

use serde::Serialize;

use super::groups::{Group, Standing, groups};
use super::label_scores::{self, LabelSummary};
use crate::measures::{Confusion, Emergence, Salience, SalientWord, median_emergence};
use crate::spec::{ClassificationSpec, CopyingSpec, RunName, TranslationSpec};
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;
use crate::task::pairs::{BleuScope, PairFacts};
use crate::task::text::TextFacts;

/// The seeds of a run of any task and model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Title, and difference from other groups with this title.
    #[serde(flatten)]
    pub name: RunName,
    /// Steps of training.
    pub budget: u64,
    /// How many runs have finished.
    #[serde(flatten)]
    pub standing: Standing,
    /// Scores at the end that are single numbers: name, and value by seed.
    pub scores: Vec<(String, Vec<f64>)>,
}

/// Whether a group of runs is of a task and model that has a summary of its own.
pub(super) fn has_own_summary(group: &[&RunRecord]) -> bool {
    let spec = &group[0].spec;
    CopyingSpec::of(spec).is_some()
        || ClassificationSpec::of(spec).is_some()
        || TranslationSpec::of(spec).is_some()
}

/// One summary for each group of `runs` that differ by their seed and have no summary of their own.
pub fn summarize_others(runs: &[RunRecord]) -> Result<Vec<RunSummary>, StoreError> {
    let groups = groups(runs).into_iter().filter(|group| !has_own_summary(group));
    groups.map(|group| summarize_any(&group)).collect()
}

/// The summary of runs of any task that differ by their seed.
pub(super) fn summarize_any(group: &Group<'_>) -> Result<RunSummary, StoreError> {
    let counted = group.counted();
    let evaluation = &counted[0].evaluation;
    let single = |name: &&str| *name != "step" && evaluation.floats(name).is_ok();
    let mut scores = Vec::new();
    for name in evaluation.names().filter(single) {
        let mut values = Vec::new();
        for run in &counted {
            values.extend(run.score(name)?.last());
        }
        scores.push((name.to_owned(), values));
    }
    let budget = group[0].spec.training().steps;
    Ok(RunSummary { name: group.name.clone(), budget, standing: group.standing(), scores })
}

/// The seeds of one copying distribution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopyingSummary {
    /// What is copied, in words, and the difference from other groups that copy the same.
    pub distribution: String,
    /// Steps of training.
    pub budget: u64,
    /// How many runs have finished.
    #[serde(flatten)]
    pub standing: Standing,
    /// Runs that reached an accuracy of 0.95.
    pub learned: usize,
    /// Runs that did not, and whose last evaluation is before the end of the budget: whether they would have is unknown.
    pub ended_early: usize,
    /// The median step at which they did; null if that was not observed.
    pub median_emergence: Emergence,
    /// For each seed, the step at which it did; null if that was not observed.
    pub emergence: Vec<Emergence>,
    /// For each seed, the step of its last evaluation, up to which it was observed.
    pub observed_to: Vec<u64>,
    /// Accuracy at the end of the finished runs, by seed.
    pub accuracy: Vec<f64>,
    /// Attention accuracy at the end of the finished runs, by seed.
    pub attention_accuracy: Vec<f64>,
}

/// One summary for each copying distribution among `runs`.
pub fn summarize_copying(runs: &[RunRecord]) -> Result<Vec<CopyingSummary>, StoreError> {
    let mut summaries = Vec::new();
    for group in groups(runs) {
        let Some(spec) = CopyingSpec::of(&group[0].spec) else { continue };
        let (mut emergence, mut observed_to) = (Vec::new(), Vec::new());
        let (mut accuracy, mut attention_accuracy) = (Vec::new(), Vec::new());
        for run in &*group {
            emergence.push(Emergence::of(run.steps()?, run.score("accuracy")?));
            observed_to.push(run.steps()?.last().map_or(0, |&step| step as u64));
        }
        for run in group.counted() {
            accuracy.extend(run.score("accuracy")?.last());
            attention_accuracy.extend(run.score("attention_accuracy")?.last());
        }
        summaries.push(CopyingSummary {
            distribution: group.name.to_string(),
            budget: spec.train.steps,
            standing: group.standing(),
            learned: emergence.iter().filter(|each| each.is_observed()).count(),
            ended_early: emergence.iter().filter(|each| each.ended_early(spec.train.steps)).count(),
            median_emergence: median_emergence(&emergence),
            emergence,
            observed_to,
            accuracy,
            attention_accuracy,
        });
    }
    Ok(summaries)
}

/// The seeds of one text set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextSummary {
    /// The file's name, or that it is the keyword task.
    pub source: String,
    /// Title, and difference from other groups with this title.
    #[serde(flatten)]
    pub name: RunName,
    /// The names of the labels.
    pub label_names: Vec<String>,
    /// How many runs have finished.
    #[serde(flatten)]
    pub standing: Standing,
    /// Accuracy on held-out texts at the end, by seed.
    pub accuracy: Vec<f64>,
    /// Precision, recall and F1 of each label.
    pub by_label: Vec<LabelSummary>,
    /// True and predicted labels at the end, by seed; not of runs of earlier versions without attribution records.
    pub confusion: Vec<Confusion>,
    /// The accuracy of always predicting the most frequent label.
    pub majority: f64,
    /// Macro-averaged F1 at the end, by seed.
    pub macro_f1: Vec<f64>,
    /// Loss on held-out texts at the end, by seed, in nats.
    pub loss: Vec<f64>,
    /// Mean loss on training batches at the end, by seed, in nats.
    pub training_loss: Vec<f64>,
    /// The words that attention goes to, over all seeds.
    pub words: Vec<SalientWord>,
    /// Occurrences below which a word is not listed.
    pub at_least: u64,
}

impl TextSummary {
    /// Whether any word gets more attention than uniform attention would give it.
    pub fn has_salient_words(&self) -> bool {
        self.words.first().is_some_and(|word| word.attention >= STANDS_OUT)
    }
}

/// Attention from which a word stands out, × uniform; below, it is what rounding and chance make of uniform attention.
const STANDS_OUT: f64 = 1.05;

/// How many words are listed.
const WORDS: usize = 20;

/// Words that occur less often in the held-out texts are not listed.
const AT_LEAST: u64 = 5;

/// One summary for each text set among `runs`.
pub fn summarize_text(runs: &[RunRecord]) -> Result<Vec<TextSummary>, StoreError> {
    let mut summaries = Vec::new();
    for group in groups(runs) {
        summaries.extend(summarize_text_group(&group)?);
    }
    Ok(summaries)
}

/// The summary of runs that differ by their seed; none if they are of another task.
pub(super) fn summarize_text_group(group: &Group<'_>) -> Result<Option<TextSummary>, StoreError> {
    let Some(spec) = ClassificationSpec::of(&group[0].spec) else { return Ok(None) };
    let counted = group.counted();
    let facts: TextFacts = group[0].directory.read_json("data.json")?;
    let mut salience = Salience::new(facts.label_names.len());
    let (mut accuracy, mut confusions) = (Vec::new(), Vec::new());
    let (mut loss, mut training_loss) = (Vec::new(), Vec::new());
    for run in &counted {
        accuracy.extend(run.score("accuracy")?.last());
        loss.extend(run.score("loss")?.last());
        training_loss.extend(label_scores::training_loss(run, facts.train)?);
        confusions.extend(label_scores::confusion(run, &facts)?);
        let Some(&last) = run.directory.probe_steps().last() else { continue };
        let texts = run.text_probes(last, Split::Validation)?;
        for ((words, probe), &label) in texts.words.iter().zip(&texts.probes).zip(&texts.labels) {
            salience.add(words, &probe.alpha, label);
        }
    }
    let source = spec.data.file.as_ref().and_then(|file| file.file_name());
    let mut words = salience.top(WORDS, AT_LEAST * counted.len() as u64);
    words.iter_mut().for_each(|word| word.occurrences /= counted.len() as u64);
    Ok(Some(TextSummary {
        source: source.map_or("keyword task".into(), |name| name.to_string_lossy().into()),
        name: group.name.clone(),
        standing: group.standing(),
        accuracy,
        by_label: label_scores::by_label(&facts.label_names, &confusions),
        majority: confusions.first().map_or(f64::NAN, Confusion::majority),
        macro_f1: confusions.iter().map(Confusion::macro_f1).collect(),
        loss,
        training_loss,
        confusion: confusions,
        label_names: facts.label_names,
        words,
        at_least: AT_LEAST,
    }))
}

/// The seeds of one set of sentence pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairSummary {
    /// The name of the file that is translated.
    pub source: String,
    /// Title, and difference from other groups with this title.
    #[serde(flatten)]
    pub name: RunName,
    /// How many runs have finished.
    #[serde(flatten)]
    pub standing: Standing,
    /// Held-out pairs.
    pub pairs: usize,
    /// Token accuracy at the end, by seed.
    pub accuracy: Vec<f64>,
    /// Perplexity at the end, by seed.
    pub perplexity: Vec<f64>,
    /// Which BLEU was recorded.
    pub bleu_scope: BleuScope,
    /// BLEU of greedy translations at the end, by seed; empty if it was not asked for.
    pub bleu: Vec<f64>,
    /// BLEU of beam search at the end, by seed; empty if it was not asked for.
    pub bleu_beam: Vec<f64>,
}

/// One summary for each set of sentence pairs among `runs`.
pub fn summarize_pairs(runs: &[RunRecord]) -> Result<Vec<PairSummary>, StoreError> {
    let mut summaries = Vec::new();
    for group in groups(runs) {
        summaries.extend(summarize_pair_group(&group)?);
    }
    Ok(summaries)
}

/// The summary of runs that differ by their seed; none if they are of another task.
pub(super) fn summarize_pair_group(group: &Group<'_>) -> Result<Option<PairSummary>, StoreError> {
    let Some(spec) = TranslationSpec::of(&group[0].spec) else { return Ok(None) };
    let last = |score: &str| -> Result<Vec<f64>, StoreError> {
        let mut values = Vec::new();
        for run in group.counted() {
            values.extend(run.score(score)?.last());
        }
        Ok(values)
    };
    let source = spec.data.source.as_ref().and_then(|file| file.file_name()).unwrap_or_default();
    Ok(Some(PairSummary {
        source: source.to_string_lossy().into(),
        name: group.name.clone(),
        standing: group.standing(),
        pairs: group[0].directory.read_json::<PairFacts>("data.json")?.validation,
        accuracy: last("accuracy")?,
        perplexity: last("perplexity")?,
        bleu_scope: spec.data.bleu,
        bleu: spec.data.bleu.score().map_or(Ok(Vec::new()), |(score, _)| last(score))?,
        bleu_beam: if spec.data.bleu == BleuScope::Beam { last("bleu_beam")? } else { Vec::new() },
    }))
}
