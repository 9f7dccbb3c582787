//! Texts as relative word counts.

use super::Texts;

/// The relative counts of the words of each text, and its label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bags {
    /// The number of ids.
    pub vocabulary: usize,
    ids: Vec<u32>,
    shares: Vec<f32>,
    ends: Vec<usize>,
    /// Whether each text's label is the positive one.
    pub positive: Vec<bool>,
}

impl Bags {
    /// No texts yet, of words with ids below `vocabulary`.
    pub fn new(vocabulary: usize) -> Self {
        Self { vocabulary, ..Self::default() }
    }

    /// The bags of `texts`.
    pub fn of(texts: &Texts, vocabulary: usize) -> Self {
        let mut bags = Self::new(vocabulary);
        (0..texts.len()).for_each(|text| bags.push(texts.tokens(text), texts.label(text) == 1));
        bags
    }

    /// Adds a text.
    ///
    /// # Panics
    /// If an id is not below the vocabulary.
    pub fn push(&mut self, tokens: &[u32], positive: bool) {
        let mut sorted = tokens.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.last().is_none_or(|&id| (id as usize) < self.vocabulary),
            "an id above the vocabulary"
        );
        for run in sorted.chunk_by(|a, b| a == b) {
            self.ids.push(run[0]);
            self.shares.push(run.len() as f32 / tokens.len() as f32);
        }
        self.ends.push(self.ids.len());
        self.positive.push(positive);
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no texts.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The distinct words of a text and the share of each.
    pub fn bag(&self, text: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before]);
        let range = start..self.ends[text];
        self.ids[range.clone()].iter().zip(&self.shares[range]).map(|(&id, &share)| (id as usize, share))
    }

    /// The mean of `table` over the words of a text.
    pub fn score(&self, text: usize, table: &[f32]) -> f64 {
        self.bag(text).map(|(id, share)| f64::from(share) * f64::from(table[id])).sum()
    }

    /// Mean logistic loss and accuracy of scoring each text by [`Bags::score`].
    pub fn loss_and_accuracy(&self, table: &[f32]) -> [f64; 2] {
        let (mut loss, mut right) = (0.0, 0usize);
        for (text, &positive) in self.positive.iter().enumerate() {
            let score = self.score(text, table);
            let margin = if positive { score } else { -score };
            loss += (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
            right += usize::from((score > 0.0) == positive);
        }
        [loss, right as f64].map(|sum| sum / self.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_holds_each_word_once_with_its_share() {
        let mut bags = Bags::new(9);
        bags.push(&[4, 2, 4, 8], true);
        bags.push(&[0], false);
        assert_eq!(bags.bag(0).collect::<Vec<_>>(), [(2, 0.25), (4, 0.5), (8, 0.25)]);
        assert_eq!(bags.bag(1).collect::<Vec<_>>(), [(0, 1.0)]);
        let table: Vec<f32> = (0..9).map(|id| id as f32).collect();
        assert_eq!(bags.score(0, &table), 4.5);
        let [loss, accuracy] = bags.loss_and_accuracy(&table);
        assert!((loss - ((-4.5f64).exp().ln_1p() + 2f64.ln()) / 2.0).abs() < 1e-12);
        assert_eq!(accuracy, 1.0);
    }
}
