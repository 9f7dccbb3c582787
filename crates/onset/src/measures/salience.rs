//! The words with the most attention.

use std::collections::HashMap;

use serde::Serialize;

/// A word with the attention on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SalientWord {
    /// The word.
    pub word: String,
    /// Its mean weight times the text's length: 1 is the value under uniform attention.
    pub attention: f64,
    /// The number of its occurrences in the texts.
    pub occurrences: u64,
    /// The share of these occurrences in texts of the positive label.
    pub positive_share: f64,
}

/// Accumulates attention by word.
#[derive(Debug, Clone, Default)]
pub struct Salience {
    words: HashMap<String, Sums>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    attention: f64,
    occurrences: u64,
    positive: u64,
}

impl Salience {
    /// Adds a text: its words, their α, and whether its label is the positive one.
    pub fn add(&mut self, words: &[String], alpha: &[f32], positive: bool) {
        for (word, &alpha) in words.iter().zip(alpha) {
            let sums = match self.words.get_mut(word) {
                Some(sums) => sums,
                None => self.words.entry(word.clone()).or_default(),
            };
            sums.attention += f64::from(alpha) * words.len() as f64;
            sums.occurrences += 1;
            sums.positive += u64::from(positive);
        }
    }

    /// The `count` words with the largest mean attention, among those that occur at least `at_least` times; ties in
    /// alphabetical order.
    pub fn top(&self, count: usize, at_least: u64) -> Vec<SalientWord> {
        let frequent = self.words.iter().filter(|(_, sums)| sums.occurrences >= at_least);
        let mut words: Vec<SalientWord> = frequent
            .map(|(word, sums)| SalientWord {
                word: word.clone(),
                attention: sums.attention / sums.occurrences as f64,
                occurrences: sums.occurrences,
                positive_share: sums.positive as f64 / sums.occurrences as f64,
            })
            .collect();
        words.sort_by(|a, b| b.attention.total_cmp(&a.attention).then_with(|| a.word.cmp(&b.word)));
        words.truncate(count);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_ranked_by_mean_attention_relative_to_uniform() {
        let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        let mut salience = Salience::default();
        salience.add(&words("free now"), &[0.9, 0.1], true);
        salience.add(&words("free to go now"), &[0.7, 0.1, 0.1, 0.1], false);
        let top = salience.top(10, 2);
        let names: Vec<&str> = top.iter().map(|word| word.word.as_str()).collect();
        assert_eq!(names, ["free", "now"]);
        assert!((top[0].attention - (1.8 + 2.8) / 2.0).abs() < 1e-6, "{top:?}");
        assert!((top[1].attention - 0.3).abs() < 1e-6);
        assert_eq!((top[0].occurrences, top[0].positive_share), (2, 0.5));
        assert_eq!(salience.top(1, 1).len(), 1);
    }
}
