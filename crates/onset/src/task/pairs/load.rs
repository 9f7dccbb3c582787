//! From a [`PairSource`], or pairs in memory, to encoded pairs.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::PairSource;
use super::read::{RawPair, read_pairs};
use super::{PairError, TooFewPairs};
use crate::settings::is_default;
use crate::store::hex;
use crate::task::digest::add_field;
use crate::task::rows::{Origin, test_split_remark};
use crate::task::streams::RECORDED_EXAMPLES;
use crate::task::subwords::{Changes, Subwords};
use crate::task::text::split;

/// A sentence pair in subwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairExample {
    /// The sentence to translate, between `<s>` and `</s>`.
    pub source: Vec<u32>,
    /// Its translation, likewise.
    pub target: Vec<u32>,
    /// Both as read.
    pub text: [String; 2],
}

/// Sentence pairs in two splits.
#[derive(Debug, Clone)]
pub struct PairData {
    /// The joint vocabulary, from training alone.
    pub subwords: Subwords,
    /// Pairs to train on.
    pub train: Vec<PairExample>,
    /// Pairs held out.
    pub validation: Vec<PairExample>,
    /// The line of each pair in its file (or its number in memory), counted from 1: training pairs, then held-out pairs.
    pub lines: [Vec<u32>; 2],
    /// What was left out.
    pub notices: PairNotices,
    /// What should be known about how the pairs were read, as sentences.
    pub remarks: Vec<String>,
    /// SHA-256 of the unpacked files, or of the pairs from memory (see [`PairData::from_pairs`]).
    pub digest: String,
}

/// What a run keeps about its pairs, apart from the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairFacts {
    /// Pairs to train on.
    pub train: usize,
    /// Pairs held out.
    pub validation: usize,
    /// Subwords, with the special ones.
    pub vocabulary: usize,
    /// What was left out.
    pub notices: PairNotices,
}

/// What was left out, or cannot be read in full; nothing is dropped in silence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairNotices {
    /// Pairs with an empty side, left out.
    pub empty_sides: usize,
    /// Pairs with a side longer than `max_subwords`, not trained on.
    pub over_long: usize,
    /// Held-out pairs with such a side; they are kept whole.
    pub over_long_kept: usize,
    /// Held-out pairs above `max_validation`, not used.
    pub over_validation: usize,
    /// Held-out pairs with a character that was not seen in training.
    pub unknown: usize,
    /// Pairs with characters that normalisation changes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub normalised: usize,
    /// The most frequent of these characters, with what becomes of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub changed_characters: Vec<String>,
    /// The size of vocabulary that was asked for, where the text has fewer subwords that occur often enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub vocabulary_wanted: Option<usize>,
}

impl PairNotices {
    /// What was left out, a sentence for each kind that occurs.
    pub fn sentences(&self) -> Vec<String> {
        let kinds = [
            (self.empty_sides, "pairs with an empty side left out"),
            (self.over_long, "pairs above task.max_subwords not trained on"),
            (self.over_long_kept, "held-out pairs above task.max_subwords, kept in full"),
            (self.over_validation, "held-out pairs above task.max_validation not used"),
            (self.unknown, "held-out pairs with characters not seen in training (<unk>)"),
        ];
        let occurring = kinds.into_iter().filter(|(count, _)| *count > 0);
        let mut sentences: Vec<String> = occurring.map(|(count, what)| format!("{count} {what}")).collect();
        if self.normalised > 0 {
            let examples = match self.changed_characters.join(", ") {
                examples if examples.is_empty() => String::new(),
                examples => format!(" ({examples})"),
            };
            sentences.push(format!(
                "NFKC changes characters in {} pairs{examples}, also in BLEU references; \
                 task.normalization = \"none\" keeps them",
                self.normalised
            ));
        }
        sentences.extend(self.vocabulary_wanted.map(|wanted| {
            format!("the text has fewer subwords that occur often enough than task.vocabulary = {wanted}: all are used")
        }));
        sentences
    }
}

