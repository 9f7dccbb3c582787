//! The numbers that a set of runs comes down to.

use serde::Serialize;

use crate::probe::{Emergence, Part, Salience, SalientWord, emergence_step, median_emergence};
use crate::spec::{CopyingSpec, Frequencies, Optimizer, Order, Spec};
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::pairs::PairFacts;
use crate::task::text::TextFacts;

/// The seeds of one copying distribution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopyingSummary {
    /// What is copied, in words.
    pub distribution: String,
    /// Steps of training.
    pub budget: u64,
    /// Runs.
    pub seeds: usize,
    /// Runs that reached an accuracy of 0.95.
    pub learned: usize,
    /// The median step at which they did; null if half did not.
    pub median_emergence: Emergence,
    /// For each seed, the step at which it did.
    pub emergence: Vec<Option<u64>>,
    /// Accuracy at the end, by seed.
    pub accuracy: Vec<f64>,
    /// Attention accuracy at the end, by seed.
    pub attention_accuracy: Vec<f64>,
}

/// Runs that differ by nothing but the seed, by groups in order of first appearance.
pub fn group_by_seed(runs: &[RunRecord]) -> Vec<Vec<&RunRecord>> {
    let mut groups: Vec<Vec<&RunRecord>> = Vec::new();
    for run in runs {
        let key = |run: &RunRecord| run.spec.clone().with_seed(0);
        match groups.iter_mut().find(|group| key(group[0]) == key(run)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}

/// What is copied, and what is unlike the paper's model, in words.
pub fn describe_copying(spec: &CopyingSpec) -> String {
    let data = &spec.data;
    let mut words = match (data.repetition, data.length == data.vocabulary) {
        (true, _) => format!("{} words with repetition, V = {}", data.length, data.vocabulary),
        (false, true) => format!("permutations of all {} words", data.vocabulary),
        (false, false) => format!("{} words drawn from {}", data.length, data.vocabulary),
    };
    if data.frequencies == Frequencies::Zipf {
        words += ", Zipf frequencies";
    }
    if data.order == Order::Reversed {
        words += ", reversed";
    }
    if data.noise > 0.0 {
        words += &format!(", {:.0} % noise", 100.0 * data.noise);
    }
    if spec.train.optimizer == Optimizer::Sgd {
        words += ", SGD";
    }
    let plain = CopyingSpec::default().model;
    for (differs, name) in [
        (spec.model.bidirectional, "bidirectional"),
        (spec.model.attention != plain.attention, "uniform attention"),
        (!spec.model.context, "no context"),
        (spec.model.cell != plain.cell, "GRU"),
        (!spec.model.shared_embedding, "separate embeddings"),
    ] {
        if differs {
            words += ", ";
            words += name;
        }
    }
    if spec.model.heads > 1 {
        words += &format!(", {} heads", spec.model.heads);
    }
    words
}

/// One summary for each copying distribution among `runs`.
pub fn summarize_copying(runs: &[RunRecord]) -> Result<Vec<CopyingSummary>, StoreError> {
    let mut summaries = Vec::new();
    for group in group_by_seed(runs) {
        let Spec::Copying(spec) = &group[0].spec else { continue };
        let mut emergence = Vec::new();
        let (mut accuracy, mut attention_accuracy) = (Vec::new(), Vec::new());
        for run in &group {
            emergence.push(emergence_step(run.steps()?, run.score("accuracy")?));
            accuracy.extend(run.score("accuracy")?.last());
            attention_accuracy.extend(run.score("attention_accuracy")?.last());
        }
        summaries.push(CopyingSummary {
            distribution: describe_copying(spec),
            budget: spec.train.steps,
            seeds: group.len(),
            learned: emergence.iter().flatten().count(),
            median_emergence: median_emergence(&emergence, spec.train.steps),
            emergence,
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
    /// Negative, positive.
    pub label_names: [String; 2],
    /// Runs.
    pub seeds: usize,
    /// Accuracy on held-out texts at the end, by seed.
    pub accuracy: Vec<f64>,
    /// The same for each label.
    pub class_accuracy: [Vec<f64>; 2],
    /// Held-out texts of each label.
    pub class_texts: [usize; 2],
    /// The words that attention goes to, over all seeds.
    pub words: Vec<SalientWord>,
    /// Occurrences below which a word is not listed.
    pub at_least: u64,
}

/// How many words are listed.
const WORDS: usize = 20;

/// Words that occur less often in the held-out texts are not listed.
const AT_LEAST: u64 = 5;

/// One summary for each text set among `runs`.
pub fn summarize_text(runs: &[RunRecord]) -> Result<Vec<TextSummary>, StoreError> {
    let mut summaries = Vec::new();
    for group in group_by_seed(runs) {
        summaries.extend(summarize_text_group(&group)?);
    }
    Ok(summaries)
}

/// The summary of runs that differ by their seed; none if they are of another task.
pub(super) fn summarize_text_group(group: &[&RunRecord]) -> Result<Option<TextSummary>, StoreError> {
    let Spec::Classification(spec) = &group[0].spec else { return Ok(None) };
    let mut salience = Salience::default();
    let (mut accuracy, mut class_accuracy) = (Vec::new(), [Vec::new(), Vec::new()]);
    let mut class_texts = [0, 0];
    for (index, run) in group.iter().enumerate() {
        accuracy.extend(run.score("accuracy")?.last());
        class_accuracy[0].extend(run.score("accuracy_negative")?.last());
        class_accuracy[1].extend(run.score("accuracy_positive")?.last());
        let Some(&last) = run.directory.probe_steps().last() else { continue };
        let texts = run.text_probes(last, Part::Validation)?;
        for ((words, probe), &positive) in texts.words.iter().zip(&texts.probes).zip(&texts.positive) {
            salience.add(words, &probe.alpha, positive);
            class_texts[usize::from(positive)] += usize::from(index == 0);
        }
    }
    let source = spec.data.file.as_ref().and_then(|file| file.file_name());
    let mut words = salience.top(WORDS, AT_LEAST * group.len() as u64);
    words.iter_mut().for_each(|word| word.occurrences /= group.len() as u64);
    Ok(Some(TextSummary {
        source: source.map_or("keyword task".into(), |name| name.to_string_lossy().into()),
        label_names: group[0].directory.read_json::<TextFacts>("data.json")?.label_names,
        seeds: group.len(),
        accuracy,
        class_accuracy,
        class_texts,
        words,
        at_least: AT_LEAST,
    }))
}

/// The seeds of one set of sentence pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairSummary {
    /// The name of the file that is translated.
    pub source: String,
    /// Runs.
    pub seeds: usize,
    /// Held-out pairs.
    pub pairs: usize,
    /// Token accuracy at the end, by seed.
    pub accuracy: Vec<f64>,
    /// Perplexity at the end, by seed.
    pub perplexity: Vec<f64>,
    /// BLEU of greedy translations at the end, by seed; empty if it was not asked for.
    pub bleu: Vec<f64>,
}

/// One summary for each set of sentence pairs among `runs`.
pub fn summarize_pairs(runs: &[RunRecord]) -> Result<Vec<PairSummary>, StoreError> {
    let mut summaries = Vec::new();
    for group in group_by_seed(runs) {
        let Spec::Translation(spec) = &group[0].spec else { continue };
        let last = |score: &str| -> Result<Vec<f64>, StoreError> {
            let mut values = Vec::new();
            for run in &group {
                values.extend(run.score(score)?.last());
            }
            Ok(values)
        };
        let source = spec.data.source.as_ref().and_then(|file| file.file_name()).unwrap_or_default();
        summaries.push(PairSummary {
            source: source.to_string_lossy().into(),
            seeds: group.len(),
            pairs: group[0].directory.read_json::<PairFacts>("data.json")?.validation,
            accuracy: last("accuracy")?,
            perplexity: last("perplexity")?,
            bleu: if spec.record.bleu { last("bleu")? } else { Vec::new() },
        });
    }
    Ok(summaries)
}

/// The middle of `values`, or the mean of the two middle ones; none if there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len() % 2 == 1 { upper } else { (sorted[middle - 1] + upper) / 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
