//! Texts as relative word counts.

use super::Texts;
use crate::batch::Link;

/// The relative counts of the words of each text, and its label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bags {
    /// The number of ids.
    pub vocabulary: usize,
    /// How scores become labels.
    pub link: Link,
    ids: Vec<u32>,
    shares: Vec<f32>,
    ends: Vec<usize>,
    /// The label of each text.
    pub labels: Vec<u32>,
}

impl Bags {
    /// No texts yet, of words with ids below `vocabulary` and of `labels` labels.
    pub fn new(vocabulary: usize, labels: usize) -> Self {
        Self { vocabulary, link: Link::of(labels), ..Self::default() }
    }

    /// The bags of `texts`, which have `labels` labels.
    pub fn of(texts: &Texts, vocabulary: usize, labels: usize) -> Self {
        let mut bags = Self::new(vocabulary, labels);
        (0..texts.len()).for_each(|text| bags.push(texts.tokens(text), texts.label(text)));
        bags
    }

    /// Adds a text.
    ///
    /// # Panics
    /// If an id is not below the vocabulary, or the label not below the number of labels.
    pub fn push(&mut self, tokens: &[u32], label: u32) {
        let mut sorted = tokens.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.last().is_none_or(|&id| (id as usize) < self.vocabulary),
            "an id above the vocabulary"
        );
        assert!((label as usize) < self.link.labels(), "a label above the number of labels");
        for run in sorted.chunk_by(|a, b| a == b) {
            self.ids.push(run[0]);
            self.shares.push(run.len() as f32 / tokens.len() as f32);
        }
        self.ends.push(self.ids.len());
        self.labels.push(label);
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no texts.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of texts of each label.
    pub fn label_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.link.labels()];
        self.labels.iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    /// The distinct words of a text and the share of each.
    pub fn bag(&self, text: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before]);
        let range = start..self.ends[text];
        self.ids[range.clone()].iter().zip(&self.shares[range]).map(|(&id, &share)| (id as usize, share))
    }

    /// The means of `table` (vocabulary × scores) over the words of a text, into `scores`.
    pub fn scores<T: Copy + Into<f64>>(&self, text: usize, table: &[T], scores: &mut [f64]) {
        // Two labels have one score; a loop over scores would take a fifth longer.
        if let [score] = scores {
            *score = self.bag(text).map(|(id, share)| f64::from(share) * table[id].into()).sum();
            return;
        }
        let width = scores.len();
        scores.fill(0.0);
        for (id, share) in self.bag(text) {
            let row = &table[id * width..][..width];
            scores.iter_mut().zip(row).for_each(|(sum, &w)| *sum += f64::from(share) * w.into());
        }
    }

    /// Mean loss and accuracy of scoring each text by [`Bags::scores`].
    pub fn loss_and_accuracy(&self, table: &[f32]) -> [f64; 2] {
        let (mut loss, mut right) = (0.0, 0usize);
        let mut scores = vec![0.0; self.link.width()];
        for (text, &label) in self.labels.iter().enumerate() {
            self.scores(text, table, &mut scores);
            loss += self.link.loss(&scores, label);
            right += usize::from(self.link.predicted(&scores) == label);
        }
        [loss, right as f64].map(|sum| sum / self.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_holds_each_word_once_with_its_share() {
        let mut bags = Bags::new(9, 2);
        bags.push(&[4, 2, 4, 8], 1);
        bags.push(&[0], 0);
        assert_eq!(bags.bag(0).collect::<Vec<_>>(), [(2, 0.25), (4, 0.5), (8, 0.25)]);
        assert_eq!(bags.bag(1).collect::<Vec<_>>(), [(0, 1.0)]);
        let table: Vec<f32> = (0..9).map(|id| id as f32).collect();
        let mut score = [0.0];
        bags.scores(0, &table, &mut score);
        assert_eq!(score, [4.5]);
        let [loss, accuracy] = bags.loss_and_accuracy(&table);
        assert!((loss - ((-4.5f64).exp().ln_1p() + 2f64.ln()) / 2.0).abs() < 1e-12);
        assert_eq!(accuracy, 1.0);
    }

    #[test]
    fn with_three_labels_a_word_has_three_scores() {
        let mut bags = Bags::new(2, 3);
        bags.push(&[0, 1], 2);
        bags.push(&[0, 0], 1);
        let table = [0.0f32, 1.0, 0.0, 0.0, 0.0, 4.0];
        let mut scores = [0.0; 3];
        bags.scores(0, &table, &mut scores);
        assert_eq!(scores, [0.0, 0.5, 2.0]);
        assert_eq!((bags.label_counts(), bags.loss_and_accuracy(&table)[1]), (vec![0, 1, 1], 1.0));
    }
}