impl PairData {
    /// Reads the files of `source`, holds out, learns the vocabulary and encodes.
    pub fn load(source: &PairSource) -> Result<Self, PairError> {
        Self::learn(gather_files(source)?, source)
    }

    /// As [`PairData::load`], with the vocabulary of a run that has one.
    pub fn load_with(source: &PairSource, subwords: Subwords) -> Result<Self, PairError> {
        Self::encode(gather_files(source)?, subwords, source)
    }

    /// As [`PairData::load`], of pairs of a sentence and its translation in memory; `source.source` and
    /// `source.target` are not read.
    ///
    /// The digest is the SHA-256 of all sentences in order, each after its length in bytes (little-endian `u64`).
    ///
    /// # Examples
    /// ```
    /// use onset::task::pairs::{PairData, PairSource};
    ///
    /// let pairs = [("ein Hund", "a dog"), ("ein Kind", "a child")].repeat(20);
    /// let source = PairSource { vocabulary: 19, ..PairSource::default() };
    /// let data = PairData::from_pairs(pairs, &source)?;
    /// assert_eq!(data.train.len() + data.validation.len(), 40);
    /// # Ok::<(), onset::task::pairs::PairError>(())
    /// ```
    pub fn from_pairs<S: AsRef<str>, T: AsRef<str>>(
        pairs: impl IntoIterator<Item = (S, T)>,
        source: &PairSource,
    ) -> Result<Self, PairError> {
        let mut gatherer = Gatherer::default();
        let pairs = gatherer.read_memory(pairs);
        let validation = gatherer.read_validation(source)?;
        Self::learn(gatherer.finish(Origin::Memory, pairs, validation, source)?, source)
    }

    /// As [`PairData::from_pairs`], with pairs to validate on that are apart; nothing is held out of `train`.
    /// The digest is that of all pairs, `train` first.
    pub fn from_split_pairs<S: AsRef<str>, T: AsRef<str>>(
        train: impl IntoIterator<Item = (S, T)>,
        validation: impl IntoIterator<Item = (S, T)>,
        source: &PairSource,
    ) -> Result<Self, PairError> {
        let mut gatherer = Gatherer::default();
        let train = gatherer.read_memory(train);
        let validation = gatherer.read_memory(validation);
        Self::learn(gatherer.finish(Origin::Memory, train, Some(validation), source)?, source)
    }

    fn learn(gathered: Gathered, source: &PairSource) -> Result<Self, PairError> {
        let sides = gathered.train.iter().flat_map(|pair| [pair.source.as_str(), &pair.target]);
        let subwords = Subwords::learn(sides, source.vocabulary, source.normalization)?;
        Self::encode(gathered, subwords, source)
    }

    fn encode(gathered: Gathered, subwords: Subwords, source: &PairSource) -> Result<Self, PairError> {
        let Gathered { origin, train, validation, mut notices, remarks, digest } = gathered;
        let mut changes = Changes::default();
        let mut changed = |pair: &&RawPair| {
            [&pair.source, &pair.target]
                .map(|side| changes.see(subwords.normalization(), side))
                .contains(&true)
        };
        notices.normalised = train.iter().chain(&validation).filter(&mut changed).count();
        notices.changed_characters = changes.named(subwords.normalization());
        notices.vocabulary_wanted = (subwords.len() < source.vocabulary).then_some(source.vocabulary);
        let encode = |pair: RawPair| PairExample {
            source: subwords.encode(&pair.source),
            target: subwords.encode(&pair.target),
            text: [pair.source, pair.target],
        };
        let line = |pair: &RawPair| u32::try_from(pair.line).unwrap_or(u32::MAX);
        let mut lines = [&train, &validation].map(|pairs| pairs.iter().map(line).collect::<Vec<_>>());
        let mut train: Vec<PairExample> = train.into_iter().map(encode).collect();
        let validation: Vec<PairExample> = validation.into_iter().map(encode).collect();
        let length = |pair: &PairExample| pair.source.len().max(pair.target.len());
        let fits = |pair: &PairExample| length(pair) <= source.max_subwords;
        let lengths: Vec<usize> = train.iter().map(length).collect();
        let mut pairs = train.iter();
        lines[0].retain(|_| pairs.next().is_some_and(fits));
        train.retain(fits);
        if let (true, Some(&shortest), Some(&longest)) =
            (train.is_empty(), lengths.iter().min(), lengths.iter().max())
        {
            let (pairs, most) = (lengths.len(), source.max_subwords);
            return Err(PairError::TooLong { origin, pairs, most, shortest, longest });
        }
        notices.over_long = lengths.len() - train.len();
        notices.over_long_kept = validation.iter().filter(|pair| !fits(pair)).count();
        let unknown = |pair: &&PairExample| {
            pair.source.iter().chain(&pair.target).any(|&token| token == Subwords::UNKNOWN)
        };
        notices.unknown = validation.iter().filter(unknown).count();
        Ok(Self { subwords, train, validation, lines, notices, remarks, digest })
    }

