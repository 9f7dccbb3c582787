//! What a prediction from labelled texts counts, as sums over texts: parts of a data set are counted where they lie, and added.
//!
//! For each word and label, three sums over the texts: how many have the word, its share of each, and the square of the share. From
//! them follow the first order of stage 1 (the covariance of a word's share with the label, as [`first_order`](super::first_order)
//! has it) with its signal, and the exact test of the word and the label. Shares are whole multiples of 2⁻³⁰, so that sums are exact:
//! the same texts give the same counts whatever the parts and their order.

use std::collections::{BTreeMap, HashMap};

use super::Shrinkage;
use crate::measures::Presence;
use crate::store::{Column, StoreError, Table};
use crate::task::text::{Tokens, tokens_of};

/// One, in the units of shares.
const ONE: u64 = 1 << 30;

/// Texts of a training step, on which the pace of Adam depends; the default of classification.
const BATCH: f64 = 32.0;

/// The time τ at which stage 1 stops. Adam moves w by at most 1 per unit of time, so by then a text of a dozen words,
/// one of them known, can have a score of one nat. `examples/stage_one_times.rs` measures the agreement at other times.
pub const KNOWN_AT: f64 = 12.0;

/// The sums of one word and one label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    texts: u64,
    share: u64,
    square: u64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.texts += other.texts;
        self.share += other.share;
        self.square += other.square;
    }
}

/// Counts of words in labelled texts, which add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordCounts {
    /// Texts of each label.
    labels: BTreeMap<String, u64>,
    words: HashMap<String, BTreeMap<String, Sums>>,
}

/// A word that was counted, with the label that it speaks for most.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedWord {
    /// The word.
    pub word: String,
    /// The label.
    pub label: String,
    /// Texts with the word.
    pub texts: u64,
    /// Texts with the word and the label.
    pub of_label: u64,
    /// The covariance of the word's share with the label, in standard errors.
    pub signal: f64,
    /// β for the label that stage 1 learns, in first order, without what sampling noise explains.
    pub beta: f64,
    /// Whether the word is in more texts of the label than chance would put there, at a false discovery rate of 1 % over all words.
    pub clear: bool,
}

impl WordCounts {
    /// Counts one text.
    pub fn add(&mut self, text: &str, label: &str) {
        *self.labels.entry(label.to_owned()).or_default() += 1;
        let mut tokens = tokens_of(text, Tokens::Words, true);
        let length = tokens.len() as u64;
        tokens.sort_unstable();
        for run in tokens.chunk_by(|a, b| a == b) {
            // Rounded to the nearest: the sums of parts are those of the whole.
            let share = (run.len() as u64 * ONE + length / 2) / length;
            let square = (share * share + ONE / 2) >> 30;
            let of_word = match self.words.get_mut(run[0].as_str()) {
                Some(of_word) => of_word,
                None => self.words.entry(run[0].clone()).or_default(),
            };
            of_word.entry(label.to_owned()).or_default().add(Sums { texts: 1, share, square });
        }
    }

    /// Adds the counts of other texts.
    pub fn merge(&mut self, other: &Self) {
        for (label, texts) in &other.labels {
            *self.labels.entry(label.clone()).or_default() += texts;
        }
        for (word, by_label) in &other.words {
            let own = self.words.entry(word.clone()).or_default();
            for (label, sums) in by_label {
                own.entry(label.clone()).or_default().add(*sums);
            }
        }
    }

    /// The number of texts.
    pub fn texts(&self) -> u64 {
        self.labels.values().sum()
    }

    /// Texts of each label.
    pub fn labels(&self) -> &BTreeMap<String, u64> {
        &self.labels
    }

    /// The number of different words.
    pub fn vocabulary(&self) -> usize {
        self.words.len()
    }

