//! What the runs of the study show.

use std::collections::BTreeMap;

use serde::Serialize;

use super::heads::{HeadShift, head_shifts};
use super::{MetaRun, MetaVariant};
use crate::agreement::{Interval, mean_interval};
use crate::stats::mean;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::descriptions::{ATTENTION, AUC_EACH, DESCRIPTIONS, DescribedTask, DescriptionRow, LabelRow};

/// A label of a set that was held out: areas under the ROC curve as means over descriptions and seeds.
#[derive(Debug, Clone, Serialize)]
pub struct LabelGain {
    /// The set.
    pub set: String,
    /// Its group.
    pub group: String,
    /// Whether its descriptions are made from a template; it does not count in means then.
    pub templated: bool,
    /// The label.
    pub label: String,
    /// Before training.
    pub before: f64,
    /// After it.
    pub after: f64,
    /// Of matching keywords.
    pub keywords: f64,
}

/// Means over the labels of a group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupGain {
    /// The group.
    pub group: String,
    /// Its labels.
    pub labels: usize,
    /// Mean area of matching keywords, before training and after it.
    pub areas: [f64; 3],
    /// The mean difference that training made, with its 95 % interval over labels.
    pub difference: f64,
    /// That interval; none of a single label.
    pub interval: Option<Interval>,
}

/// What one way of training brought.
#[derive(Debug, Clone, Serialize)]
pub struct VariantFindings {
    /// The way.
    pub variant: MetaVariant,
    /// In words.
    pub title: String,
    /// Every label.
    pub labels: Vec<LabelGain>,
    /// Every group.
    pub groups: Vec<GroupGain>,
    /// The mean difference over labels, and its 95 % interval.
    pub over_labels: (f64, Option<Interval>),
    /// The mean over groups of their mean difference, and its 95 % interval.
    pub over_groups: (f64, Option<Interval>),
    /// Share of labels whose area rose.
    pub improved: f64,
    /// The mean area after training, over groups, and that of the main variant on the same sets.
    pub after: [f64; 2],
    /// The mean gain of one score from all descriptions of a label over each description alone, over groups.
    pub together: f64,
}

/// What attention does at one step, as means over the groups of the main variant (see [`ATTENTION`]).
#[derive(Debug, Clone, Serialize)]
pub struct AttentionAt {
    /// Steps taken.
    pub step: u64,
    /// Mean area under the curve.
    pub auc: f64,
    /// The columns of [`ATTENTION`].
    pub measures: [f64; 4],
}

/// The whole study.
#[derive(Debug, Clone, Serialize)]
pub struct MetaFindings {
    /// Every way of training that has runs; the main one first.
    pub variants: Vec<VariantFindings>,
    /// Attention along the training of each variant.
    pub attention: Vec<(String, Vec<AttentionAt>)>,
    /// How far each head's attention moves in the main variant.
    pub heads: Vec<HeadShift>,
}

/// What `runs` show; each is on record.
pub fn meta_findings(runs: &[(MetaRun, RunRecord)]) -> Result<MetaFindings, StoreError> {
    let mut by_variant: BTreeMap<&MetaVariant, Vec<&(MetaRun, RunRecord)>> = BTreeMap::new();
    runs.iter().for_each(|run| by_variant.entry(&run.0.variant).or_default().push(run));
    let (mut variants, mut attention): (Vec<VariantFindings>, Vec<_>) = (Vec::new(), Vec::new());
    let mut heads = Vec::new();
    for (variant, runs) in by_variant {
        if variants.is_empty() {
            heads = head_shifts(&runs)?;
        }
        let labels = labels_of(&runs)?;
        let main = variants.first().map(|main| main.labels.clone());
        let together = together(&runs)?;
        variants.push(findings(variant, labels, main.as_deref(), together));
        attention.push((variant.title(), attention_of(&runs)?));
    }
    Ok(MetaFindings { variants, attention, heads })
}

/// The areas of each label, over descriptions and seeds.
fn labels_of(runs: &[&(MetaRun, RunRecord)]) -> Result<Vec<LabelGain>, StoreError> {
    let mut sums: BTreeMap<(String, String, String, bool), [Vec<f64>; 3]> = BTreeMap::new();
    for (planned, run) in runs {
        let rows: Vec<DescriptionRow> = run.directory.read_json(DESCRIPTIONS)?;
        let areas = run.evaluation.float_lists(AUC_EACH)?;
        let (Some(before), Some(after)) = (areas.first(), areas.last()) else { continue };
        let keywords = planned.job.data.task().as_any().downcast_ref().map(DescribedTask::keyword_areas);
        for label in LabelRow::of(&rows) {
            let key = (label.group, label.set, label.label, label.templated);
            let all = sums.entry(key).or_default();
            for place in label.descriptions {
                let known = keywords.as_ref().and_then(|areas| areas.get(place)).copied().unwrap_or(f64::NAN);
                let areas = [f64::from(before[place]), f64::from(after[place]), known];
                // One kind of text alone has no area.
                if areas[0].is_finite() && areas[1].is_finite() {
                    all.iter_mut().zip(areas).for_each(|(all, area)| all.push(area));
                }
            }
        }
    }
    let gain = |((group, set, label, templated), [before, after, keywords]): (_, [Vec<f64>; 3])| {
        let (before, after) = (mean(&before)?, mean(&after)?);
        let keywords = mean(&keywords).unwrap_or(f64::NAN);
        Some(LabelGain { set, group, templated, label, before, after, keywords })
    };
    Ok(sums.into_iter().filter_map(gain).collect())
}