    /// No pairs, in the vocabulary of a run that has one.
    pub fn without_pairs(subwords: Subwords) -> Self {
        Self {
            subwords,
            train: Vec::new(),
            validation: Vec::new(),
            lines: Default::default(),
            notices: PairNotices::default(),
            remarks: Vec::new(),
            digest: String::new(),
        }
    }

    /// What a run keeps about them.
    pub fn facts(&self) -> PairFacts {
        PairFacts {
            train: self.train.len(),
            validation: self.validation.len(),
            vocabulary: self.subwords.len(),
            notices: self.notices.clone(),
        }
    }

    /// The numbers of the `count` training pairs whose attribution is recorded beside that of the held-out ones, or
    /// of all if there are fewer; decided by `seed`, so that runs that share the split share the sample.
    pub fn training_sample(&self, count: usize, seed: u64) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.train.len()).collect();
        RECORDED_EXAMPLES.random(seed).shuffle(&mut numbers);
        numbers.truncate(count);
        numbers.sort_unstable();
        numbers
    }
}

/// All pairs of a source, as read.
struct Gathered {
    origin: Origin,
    train: Vec<RawPair>,
    validation: Vec<RawPair>,
    notices: PairNotices,
    remarks: Vec<String>,
    digest: String,
}

/// Reads pairs, counts those with an empty side and leaves them out.
#[derive(Default)]
struct Gatherer {
    hash: Sha256,
    notices: PairNotices,
    remarks: Vec<String>,
}

impl Gatherer {
    fn read_files(
        &mut self,
        first: &Path,
        second: Option<&Path>,
        source: &PairSource,
    ) -> Result<Vec<RawPair>, PairError> {
        let (pairs, remarks) = read_pairs(first, second, source, &mut self.hash)?;
        self.remarks.extend(remarks);
        Ok(self.without_empty_sides(pairs))
    }

    /// The pairs of the files to validate on, if the source names any.
    fn read_validation(&mut self, source: &PairSource) -> Result<Option<Vec<RawPair>>, PairError> {
        let Some(first) = &source.validation_source else { return Ok(None) };
        self.remarks.extend(test_split_remark(first));
        self.read_files(first, source.validation_target.as_deref(), source).map(Some)
    }

    fn read_memory<S: AsRef<str>, T: AsRef<str>>(
        &mut self,
        pairs: impl IntoIterator<Item = (S, T)>,
    ) -> Vec<RawPair> {
        let mut raw = Vec::new();
        for (index, (source, target)) in pairs.into_iter().enumerate() {
            let pair =
                RawPair { line: index + 1, source: source.as_ref().into(), target: target.as_ref().into() };
            add_field(&mut self.hash, &pair.source);
            add_field(&mut self.hash, &pair.target);
            raw.push(pair);
        }
        self.without_empty_sides(raw)
    }

