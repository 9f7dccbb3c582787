//! From a [`TextSource`] to encoded texts.

use onset_engine::{Random, Stream};
use serde::{Deserialize, Serialize};

use super::gather::{Worded, gather};
use super::{TextError, Vocabulary};
use crate::spec::TextSource;

/// A text with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextExample {
    /// The words as read (lower-cased if asked), between `<bos>` and `<eos>`.
    pub words: Vec<String>,
    /// Their ids.
    pub tokens: Vec<u32>,
    /// Whether its label is the positive one.
    pub positive: bool,
}

/// Labelled texts in two parts.
#[derive(Debug, Clone)]
pub struct TextData {
    /// What the labels are called: negative, positive.
    pub label_names: [String; 2],
    /// The words that are known, from training alone.
    pub vocabulary: Vocabulary,
    /// Texts to train on.
    pub train: Vec<TextExample>,
    /// Texts held out.
    pub validation: Vec<TextExample>,
    /// What was left out or cut.
    pub notices: Notices,
    /// SHA-256 of the unpacked files, or of the keyword task's texts.
    pub digest: String,
}

/// What a run keeps about its texts, apart from the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFacts {
    /// What the labels are called: negative, positive.
    pub label_names: [String; 2],
    /// Texts to train on.
    pub train: usize,
    /// Texts held out.
    pub validation: usize,
    /// Words that are known, with the special ones.
    pub vocabulary: usize,
    /// What was left out or cut.
    pub notices: Notices,
}

/// What was left out or cut; nothing is dropped in silence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// Texts longer than `max_words`, cut there.
    pub cut_texts: usize,
    /// Rows whose label is none of the two that were picked.
    pub other_labels: usize,
    /// Held-out rows above `max_validation`, not used.
    pub over_validation: usize,
}

impl Notices {
    /// What was left out or cut, a sentence for each kind that there is.
    pub fn sentences(&self) -> Vec<String> {
        let told = [
            (self.other_labels, "rows with other labels left out"),
            (self.cut_texts, "texts cut at data.max_words"),
            (self.over_validation, "held-out texts above data.max_validation not used"),
        ];
        told.into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}

impl TextData {
    /// What a run keeps about them.
    pub fn facts(&self) -> TextFacts {
        TextFacts {
            label_names: self.label_names.clone(),
            train: self.train.len(),
            validation: self.validation.len(),
            vocabulary: self.vocabulary.len(),
            notices: self.notices,
        }
    }

    /// The numbers of the training texts that are probed beside the held-out ones: as many, or all if there
    /// are fewer; decided by `seed`, so that runs that share the split share the sample.
    pub fn training_sample(&self, seed: u64) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.train.len()).collect();
        Random::at(seed, Stream::Probe, 0).shuffle(&mut numbers);
        numbers.truncate(self.validation.len());
        numbers.sort_unstable();
        numbers
    }

    /// Reads, labels, splits into words, holds out and encodes.
    pub fn load(source: &TextSource) -> Result<Self, TextError> {
        let texts = gather(source, &mut Err)?;
        let vocabulary = Vocabulary::build(texts.train.iter().map(|text| &text.words[..]), source.min_count);
        let encode = |texts: Vec<Worded>| texts.into_iter().map(|text| encode(text, &vocabulary)).collect();
        Ok(Self {
            train: encode(texts.train),
            validation: encode(texts.validation),
            label_names: texts.labelling.names,
            notices: texts.notices,
            digest: texts.digest,
            vocabulary,
        })
    }
}

fn encode(text: Worded, vocabulary: &Vocabulary) -> TextExample {
    let [_, begin, end] = Vocabulary::SPECIAL.map(String::from);
    let inner = text.words.iter().map(|word| vocabulary.id(word));
    let tokens = std::iter::once(Vocabulary::BEGIN).chain(inner).chain([Vocabulary::END]).collect();
    let words = std::iter::once(begin).chain(text.words).chain([end]).collect();
    TextExample { words, tokens, positive: text.positive }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn shared(name: &str) -> Option<PathBuf> {
        let folder = std::env::var_os("ONSET_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            PathBuf::from,
        );
        let path = folder.join(name);
        if !path.exists() {
            eprintln!("skipped: {} is not there (set ONSET_DATA to the data folder)", path.display());
            return None;
        }
        Some(path)
    }

    #[test]
    fn the_keyword_task_is_split_into_balanced_encoded_texts() {
        let data = TextData::load(&TextSource::default()).unwrap();
        assert_eq!((data.train.len(), data.validation.len()), (3200, 800));
        assert_eq!(data.label_names, ["plain", "keyed"]);
        let example = data.validation.iter().find(|example| example.positive).unwrap();
        assert_eq!((example.words[0].as_str(), example.tokens[0]), ("<bos>", Vocabulary::BEGIN));
        assert!(example.words.contains(&"keyword".into()));
        assert_eq!(example.words.len(), example.tokens.len());
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tsv");
        let rows: String =
            (0..40).map(|i| format!("one two three\t{}\n", ["a", "b", "c", "a"][i % 4])).collect();
        std::fs::write(&path, format!("text\tlabel\n{rows}")).unwrap();
        let source = TextSource {
            file: Some(path),
            labels: Some(["a".into(), "b".into()]),
            max_words: 2,
            max_validation: 3,
            ..Default::default()
        };
        let data = TextData::load(&source).unwrap();
        assert_eq!(data.notices, Notices { cut_texts: 30, other_labels: 10, over_validation: 3 });
        assert_eq!((data.train.len(), data.validation.len()), (24, 3));
        assert_eq!(data.train[0].words, ["<bos>", "one", "two", "<eos>"]);
    }

    #[test]
    fn a_third_label_in_the_validation_file_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, rows: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("text\tlabel\n{rows}")).unwrap();
            Some(path)
        };
        let file = write("a.tsv", "x\tham\ny\tspam\n");
        let validation_file = write("b.tsv", "x\tham\ny\tSpam\n");
        let error = TextData::load(&TextSource { file, validation_file, ..Default::default() }).unwrap_err();
        assert!(error.to_string().contains("b.tsv:3: a third label, Spam"), "{error}");
    }

    #[test]
    fn the_real_sets_load_whole() {
        if let Some(file) = shared("sms_spam/sms.tsv.gz") {
            let data = TextData::load(&TextSource { file: Some(file), ..Default::default() }).unwrap();
            assert_eq!((data.train.len(), data.validation.len()), (4459, 1115));
            let spam = data.train.iter().chain(&data.validation).filter(|example| example.positive).count();
            assert_eq!(spam, 747);
        }
        if let (Some(file), Some(dev)) = (shared("sst2/train.tsv.gz"), shared("sst2/dev.tsv.gz")) {
            let source = TextSource { file: Some(file), validation_file: Some(dev), ..Default::default() };
            let data = TextData::load(&source).unwrap();
            assert_eq!((data.train.len(), data.validation.len()), (67_349, 872));
            assert!(data.vocabulary.len() > 10_000);
        }
    }
}
