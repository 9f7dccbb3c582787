//! Which words go with which labels: an exact test for each pair, and the false discovery rate over all of them.
//!
//! Whether a text has a word is compared with its label by Fisher's exact test, one-sided: P(X ≥ k) for the number X of
//! texts of the label among those with the word, if these were drawn at random from all texts. Exact p-values need no
//! large counts, which most words do not have. The false discovery rate is controlled over all pairs of word and label by
//! Benjamini & Hochberg (1995).

/// The largest share of false discoveries, in expectation, among the pairs that are called associated.
pub const FALSE_DISCOVERIES: f64 = 0.01;

/// Texts in which a word must be to be tested; a word of fewer could not be told from chance among some thousand words.
pub const TESTED_FROM: u32 = 5;

/// In how many texts of each label each word is. Words are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    labels: usize,
    /// Words × labels.
    with: Vec<u32>,
    /// Texts of each label.
    texts: Vec<u32>,
    /// For each word, the number of the last text that has it, counted from 1.
    last: Vec<u32>,
}

/// The counts behind one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Texts with the word and the label.
    pub both: u32,
    /// Texts with the word.
    pub word: u32,
    /// Texts with the label.
    pub label: u32,
    /// All texts.
    pub all: u32,
}

/// A word that is in more texts of a label than chance would put there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Association {
    /// The word.
    pub word: u32,
    /// The label.
    pub label: u32,
    /// Its counts.
    pub counts: Counts,
    /// The smallest false discovery rate at which it is called associated.
    pub q: f64,
}

impl Presence {
    /// No texts yet, of so many words and labels.
    pub fn new(words: usize, labels: usize) -> Self {
        Self { labels, with: vec![0; words * labels], texts: vec![0; labels], last: vec![0; words] }
    }

    /// Texts that were counted elsewhere: of each label with each word (words × labels), and of each label.
    pub fn of_counts(with: Vec<u32>, texts: Vec<u32>) -> Self {
        let words = with.len() / texts.len().max(1);
        Self { labels: texts.len(), with, texts, last: vec![0; words] }
    }

    /// Adds a text; a word counts once.
    pub fn add(&mut self, words: impl IntoIterator<Item = u32>, label: u32) {
        self.texts[label as usize] += 1;
        let number = self.all();
        for word in words {
            let last = &mut self.last[word as usize];
            if *last != number {
                *last = number;
                self.with[word as usize * self.labels + label as usize] += 1;
            }
        }
    }

    /// The number of texts.
    pub fn all(&self) -> u32 {
        self.texts.iter().sum()
    }

    /// Texts of each label.
    pub fn texts(&self) -> &[u32] {
        &self.texts
    }

    /// Texts of each label with a word.
    pub fn with(&self, word: u32) -> &[u32] {
        &self.with[word as usize * self.labels..][..self.labels]
    }

    /// The counts of a word and a label.
    pub fn counts(&self, word: u32, label: u32) -> Counts {
        let with = self.with(word);
        Counts {
            both: with[label as usize],
            word: with.iter().sum(),
            label: self.texts[label as usize],
            all: self.all(),
        }
    }

    /// The pairs of a tested word and a label that go together at a false discovery rate of [`FALSE_DISCOVERIES`] over all
    /// such pairs, by word and label; and how many pairs were tested.
    pub fn associations(&self) -> (Vec<Association>, usize) {
        let factorials = LogFactorials::up_to(self.all());
        let (mut pairs, mut p_values, mut tests) = (Vec::new(), Vec::new(), 0);
        for word in 0..self.last.len() as u32 {
            if self.with(word).iter().sum::<u32>() < TESTED_FROM {
                continue;
            }
            tests += self.labels;
            for label in 0..self.labels as u32 {
                let counts = self.counts(word, label);
                // The others count as tests with p = 1.
                if counts.is_more_than_expected() {
                    p_values.push(factorials.p_value(counts));
                    pairs.push(Association { word, label, counts, q: 1.0 });
                }
            }
        }
        for (pair, q) in pairs.iter_mut().zip(false_discovery_rates(&p_values, tests)) {
            pair.q = q;
        }
        pairs.retain(|pair| pair.q <= FALSE_DISCOVERIES);
        (pairs, tests)
    }
}

impl Counts {
    fn is_more_than_expected(self) -> bool {
        u64::from(self.both) * u64::from(self.all) > u64::from(self.word) * u64::from(self.label)
    }

    /// How many standard errors `both` is above what is expected of texts drawn at random.
    pub fn signal(self) -> f64 {
        let [both, word, label, all] = [self.both, self.word, self.label, self.all].map(f64::from);
        let expected = word * label / all;
        let variance = expected * (1.0 - label / all) * (all - word) / (all - 1.0).max(1.0);
        if variance > 0.0 { (both - expected) / variance.sqrt() } else { 0.0 }
    }

    /// The share of texts with the word that have the label.
    pub fn share_of_word(self) -> f64 {
        f64::from(self.both) / f64::from(self.word.max(1))
    }

    /// The share of texts with the label that have the word.
    pub fn share_of_label(self) -> f64 {
        f64::from(self.both) / f64::from(self.label.max(1))
    }