    fn without_empty_sides(&mut self, mut pairs: Vec<RawPair>) -> Vec<RawPair> {
        let before = pairs.len();
        pairs.retain(|pair| !pair.source.trim().is_empty() && !pair.target.trim().is_empty());
        self.notices.empty_sides += before - pairs.len();
        pairs
    }

    /// Holds out a split of `pairs` where there is no `validation`.
    fn finish(
        self,
        origin: Origin,
        pairs: Vec<RawPair>,
        validation: Option<Vec<RawPair>>,
        source: &PairSource,
    ) -> Result<Gathered, PairError> {
        let Self { hash, mut notices, remarks } = self;
        let (train, mut validation) = match validation {
            Some(validation) => (pairs, validation),
            None if pairs.len() < 2 => (Vec::new(), Vec::new()),
            None => hold_out(pairs, source),
        };
        for (pairs, fault) in [(&train, TooFewPairs::Training), (&validation, TooFewPairs::Validation)] {
            if pairs.is_empty() {
                return Err(PairError::TooFew { origin, fault });
            }
        }
        notices.over_validation = validation.len().saturating_sub(source.max_validation);
        validation.truncate(source.max_validation);
        Ok(Gathered { origin, train, validation, notices, remarks, digest: hex(&hash.finalize()) })
    }
}

fn gather_files(source: &PairSource) -> Result<Gathered, PairError> {
    let mut gatherer = Gatherer::default();
    let path = source.source.as_deref().unwrap_or(Path::new("task.source"));
    let pairs = gatherer.read_files(path, source.target.as_deref(), source)?;
    let validation = gatherer.read_validation(source)?;
    gatherer.finish(path.into(), pairs, validation, source)
}

