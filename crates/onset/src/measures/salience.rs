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
    /// How many of these lie in texts of each label.
    pub by_label: Vec<u64>,
}

impl SalientWord {
    /// The label in whose texts it occurs most, the first of equal ones, and the share of its occurrences there.
    pub fn main_label(&self) -> (usize, f64) {
        let mut main = 0;
        for (label, count) in self.by_label.iter().enumerate() {
            if *count > self.by_label[main] {
                main = label;
            }
        }
        let all: u64 = self.by_label.iter().sum();
        (main, self.by_label.get(main).map_or(0.0, |&count| count as f64 / all.max(1) as f64))
    }

    /// The share of its occurrences that lie in texts of `label`.
    pub fn share(&self, label: usize) -> f64 {
        let all: u64 = self.by_label.iter().sum();
        self.by_label[label] as f64 / all.max(1) as f64
    }
}

/// Collects attention by word.
#[derive(Debug, Clone)]
pub struct Salience {
    labels: usize,
    words: HashMap<String, Sums>,
}

#[derive(Debug, Clone, Default)]
struct Sums {
    attention: f64,
    occurrences: u64,
    by_label: Vec<u64>,
}

impl Salience {
    /// Of texts of so many labels.
    pub fn new(labels: usize) -> Self {
        Self { labels, words: HashMap::new() }
    }

    /// Adds a text: its words, their α, and its label.
    pub fn add(&mut self, words: &[String], alpha: &[f32], label: u32) {
        for (word, &alpha) in words.iter().zip(alpha) {
            let sums = match self.words.get_mut(word) {
                Some(sums) => sums,
                None => {
                    let none = Sums { by_label: vec![0; self.labels], ..Sums::default() };
                    self.words.entry(word.clone()).or_insert(none)
                }
            };
            sums.attention += f64::from(alpha) * words.len() as f64;
            sums.occurrences += 1;
            sums.by_label[label as usize] += 1;
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
                by_label: sums.by_label.clone(),
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
        let mut salience = Salience::new(2);
        salience.add(&words("free now"), &[0.9, 0.1], 1);
        salience.add(&words("free to go now"), &[0.7, 0.1, 0.1, 0.1], 0);
        let top = salience.top(10, 2);
        let names: Vec<&str> = top.iter().map(|word| word.word.as_str()).collect();
        assert_eq!(names, ["free", "now"]);
        assert!((top[0].attention - (1.8 + 2.8) / 2.0).abs() < 1e-6, "{top:?}");
        assert!((top[1].attention - 0.3).abs() < 1e-6);
        assert_eq!((top[0].occurrences, top[0].share(1), top[0].main_label()), (2, 0.5, (0, 0.5)));
        assert_eq!(salience.top(1, 1).len(), 1);
    }
}