    /// The words in at least `at_least` texts, the most believed β first.
    pub fn words(&self, at_least: u64) -> Vec<CountedWord> {
        let mut kept: Vec<(&String, &BTreeMap<String, Sums>)> = self
            .words
            .iter()
            .filter(|(_, by_label)| by_label.values().map(|sums| sums.texts).sum::<u64>() >= at_least)
            .collect();
        kept.sort_by_key(|(word, _)| *word);
        let labels: Vec<&String> = self.labels.keys().collect();
        let slopes: Vec<Vec<[f64; 2]>> = kept.iter().map(|(_, by_label)| self.slopes(by_label)).collect();
        let z = slopes.iter().flatten().map(|&[slope, square]| self.signal(slope, square) as f32);
        let shrinkage = Shrinkage::of(&z.collect::<Vec<_>>());
        let clear = self.clear(&kept, &labels);
        let counted =
            kept.iter().zip(&slopes).enumerate().filter_map(|(number, ((word, by_label), slopes))| {
                let of = |&(label, &[slope, square]): &(usize, &[f64; 2])| {
                    let signal = self.signal(slope, square);
                    let variance = (square - slope * slope).max(0.0);
                    let pace = slope / (slope * slope + variance / BATCH).sqrt().max(f64::MIN_POSITIVE);
                    (label, signal, KNOWN_AT * pace * shrinkage.factor(signal as f32))
                };
                let strongest = slopes.iter().enumerate().map(|each| of(&each));
                let (label, signal, beta) = strongest.max_by(|a, b| a.1.total_cmp(&b.1))?;
                let texts = by_label.values().map(|sums| sums.texts).sum();
                let of_label = by_label.get(labels[label]).map_or(0, |sums| sums.texts);
                let (word, label_name) = ((*word).clone(), labels[label].clone());
                let clear = clear.contains(&(number, label));
                Some(CountedWord { word, label: label_name, texts, of_label, signal, beta, clear })
            });
        let mut counted: Vec<CountedWord> = counted.collect();
        counted.sort_by(|a, b| b.beta.total_cmp(&a.beta).then_with(|| a.word.cmp(&b.word)));
        counted
    }

    /// E\[f(y − ȳ)\] and E\[(f(y − ȳ))²\] of a word, for each label.
    fn slopes(&self, by_label: &BTreeMap<String, Sums>) -> Vec<[f64; 2]> {
        let count = self.texts() as f64;
        let unit = ONE as f64;
        let all = by_label.values().fold([0.0; 2], |[share, square], sums| {
            [share + sums.share as f64 / unit, square + sums.square as f64 / unit]
        });
        let of_label = |(label, &texts): (&String, &u64)| {
            let own = by_label.get(label).copied().unwrap_or_default();
            let (share, square) = (own.share as f64 / unit, own.square as f64 / unit);
            let rate = texts as f64 / count;
            let slope = (share - rate * all[0]) / count;
            [slope, ((1.0 - rate).powi(2) * square + rate * rate * (all[1] - square)) / count]
        };
        self.labels.iter().map(of_label).collect()
    }

    fn signal(&self, slope: f64, square: f64) -> f64 {
        let error = ((square - slope * slope).max(0.0) / self.texts() as f64).sqrt();
        if error > 0.0 { slope / error } else { 0.0 }
    }

    /// The pairs of a word and a label, by number, that the exact test calls associated.
    fn clear(
        &self,
        kept: &[(&String, &BTreeMap<String, Sums>)],
        labels: &[&String],
    ) -> std::collections::HashSet<(usize, usize)> {
        let with = kept.iter().flat_map(|(_, by_label)| {
            labels.iter().map(|label| by_label.get(*label).map_or(0, |sums| sums.texts as u32))
        });
        let texts = self.labels.values().map(|&texts| texts as u32).collect();
        let (pairs, _) = Presence::of_counts(with.collect(), texts).associations();
        pairs.iter().map(|pair| (pair.word as usize, pair.label as usize)).collect()
    }

