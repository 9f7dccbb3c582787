//! What single words say of labels.

use crate::batch::Link;

/// Numbers of each word of a vocabulary, and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct WordTable {
    /// How scores become labels.
    pub link: Link,
    /// What the numbers are.
    pub unit: WordUnit,
    /// Vocabulary × scores.
    pub numbers: Vec<f32>,
}

/// What a [`WordTable`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordUnit {
    /// The scores of a text that is this word alone.
    Scores,
    /// Covariances of the word's share with the labels.
    Covariances,
}

impl WordTable {
    /// A table of scores.
    pub fn scores(link: Link, numbers: Vec<f32>) -> Self {
        Self { link, unit: WordUnit::Scores, numbers }
    }

    /// The numbers of a word.
    pub fn row(&self, word: u32) -> &[f32] {
        let width = self.link.width();
        &self.numbers[word as usize * width..][..width]
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.numbers.len() / self.link.width()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// How strongly a word speaks for `label`: positive where it supports the label. With two labels the word's number,
    /// with the label's sign; with more, the log-odds of the label for scores, its own covariance for covariances.
    pub fn support(&self, word: u32, label: u32) -> f32 {
        let row = self.row(word);
        match (self.link, self.unit) {
            (Link::Logistic, _) if label == 1 => row[0],
            (Link::Logistic, _) => -row[0],
            (Link::Softmax(_), WordUnit::Covariances) => row[label as usize],
            (Link::Softmax(_), WordUnit::Scores) => {
                let row: Vec<f64> = row.iter().map(|&score| f64::from(score)).collect();
                self.link.log_odds(&row, label) as f32
            }
        }
    }

    /// The support of each of `tokens` for `label`.
    pub fn along(&self, tokens: &[u32], label: u32) -> Vec<f32> {
        tokens.iter().map(|&token| self.support(token, label)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_support_of_two_labels_is_signed_and_of_more_the_log_odds() {
        let two = WordTable::scores(Link::Logistic, vec![0.5, -2.0]);
        assert_eq!((two.along(&[0, 1], 1), two.along(&[0, 1], 0)), (vec![0.5, -2.0], vec![-0.5, 2.0]));
        let three = WordTable::scores(Link::Softmax(3), vec![0.0, 0.0, 0.0, 0.0, 0.0, 5.0]);
        assert!((three.support(0, 1) + 2f32.ln()).abs() < 1e-6);
        assert!((three.support(1, 2) - (5.0 - 2f32.ln())).abs() < 1e-6 && three.support(1, 0) < -4.0);
        let covariances = WordTable { unit: WordUnit::Covariances, ..three };
        assert_eq!((covariances.support(1, 2), covariances.support(1, 0)), (5.0, 0.0));
    }
}
