//! How well labels are predicted at the end of runs.

use serde::Serialize;

use crate::measures::Confusion;
use crate::store::{StoreError, Table};
use crate::study::RunRecord;
use crate::task::Split;
use crate::task::text::TextFacts;

/// The scores of a label over runs that differ by their seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelSummary {
    /// Its name.
    pub label: String,
    /// Held-out texts that have it.
    pub texts: u64,
    /// The share of these that are predicted to have it (recall), by seed; empty if there are none.
    pub accuracy: Vec<f64>,
    /// The share of the texts predicted to have it that do, by seed.
    pub precision: Vec<f64>,
    /// The harmonic mean of the two, by seed.
    pub f1: Vec<f64>,
}

/// True and predicted labels of a run's held-out texts at its last evaluation; none where an earlier version recorded too
/// little.
pub(super) fn confusion(run: &RunRecord, facts: &TextFacts) -> Result<Option<Confusion>, StoreError> {
    if facts.label_names.len() > 2 {
        let evaluation = &run.evaluation;
        let last = if evaluation.rows() == 0 { None } else { evaluation.float_lists("confusion")?.last() };
        return Ok(last.and_then(|counts| Confusion::from_flat(counts)));
    }
    let last = |name: &str| run.score(name).map(|scores| scores.last().copied());
    let (Some(negative), Some(positive)) = (last("accuracy_negative")?, last("accuracy_positive")?) else {
        return Ok(None);
    };
    let texts = match facts.label_texts[1][..] {
        [negative, positive] => [negative as u64, positive as u64],
        _ => match recorded_texts(run)? {
            Some(texts) => texts,
            None => return Ok(None),
        },
    };
    Ok(Some(Confusion::of_two(texts, [negative, positive])))
}

/// The held-out texts of each of two labels, from the attribution records.
fn recorded_texts(run: &RunRecord) -> Result<Option<[u64; 2]>, StoreError> {
    let Some(&last) = run.directory.probe_steps().last() else { return Ok(None) };
    let labels = run.text_probes(last, Split::Validation)?.labels;
    let positive = labels.iter().filter(|&&label| label == 1).count() as u64;
    Ok(Some([labels.len() as u64 - positive, positive]))
}

/// The mean training loss over the last steps of a run, as many as an epoch of `texts` has, at most 100; none before the
/// first step.
pub(super) fn training_loss(run: &RunRecord, texts: usize) -> Result<Option<f64>, StoreError> {
    let path = run.directory.training_path();
    if !path.exists() {
        return Ok(None);
    }
    let table = Table::read_numbers(&path)?;
    if table.rows() == 0 {
        return Ok(None);
    }
    let losses = table.floats("loss")?;
    let steps = texts.div_ceil(run.spec.training().batch.max(1)).clamp(1, 100);
    let last = &losses[losses.len().saturating_sub(steps)..];
    Ok(Some(last.iter().sum::<f64>() / last.len() as f64))
}

/// The scores of each label over the runs of `confusions`.
pub(super) fn by_label(names: &[String], confusions: &[Confusion]) -> Vec<LabelSummary> {
    let scores: Vec<_> = confusions.iter().map(Confusion::by_label).collect();
    let of = |(label, name): (usize, &String)| {
        let texts = scores.first().map_or(0, |scores| scores[label].texts);
        let all = |score: fn(&crate::measures::LabelScore) -> f64| {
            scores.iter().filter(|_| texts > 0).map(|scores| score(&scores[label])).collect()
        };
        LabelSummary {
            label: name.clone(),
            texts,
            accuracy: all(|score| score.recall),
            precision: all(|score| score.precision),
            f1: all(|score| score.f1),
        }
    };
    names.iter().enumerate().map(of).collect()
}
