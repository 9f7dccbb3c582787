//! Scores of descriptions: for each, the area under the ROC curve of P(Yes) over its texts.

use serde::{Deserialize, Serialize};

use super::task::DescribedTask;
use crate::measures::auc;
use crate::stats::mean;
use crate::store::{Column, Table};
use crate::task::{Evaluated, number};

/// The column with the mean area under the curve.
pub const AUC: &str = "auc";
/// The column with that of each description.
pub const AUC_EACH: &str = "auc_each";
/// The column with that of the mean score of the descriptions of each label.
const AUC_TOGETHER: &str = "auc_together";
/// The file of a run that lists the descriptions in the order of these columns.
pub const DESCRIPTIONS: &str = "descriptions.json";

/// What is evaluated, in the order of the scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptionRow {
    /// The data set.
    pub set: String,
    /// Its group.
    pub group: String,
    /// Whether the set's descriptions are made from a template.
    pub templated: bool,
    /// The label.
    pub label: String,
    /// The description.
    pub description: String,
    /// Texts for which the answer is Yes, and No.
    pub texts: [usize; 2],
}

/// A label that is evaluated: its descriptions are neighbours in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// The data set.
    pub set: String,
    /// Its group.
    pub group: String,
    /// Whether the set's descriptions are made from a template.
    pub templated: bool,
    /// The label.
    pub label: String,
    /// The places of its descriptions.
    pub descriptions: std::ops::Range<usize>,
}

impl LabelRow {
    /// The labels of `descriptions`.
    pub fn of(descriptions: &[DescriptionRow]) -> Vec<Self> {
        let same = |a: &DescriptionRow, b: &DescriptionRow| (&a.set, &a.label) == (&b.set, &b.label);
        let mut labels = Vec::new();
        let mut first = 0;
        for own in descriptions.chunk_by(same) {
            let DescriptionRow { set, group, templated, label, .. } = own[0].clone();
            labels.push(Self { set, group, templated, label, descriptions: first..first + own.len() });
            first += own.len();
        }
        labels
    }
}

pub(super) fn rows(task: &DescribedTask) -> Vec<DescriptionRow> {
    let row = |own: &[super::task::Pair]| {
        let each = &task.descriptions[own[0].description];
        let set = &task.sets[each.set];
        let yes = own.iter().filter(|pair| pair.holds).count();
        DescriptionRow {
            set: set.name.clone(),
            group: set.group.clone(),
            templated: set.templated,
            label: set.labels[each.label].clone(),
            description: each.text.clone(),
            texts: [yes, own.len() - yes],
        }
    };
    task.pairs.chunk_by(|a, b| a.description == b.description).map(row).collect()
}

/// The mean over `values` of sets that are not templated, or over all if all are; NaN values do not count.
fn mean_of(values: &[f64], templated: impl Fn(usize) -> bool) -> f64 {
    let of = |all: bool| -> Vec<f64> {
        let kept = values
            .iter()
            .enumerate()
            .filter(|(place, value)| value.is_finite() && (all || !templated(*place)));
        kept.map(|(_, &value)| value).collect()
    };
    mean(&of(false)).or_else(|| mean(&of(true))).unwrap_or(f64::NAN)
}

pub(super) fn described_scores(task: &DescribedTask, table: Table, evaluated: &Evaluated<'_>) -> Table {
    let (mut loss, mut right) = (0.0, 0usize);
    let scores: Vec<f32> = evaluated.readings.iter().map(|reading| reading.logit.unwrap_or(0.0)).collect();
    for (&score, &label) in scores.iter().zip(&evaluated.examples.labels) {
        let odds = f64::from(if label == 1 { score } else { -score });
        loss += (-odds).max(0.0) + (-odds.abs()).exp().ln_1p();
        right += usize::from(odds > 0.0);
    }
    let descriptions = rows(task);
    let each = area_of_each(&scores, &evaluated.examples.labels, &descriptions);
    let labels = LabelRow::of(&descriptions);
    let together = area_together(&scores, &evaluated.examples.labels, &descriptions, &labels);
    let count = scores.len().max(1) as f64;
    table
        .with("loss", number(loss / count))
        .with("accuracy", number(right as f64 / count))
        .with(AUC, number(mean_of(&each, |place| descriptions[place].templated)))
        .with(AUC_TOGETHER, number(mean_of(&together, |place| labels[place].templated)))
        .with(AUC_EACH, Column::Floats(vec![each.iter().map(|&area| area as f32).collect()]))
}

/// The area of each description; NaN where there is only one kind of text.
fn area_of_each(scores: &[f32], labels: &[u32], descriptions: &[DescriptionRow]) -> Vec<f64> {
    let mut first = 0;
    let area = |row: &DescriptionRow| {
        let own = first..first + row.texts.iter().sum::<usize>();
        first = own.end;
        area(&scores[own.clone()], &labels[own])
    };
    descriptions.iter().map(area).collect()
}

/// The area of the mean score of all descriptions of each label.
fn area_together(
    scores: &[f32],
    labels: &[u32],
    descriptions: &[DescriptionRow],
    rows: &[LabelRow],
) -> Vec<f64> {
    let mut first = 0;
    let mut together = |row: &LabelRow| {
        // All descriptions of a label have the same texts in the same order.
        let (count, texts) =
            (row.descriptions.len(), descriptions[row.descriptions.start].texts.iter().sum::<usize>());
        let own = &scores[first..first + count * texts];
        let labels = &labels[first..first + texts];
        first += count * texts;
        let sums: Vec<f32> = (0..texts).map(|text| own.iter().skip(text).step_by(texts).sum()).collect();
        area(&sums, labels)
    };
    rows.iter().map(&mut together).collect()
}

pub(super) fn area(scores: &[f32], labels: &[u32]) -> f64 {
    let of = |wanted: u32| -> Vec<f32> {
        scores.iter().zip(labels).filter(|(_, label)| **label == wanted).map(|(&score, _)| score).collect()
    };
    auc(&of(1), &of(0)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(set: &str, label: &str, templated: bool) -> DescriptionRow {
        DescriptionRow {
            set: set.into(),
            group: set.into(),
            templated,
            label: label.into(),
            description: String::new(),
            texts: [1, 1],
        }
    }

    #[test]
    fn each_description_and_each_label_has_an_area() {
        let rows = [row("a", "x", false), row("a", "x", false), row("b", "x", true)];
        let labels = LabelRow::of(&rows);
        assert_eq!(labels.iter().map(|label| label.descriptions.clone()).collect::<Vec<_>>(), [0..2, 2..3]);
        let (scores, truth) = ([1.0, 0.0, -3.0, -1.5, 2.0, 2.0], [1, 0, 1, 0, 1, 0]);
        let each = area_of_each(&scores, &truth, &rows);
        assert_eq!(each, [1.0, 0.0, 0.5]);
        // The second description is surer: sums are −2 and −1.5.
        assert_eq!(area_together(&scores, &truth, &rows, &labels), [0.0, 0.5]);
        assert_eq!(mean_of(&each, |place| rows[place].templated), 0.5);
        assert_eq!(mean_of(&[0.9, f64::NAN], |_| true), 0.9);
    }
}