    /// The counts as a table, by word and label; the texts of each label are those of the word of no letters.
    pub fn to_table(&self) -> Table {
        let mut rows: Vec<(&str, &str, Sums)> = self
            .labels
            .iter()
            .map(|(label, &texts)| ("", label.as_str(), Sums { texts, ..Sums::default() }))
            .collect();
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by_key(|(word, _)| *word);
        for (word, by_label) in words {
            rows.extend(by_label.iter().map(|(label, sums)| (word.as_str(), label.as_str(), *sums)));
        }
        let ints =
            |of: fn(&Sums) -> u64| Column::Int(rows.iter().map(|(_, _, sums)| of(sums) as i64).collect());
        Table::new()
            .with("word", Column::Text(rows.iter().map(|(word, ..)| (*word).to_owned()).collect()))
            .with("label", Column::Text(rows.iter().map(|(_, label, _)| (*label).to_owned()).collect()))
            .with("texts", ints(|sums| sums.texts))
            .with("share", ints(|sums| sums.share))
            .with("square", ints(|sums| sums.square))
    }

    /// What [`WordCounts::to_table`] gave. Errors if a column is missing.
    pub fn of_table(table: &Table) -> Result<Self, StoreError> {
        let (words, labels) = (table.texts("word")?, table.texts("label")?);
        let (texts, share, square) = (table.ints("texts")?, table.ints("share")?, table.ints("square")?);
        let mut counts = Self::default();
        for row in 0..table.rows() {
            let [texts, share, square] =
                [texts[row], share[row], square[row]].map(|number| number.max(0) as u64);
            if words[row].is_empty() {
                counts.labels.insert(labels[row].clone(), texts);
            } else {
                let of_word = counts.words.entry(words[row].clone()).or_default();
                of_word.insert(labels[row].clone(), Sums { texts, share, square });
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::task::text::{Bags, TextData, TextSource};
    use crate::theory::{BagFlow, BagPace};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn parts_add_up_exactly(texts: Vec<(Vec<u8>, u8)>, cut in 0usize..40) {
            let rows: Vec<(String, String)> = texts
                .iter()
                .map(|(words, label)| {
                    let words: Vec<String> = words.iter().map(|word| format!("w{}", word % 7)).collect();
                    (words.join(" "), format!("l{}", label % 3))
                })
                .collect();
            let count = |rows: &[(String, String)]| {
                let mut counts = WordCounts::default();
                rows.iter().for_each(|(text, label)| counts.add(text, label));
                counts
            };
            let cut = cut.min(rows.len());
            let (mut one, mut other) = (count(&rows[..cut]), count(&rows[cut..]));
            let swapped = other.clone();
            one.merge(&other);
            other = swapped;
            other.merge(&count(&rows[..cut]));
            prop_assert_eq!(&one, &count(&rows));
            prop_assert_eq!(&one, &other);
            prop_assert_eq!(one.to_table().to_bytes(), other.to_table().to_bytes());
            prop_assert_eq!(&WordCounts::of_table(&one.to_table()).unwrap(), &one);
        }
    }

    #[test]
    fn signals_are_those_of_the_flow_at_its_start() {
        let data = TextData::load(&TextSource::default()).unwrap();
        let mut counts = WordCounts::default();
        for text in 0..data.train.len() {
            let words: Vec<&str> = data.train.words(text).collect();
            // Without the marks at both ends, which the flow's texts have.
            counts.add(
                &words[1..words.len() - 1].join(" "),
                &data.label_names[data.train.label(text) as usize],
            );
        }
        let mut bags = Bags::new(data.vocabulary.len(), 2);
        for text in 0..data.train.len() {
            let tokens = data.train.tokens(text);
            bags.push(&tokens[1..tokens.len() - 1], data.train.label(text));
        }
        let signal = BagFlow::new(&bags, BagPace::Gradient).signal();
        let words = counts.words(1);
        assert_eq!(words.len(), counts.vocabulary());
        for word in &words {
            let id = data.vocabulary.id(&word.word);
            let sign = if word.label == data.label_names[1] { 1.0 } else { -1.0 };
            let expected = f64::from(signal.row(id)[0]) * sign;
            assert!((word.signal - expected).abs() < 1e-3 * (1.0 + expected.abs()), "{word:?}, {expected}");
        }
        assert!(words[0].clear && words[0].beta > 3.0 * words[1].beta.abs(), "{:?}", &words[..2]);
    }
}