/// Pairs to train on and pairs held out, both in their order.
fn hold_out(pairs: Vec<RawPair>, source: &PairSource) -> (Vec<RawPair>, Vec<RawPair>) {
    let (_, held_out) = split(pairs.len(), source.validation_fraction, source.split_seed);
    let held_out: std::collections::BTreeSet<usize> = held_out.into_iter().collect();
    let (mut train, mut validation) = (Vec::new(), Vec::new());
    for (number, pair) in pairs.into_iter().enumerate() {
        if held_out.contains(&number) { validation.push(pair) } else { train.push(pair) }
    }
    (train, validation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(folder: &Path, german: &str, english: &str) -> PairSource {
        let files = [("a.de", german), ("a.en", english)].map(|(name, content)| {
            std::fs::write(folder.join(name), content).unwrap();
            Some(folder.join(name))
        });
        let [source, target] = files;
        PairSource { source, target, vocabulary: 19, validation_fraction: 0.25, ..PairSource::default() }
    }

    fn sentences(count: usize) -> [String; 2] {
        let line =
            |words: [&str; 4], i: usize| format!("{} {} {}\n", words[i % 4], words[i % 3], words[i % 2]);
        [["ein", "Hund", "und", "Kind"], ["a", "dog", "and", "child"]]
            .map(|words| (0..count).map(|i| line(words, i)).collect())
    }

    #[test]
    fn pairs_are_held_out_framed_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let [german, english] = sentences(40);
        let german = format!("{german}\n{}", "ein Hund ".repeat(9));
        let english = format!("{english}a dog\n{}", "a dog ".repeat(9));
        let mut source = source(folder.path(), &german, &english);
        source.max_subwords = 24;
        let data = PairData::load(&source).unwrap();
        assert_eq!(data.notices.empty_sides, 1);
        assert_eq!(data.notices.over_long + data.notices.over_long_kept, 1);
        assert_eq!(data.train.len() + data.validation.len() + data.notices.over_long, 41);
        assert_eq!(data.validation.len(), 10);
        let pair = &data.train[0];
        assert_eq!([pair.source[0], pair.target[0]], [Subwords::BEGIN; 2]);
        assert_eq!(data.subwords.decode(&pair.target), pair.text[1]);
    }

    #[test]
    fn characters_that_training_never_saw_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let [german, english] = sentences(40);
        let mut source = source(folder.path(), &german, &english);
        let held = [("b.de", "ein Hünd\nein Hund\n"), ("b.en", "a dog\na dog\n")].map(|(name, content)| {
            std::fs::write(folder.path().join(name), content).unwrap();
            Some(folder.path().join(name))
        });
        [source.validation_source, source.validation_target] = held;
        let data = PairData::load(&source).unwrap();
        assert_eq!((data.notices.unknown, data.validation.len()), (1, 2));
        assert!(data.notices.sentences()[0].contains("not seen in training"));
    }

    #[test]
    fn pairs_from_memory_become_what_the_same_pairs_in_files_become() {
        let folder = tempfile::tempdir().unwrap();
        let [german, english] = sentences(40).map(|side| side + "\n");
        let source = source(folder.path(), &german, &english);
        let pairs = || german.lines().zip(english.lines());
        let (from_files, from_memory) =
            (PairData::load(&source).unwrap(), PairData::from_pairs(pairs(), &source).unwrap());
        assert_eq!(from_memory.train, from_files.train);
        assert_eq!(from_memory.validation, from_files.validation);
        assert_eq!(from_memory.notices.empty_sides, 1);
        assert_eq!(from_memory.notices, from_files.notices);
        assert_ne!(from_memory.digest, from_files.digest);
        let apart = PairData::from_split_pairs(pairs(), pairs().take(3), &source).unwrap();
        assert_eq!((apart.train.len(), apart.validation.len()), (40, 3));
        let error = PairData::from_pairs([("ein", "")], &source).unwrap_err().to_string();
        assert!(error.contains("the given table: there is no pair to train on"), "{error}");
    }

    #[test]
    fn pairs_that_are_all_too_long_are_refused_with_their_lengths() {
        let folder = tempfile::tempdir().unwrap();
        let [german, english] = sentences(40);
        let source = PairSource { max_subwords: 4, ..source(folder.path(), &german, &english) };
        let message = PairData::load(&source).unwrap_err().to_string();
        for part in [
            "a.de: each of the 30 training pairs",
            "task.max_subwords = 4 subwords",
            "the longer sides have 1",
            "to train on all of them",
        ] {
            assert!(message.contains(part), "{message}");
        }
        // Held-out pairs are kept whole.
        let long = "ein Hund und ein Kind ".repeat(9);
        let pairs = || german.lines().zip(english.lines());
        let source = PairSource { max_subwords: 24, ..source };
        let data = PairData::from_split_pairs(pairs(), [(long.as_str(), "a dog")], &source).unwrap();
        assert_eq!((data.validation.len(), data.notices.over_long_kept), (1, 1));
    }

    #[test]
    fn what_normalisation_changes_and_a_small_vocabulary_are_said() {
        let pairs = || (0..40).map(|i| (format!("ein Hund ½ … {i}"), format!("a dog {i}")));
        let source = PairSource { vocabulary: 8000, ..PairSource::default() };
        let data = PairData::from_pairs(pairs(), &source).unwrap();
        assert_eq!((data.notices.normalised, data.notices.vocabulary_wanted), (40, Some(8000)));
        let sentences = data.notices.sentences().join("\n");
        assert!(sentences.contains("NFKC changes characters in 40 pairs (½ becomes 1⁄2"), "{sentences}");
        assert!(sentences.contains("than task.vocabulary = 8000: all are used"), "{sentences}");
        let source = PairSource { normalization: crate::task::subwords::Normalization::None, ..source };
        let data = PairData::from_pairs(pairs(), &source).unwrap();
        assert_eq!(data.notices.normalised, 0);
        assert!(data.subwords.decode(&data.train[0].source).contains('½'));
    }

    #[test]
    fn nothing_to_train_on_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let message = PairData::load(&source(folder.path(), "ein\n\n", "\na\n")).unwrap_err().to_string();
        assert!(message.contains("there is no pair to train on"), "{message}");
    }
}
