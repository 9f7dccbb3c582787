//! How predicted labels compare with true ones.

use serde::Serialize;

/// Counts of true and predicted labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// For each true label, how often each label was predicted.
    pub counts: Vec<Vec<u64>>,
}

/// Precision, recall and F1 of one label. A ratio without cases is 0, as in scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LabelScore {
    /// The share of the texts predicted to have the label that have it.
    pub precision: f64,
    /// The share of the texts with the label that are predicted to have it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// Texts with the label.
    pub texts: u64,
}

impl Confusion {
    /// No predictions yet, of so many labels.
    pub fn new(labels: usize) -> Self {
        Self { counts: vec![vec![0; labels]; labels] }
    }

    /// From counts in one row, true label by true label; none if they are not those of a square.
    pub fn from_flat(counts: &[f32]) -> Option<Self> {
        let labels = counts.len().isqrt();
        let rows = counts.chunks(labels.max(1)).map(|row| row.iter().map(|&count| count as u64).collect());
        (labels * labels == counts.len()).then(|| Self { counts: rows.collect() })
    }

    /// Of two labels, from the number of texts of each and the share of them that is predicted right.
    pub fn of_two(texts: [u64; 2], right: [f64; 2]) -> Self {
        let own = [0, 1].map(|label| (texts[label] as f64 * right[label]).round() as u64);
        let other = [0, 1].map(|label| texts[label] - own[label].min(texts[label]));
        Self { counts: vec![vec![own[0], other[0]], vec![other[1], own[1]]] }
    }

    /// Adds a text.
    pub fn add(&mut self, truth: u32, predicted: u32) {
        self.counts[truth as usize][predicted as usize] += 1;
    }

    /// The counts in one row, true label by true label.
    pub fn flat(&self) -> Vec<f32> {
        self.counts.iter().flatten().map(|&count| count as f32).collect()
    }

    /// How many texts there are.
    pub fn texts(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of texts whose label is predicted right.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.counts.len()).map(|label| self.counts[label][label]).sum();
        share(right, self.texts())
    }

    /// Precision, recall and F1 of each label.
    pub fn by_label(&self) -> Vec<LabelScore> {
        let of = |label: usize| {
            let right = self.counts[label][label];
            let texts: u64 = self.counts[label].iter().sum();
            let predicted: u64 = self.counts.iter().map(|row| row[label]).sum();
            let f1 = share(2 * right, texts + predicted);
            LabelScore { precision: share(right, predicted), recall: share(right, texts), f1, texts }
        };
        (0..self.counts.len()).map(of).collect()
    }

    /// The mean of the labels' F1, over labels that occur or are predicted.
    pub fn macro_f1(&self) -> f64 {
        let seen = |label: &usize| {
            let predicted: u64 = self.counts.iter().map(|row| row[*label]).sum();
            predicted + self.counts[*label].iter().sum::<u64>() > 0
        };
        let scores = self.by_label();
        let labels: Vec<usize> = (0..self.counts.len()).filter(seen).collect();
        let sum: f64 = labels.iter().map(|&label| scores[label].f1).sum();
        sum / labels.len().max(1) as f64
    }

    /// The accuracy of always predicting the most frequent label.
    pub fn majority(&self) -> f64 {
        let texts = self.counts.iter().map(|row| row.iter().sum::<u64>());
        share(texts.max().unwrap_or(0), self.texts())
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True and predicted labels, and what `sklearn.metrics.classification_report` prints for them.
    #[test]
    fn scores_are_those_of_scikit_learn() {
        let mut confusion = Confusion::new(3);
        let truth = [0, 0, 0, 1, 1, 2, 2, 2, 2, 1];
        let predicted = [0, 0, 1, 1, 2, 2, 2, 0, 2, 1];
        truth.into_iter().zip(predicted).for_each(|(truth, predicted)| confusion.add(truth, predicted));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        close(confusion.accuracy(), 0.7);
        let scores = confusion.by_label();
        close(scores[0].precision, 2.0 / 3.0);
        close(scores[1].recall, 2.0 / 3.0);
        close(scores[2].f1, 0.75);
        close(confusion.macro_f1(), (2.0 / 3.0 + 2.0 / 3.0 + 0.75) / 3.0);
        close(confusion.majority(), 0.4);
        assert_eq!((confusion.texts(), scores[2].texts), (10, 4));
        assert_eq!(Confusion::from_flat(&confusion.flat()), Some(confusion));
    }

    #[test]
    fn a_label_that_neither_occurs_nor_is_predicted_does_not_count() {
        let mut confusion = Confusion::new(3);
        confusion.add(0, 0);
        confusion.add(1, 0);
        let scores = confusion.by_label();
        assert_eq!((scores[1].f1, scores[2].f1), (0.0, 0.0));
        assert!((confusion.macro_f1() - (2.0 / 3.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn two_labels_are_recovered_from_their_accuracies() {
        let confusion = Confusion::of_two([30, 10], [0.9, 0.5]);
        assert_eq!(confusion.counts, [[27, 3], [5, 5]]);
        assert_eq!(Confusion::of_two([3, 0], [1.0, f64::NAN]).counts, [[3, 0], [0, 0]]);
        assert_eq!(Confusion::from_flat(&[1.0, 2.0]), None);
    }
}
