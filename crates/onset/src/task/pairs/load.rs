//! From a [`PairSource`] to encoded pairs.

use std::path::Path;

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::read::{RawPair, read_pairs};
use super::{PairError, Subwords};
use crate::spec::PairSource;
use crate::task::text::split;

/// A sentence pair in subwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairExample {
    /// The sentence to translate, between `<s>` and `</s>`.
    pub source: Vec<u32>,
    /// Its translation, likewise.
    pub target: Vec<u32>,
    /// Both as they stand in their files.
    pub text: [String; 2],
}

/// Sentence pairs in two parts.
#[derive(Debug, Clone)]
pub struct PairData {
    /// The joint vocabulary, from training alone.
    pub subwords: Subwords,
    /// Pairs to train on.
    pub train: Vec<PairExample>,
    /// Pairs held out.
    pub validation: Vec<PairExample>,
    /// What was left out.
    pub notices: PairNotices,
    /// SHA-256 of the unpacked files.
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl PairNotices {
    /// What was left out, a sentence for each kind that there is.
    pub fn sentences(&self) -> Vec<String> {
        let told = [
            (self.empty_sides, "pairs with an empty side left out"),
            (self.over_long, "pairs above data.max_subwords not trained on"),
            (self.over_long_kept, "held-out pairs above data.max_subwords, kept whole"),
            (self.over_validation, "held-out pairs above data.max_validation not used"),
            (self.unknown, "held-out pairs with characters that training never saw (<unk>)"),
        ];
        let there = told.into_iter().filter(|(count, _)| *count > 0);
        there.map(|(count, what)| format!("{count} {what}")).collect()
    }
}

impl PairData {
    /// Reads, holds out, learns the vocabulary and encodes.
    pub fn load(source: &PairSource) -> Result<Self, PairError> {
        let gathered = gather(source)?;
        let sides = gathered.train.iter().flat_map(|pair| [pair.source.as_str(), &pair.target]);
        let subwords = Subwords::learn(sides, source.vocabulary)?;
        Ok(Self::encode(gathered, subwords, source))
    }

    /// As [`PairData::load`], with the vocabulary of a run that has one.
    pub fn load_with(source: &PairSource, subwords: Subwords) -> Result<Self, PairError> {
        Ok(Self::encode(gather(source)?, subwords, source))
    }

    fn encode(gathered: Gathered, subwords: Subwords, source: &PairSource) -> Self {
        let Gathered { train, validation, mut notices, digest } = gathered;
        let encode = |pair: RawPair| PairExample {
            source: subwords.encode(&pair.source),
            target: subwords.encode(&pair.target),
            text: [pair.source, pair.target],
        };
        let mut train: Vec<PairExample> = train.into_iter().map(encode).collect();
        let validation: Vec<PairExample> = validation.into_iter().map(encode).collect();
        let fits = |pair: &PairExample| pair.source.len().max(pair.target.len()) <= source.max_subwords;
        let before = train.len();
        train.retain(fits);
        notices.over_long = before - train.len();
        notices.over_long_kept = validation.iter().filter(|pair| !fits(pair)).count();
        let unknown = |pair: &&PairExample| {
            pair.source.iter().chain(&pair.target).any(|&token| token == Subwords::UNKNOWN)
        };
        notices.unknown = validation.iter().filter(unknown).count();
        Self { subwords, train, validation, notices, digest }
    }

    /// What a run keeps about them.
    pub fn facts(&self) -> PairFacts {
        PairFacts {
            train: self.train.len(),
            validation: self.validation.len(),
            vocabulary: self.subwords.len(),
            notices: self.notices,
        }
    }

    /// The numbers of the `count` pairs to train on that are probed beside the held-out ones, or of all if there
    /// are fewer; decided by `seed`, so that runs that share the split share the sample.
    pub fn training_sample(&self, count: usize, seed: u64) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.train.len()).collect();
        Random::at(seed, Stream::Probe, 0).shuffle(&mut numbers);
        numbers.truncate(count);
        numbers.sort_unstable();
        numbers
    }
}

/// All pairs of a source, as read.
struct Gathered {
    train: Vec<RawPair>,
    validation: Vec<RawPair>,
    notices: PairNotices,
    digest: String,
}

fn gather(source: &PairSource) -> Result<Gathered, PairError> {
    let mut hash = Sha256::new();
    let columns = [source.source_column.as_str(), source.target_column.as_str()];
    let path = source.source.as_deref().unwrap_or(Path::new("data.source"));
    let mut notices = PairNotices::default();
    let mut read = |source: &Path, target: Option<&Path>| -> Result<Vec<RawPair>, PairError> {
        let mut pairs = read_pairs(source, target, columns, &mut hash)?;
        let before = pairs.len();
        pairs.retain(|pair| !pair.source.trim().is_empty() && !pair.target.trim().is_empty());
        notices.empty_sides += before - pairs.len();
        Ok(pairs)
    };
    let mut pairs = read(path, source.target.as_deref())?;
    let (train, mut validation) = match &source.validation_source {
        Some(other) => (pairs, read(other, source.validation_target.as_deref())?),
        None if pairs.len() < 2 => (Vec::new(), Vec::new()),
        None => {
            let (_, held_out) = split(pairs.len(), source.validation_fraction, source.split_seed);
            let held_out: std::collections::BTreeSet<usize> = held_out.into_iter().collect();
            let mut parts = (Vec::new(), Vec::new());
            for (number, pair) in pairs.drain(..).enumerate() {
                if held_out.contains(&number) { parts.1.push(pair) } else { parts.0.push(pair) }
            }
            parts
        }
    };
    for (part, use_of) in [(&train, "train"), (&validation, "validate")] {
        if part.is_empty() {
            let found = format!("no pair is left to {use_of} on");
            return Err(PairError::TooFew { path: path.into(), found });
        }
    }
    notices.over_validation = validation.len().saturating_sub(source.max_validation);
    validation.truncate(source.max_validation);
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Gathered { train, validation, notices, digest })
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
        assert!(data.notices.sentences()[0].contains("training never saw"));
    }

    #[test]
    fn nothing_to_train_on_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let message = PairData::load(&source(folder.path(), "ein\n\n", "\na\n")).unwrap_err().to_string();
        assert!(message.contains("no pair is left to train on"), "{message}");
    }
}