    /// The share of texts without the word that have the label.
    pub fn share_without_word(self) -> f64 {
        f64::from(self.label - self.both) / f64::from((self.all - self.word).max(1))
    }

    /// The correlation of word and label (φ, Matthews): 1 if the word is in the texts of the label and no others.
    pub fn correlation(self) -> f64 {
        let [both, word, label, all] = [self.both, self.word, self.label, self.all].map(f64::from);
        let scale = (word * (all - word) * label * (all - label)).sqrt();
        if scale > 0.0 { (both * all - word * label) / scale } else { 0.0 }
    }
}

/// ln n! for all n up to a number.
struct LogFactorials(Vec<f64>);

impl LogFactorials {
    fn up_to(largest: u32) -> Self {
        let mut all = vec![0.0];
        all.extend((1..=largest).scan(0.0, |sum: &mut f64, n| {
            *sum += f64::from(n).ln();
            Some(*sum)
        }));
        Self(all)
    }

    fn choose(&self, all: u32, some: u32) -> f64 {
        let Self(ln) = self;
        ln[all as usize] - ln[some as usize] - ln[(all - some) as usize]
    }

    /// P(X ≥ `both`) of the hypergeometric distribution.
    fn p_value(&self, Counts { both, word, label, all }: Counts) -> f64 {
        let first = self.choose(label, both) + self.choose(all - label, word - both) - self.choose(all, word);
        // Each term by the one before it, relative to the first.
        let (mut term, mut sum, mut k) = (1.0, 0.0, both);
        while term > 1e-17 * sum && k <= word.min(label) {
            sum += term;
            let [up, down] = [
                f64::from(label - k) * f64::from(word - k),
                f64::from(k + 1) * (f64::from(all) - f64::from(label) - f64::from(word) + f64::from(k) + 1.0),
            ];
            term *= up / down;
            k += 1;
        }
        (first.exp() * sum).min(1.0)
    }
}

/// For each of `p_values`, the smallest false discovery rate at which its test is rejected. There are `tests` tests; those
/// that are not among `p_values` have p = 1.
fn false_discovery_rates(p_values: &[f64], tests: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut rates = vec![1.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &test) in order.iter().enumerate().rev() {
        smallest = smallest.min(p_values[test] * tests as f64 / (rank + 1) as f64);
        rates[test] = smallest;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts([both, word, label, all]: [u32; 4]) -> Counts {
        Counts { both, word, label, all }
    }

    #[test]
    fn p_values_are_those_of_fishers_exact_test() {
        // By R's fisher.test(…, alternative = "greater"): Fisher's tea (4 of 4), and tables with exact fractions.
        let factorials = LogFactorials::up_to(30);
        for (table, expected) in [
            ([4, 4, 4, 8], 1.0 / 70.0),
            ([3, 4, 4, 8], 17.0 / 70.0),
            ([10, 10, 15, 30], 3003.0 / 30_045_015.0),
            ([0, 4, 4, 8], 1.0),
        ] {
            let found = factorials.p_value(counts(table));
            assert!((found / expected - 1.0).abs() < 1e-10, "{table:?}: {found} {expected}");
        }
    }

    proptest! {
        #[test]
        fn p_values_sum_the_distribution(all in 2u32..60, word in 1u32..60, label in 1u32..60, both in 0u32..60) {
            let (word, label) = (word.min(all), label.min(all));
            let least = (word + label).saturating_sub(all);
            let both = both.clamp(least, word.min(label));
            let factorials = LogFactorials::up_to(all);
            let one = |k: u32| {
                (factorials.choose(label, k) + factorials.choose(all - label, word - k) - factorials.choose(all, word)).exp()
            };
            let sum: f64 = (both..=word.min(label)).map(one).sum();
            let found = factorials.p_value(counts([both, word, label, all]));
            prop_assert!((found - sum.min(1.0)).abs() < 1e-9 * sum, "{found} {sum}");
        }
    }

    #[test]
    fn rates_are_those_of_benjamini_and_hochberg() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "BH"), and with six further tests of p = 1.
        let p = [0.01, 0.04, 0.03, 0.005];
        for (tests, expected) in [(4, [0.02, 0.04, 0.04, 0.02]), (10, [0.05, 0.1, 0.1, 0.05])] {
            let found = false_discovery_rates(&p, tests);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        }
    }

    #[test]
    fn a_word_of_one_label_is_found_and_counts_once_a_text() {
        let mut presence = Presence::new(3, 2);
        for text in 0..100 {
            let label = text % 2;
            presence.add([0, 0, 1 + label, 1 + label], label);
        }
        let (found, tests) = presence.associations();
        assert_eq!(tests, 6);
        let pairs: Vec<[u32; 2]> = found.iter().map(|pair| [pair.word, pair.label]).collect();
        assert_eq!(pairs, [[1, 0], [2, 1]]);
        assert_eq!(found[0].counts, counts([50, 50, 50, 100]));
        assert!((found[0].counts.correlation() - 1.0).abs() < 1e-12 && found[0].counts.signal() > 9.0);
        let all = presence.counts(0, 1);
        assert_eq!((all.signal(), all.correlation(), all.share_of_word()), (0.0, 0.0, 0.5));
    }
}