fn findings(
    variant: &MetaVariant,
    labels: Vec<LabelGain>,
    main: Option<&[LabelGain]>,
    together: f64,
) -> VariantFindings {
    let counted: Vec<&LabelGain> = counted(&labels);
    let groups: Vec<GroupGain> = counted.chunk_by(|a, b| a.group == b.group).map(group_gain).collect();
    let differences: Vec<f64> = counted.iter().map(|label| label.after - label.before).collect();
    let of_groups: Vec<f64> = groups.iter().map(|group| group.difference).collect();
    let improved = differences.iter().filter(|difference| **difference > 0.0).count() as f64;
    let same =
        |other: &LabelGain| labels.iter().any(|own| (&own.set, &own.label) == (&other.set, &other.label));
    let of_main: Vec<LabelGain> =
        main.unwrap_or(&labels).iter().filter(|label| same(label)).cloned().collect();
    VariantFindings {
        variant: variant.clone(),
        title: variant.title(),
        after: [mean_over_groups(&labels), mean_over_groups(&of_main)],
        over_labels: (mean(&differences).unwrap_or(f64::NAN), mean_interval(&differences, 0)),
        over_groups: (mean(&of_groups).unwrap_or(f64::NAN), mean_interval(&of_groups, 0)),
        improved: improved / differences.len().max(1) as f64,
        groups,
        labels,
        together,
    }
}

/// Labels that count in means: those of sets that are not templated, or all if all are.
fn counted(labels: &[LabelGain]) -> Vec<&LabelGain> {
    let own: Vec<&LabelGain> = labels.iter().filter(|label| !label.templated).collect();
    if own.is_empty() { labels.iter().collect() } else { own }
}

fn group_gain(labels: &[&LabelGain]) -> GroupGain {
    let of = |area: fn(&LabelGain) -> f64| -> Vec<f64> { labels.iter().map(|label| area(label)).collect() };
    let areas = [of(|label| label.keywords), of(|label| label.before), of(|label| label.after)];
    let differences = of(|label| label.after - label.before);
    GroupGain {
        group: labels[0].group.clone(),
        labels: labels.len(),
        areas: areas.map(|areas| mean(&areas).unwrap_or(f64::NAN)),
        difference: mean(&differences).unwrap_or(f64::NAN),
        interval: mean_interval(&differences, 0),
    }
}

fn mean_over_groups(labels: &[LabelGain]) -> f64 {
    let groups: Vec<f64> = counted(labels)
        .chunk_by(|a, b| a.group == b.group)
        .map(|labels| group_gain(labels).areas[2])
        .collect();
    mean(&groups).unwrap_or(f64::NAN)
}

/// The mean gain at the last step of the score from all descriptions of a label.
fn together(runs: &[&(MetaRun, RunRecord)]) -> Result<f64, StoreError> {
    let mut gains = Vec::new();
    for (_, run) in runs {
        let last = |name: &str| -> Result<f64, StoreError> {
            Ok(run.score(name)?.last().copied().unwrap_or(f64::NAN))
        };
        gains.push(last("auc_together")? - last("auc")?);
    }
    gains.retain(|gain: &f64| gain.is_finite());
    Ok(mean(&gains).unwrap_or(f64::NAN))
}

fn attention_of(runs: &[&(MetaRun, RunRecord)]) -> Result<Vec<AttentionAt>, StoreError> {
    let mut at: BTreeMap<u64, Vec<[f64; 5]>> = BTreeMap::new();
    for (_, run) in runs {
        for (place, &step) in run.steps()?.iter().enumerate() {
            let mut row = [run.score("auc")?[place]; 5];
            for (own, name) in row[1..].iter_mut().zip(ATTENTION) {
                *own = run.score(name)?[place];
            }
            at.entry(step as u64).or_default().push(row);
        }
    }
    let mean_at = |(step, rows): (u64, Vec<[f64; 5]>)| {
        let of = |column: usize| {
            let values: Vec<f64> =
                rows.iter().map(|row| row[column]).filter(|value| value.is_finite()).collect();
            mean(&values).unwrap_or(f64::NAN)
        };
        AttentionAt { step, auc: of(0), measures: [1, 2, 3, 4].map(of) }
    };
    Ok(at.into_iter().map(mean_at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(group: &str, label: &str, templated: bool, before: f64, after: f64) -> LabelGain {
        LabelGain {
            set: group.into(),
            group: group.into(),
            templated,
            label: label.into(),
            before,
            after,
            keywords: 0.5,
        }
    }

    #[test]
    fn groups_count_the_same_and_templates_do_not_count() {
        let labels = vec![
            label("a", "x", false, 0.5, 0.7),
            label("a", "y", false, 0.5, 0.6),
            label("b", "z", false, 0.8, 0.7),
            label("c", "t", true, 0.5, 1.0),
        ];
        let found = findings(&MetaVariant::Main, labels.clone(), None, 0.0);
        assert_eq!((found.groups.len(), found.labels.len()), (2, 4));
        assert!((found.over_groups.0 - (0.15 - 0.1) / 2.0).abs() < 1e-12);
        assert!((found.over_labels.0 - 0.2 / 3.0).abs() < 1e-12);
        assert!((found.improved - 2.0 / 3.0).abs() < 1e-12);
        assert!((found.after[0] - (0.65 + 0.7) / 2.0).abs() < 1e-12);
        let part = findings(&MetaVariant::Similar, labels[2..3].to_vec(), Some(&labels), 0.0);
        assert_eq!(part.after, [0.7, 0.7]);
    }
}
