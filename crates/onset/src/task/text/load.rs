//! From a [`TextSource`], or rows in memory, to encoded texts.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TextSource;
use super::gather::{Gathered, gather, gather_file, gather_keyword, gather_rows};
use super::pieces::WordPieces;
use super::texts::Encoding;
use super::{TextError, Texts, Vocabulary};
use crate::task::streams::RECORDED_EXAMPLES;

/// A text with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextExample {
    /// The words as read (lower-cased if asked), between `<bos>` and `<eos>`.
    pub words: Vec<String>,
    /// Their ids.
    pub tokens: Vec<u32>,
    /// Its label's number.
    pub label: u32,
}

/// Labelled texts in two splits.
#[derive(Debug, Clone)]
pub struct TextData {
    /// The names of the labels; of two, the first is negative and the second positive.
    pub label_names: Vec<String>,
    /// The known words, from training alone.
    pub vocabulary: Vocabulary,
    /// How words are cut into subwords, with `tokens = "subwords"`.
    pub subwords: Option<WordPieces>,
    /// Texts to train on.
    pub train: Texts,
    /// Texts held out.
    pub validation: Texts,
    /// What was left out or cut.
    pub notices: Notices,
    /// What should be known about how the texts were read, as sentences.
    pub reading: Vec<String>,
    /// SHA-256 of the unpacked files, of the keyword task's texts, or of the rows from memory (see
    /// [`TextData::from_rows`]).
    pub digest: String,
}

/// What a run keeps about its texts, apart from the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFacts {
    /// The names of the labels; of two, the first is negative and the second positive.
    pub label_names: Vec<String>,
    /// Texts of each label to train on, and held out; empty in runs of earlier versions.
    #[serde(default)]
    pub label_texts: [Vec<usize>; 2],
    /// Texts to train on.
    pub train: usize,
    /// Texts held out.
    pub validation: usize,
    /// Size of the vocabulary, with the special words.
    pub vocabulary: usize,
    /// What was left out or cut.
    pub notices: Notices,
}

/// What was left out or cut; nothing is dropped in silence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// Texts longer than `max_words`, cut there.
    pub cut_texts: usize,
    /// Rows whose label is none of those that were chosen.
    pub other_labels: usize,
    /// Held-out rows above `max_validation`, not used.
    pub over_validation: usize,
}

impl Notices {
    /// What was left out or cut, a sentence for each kind that occurs.
    pub fn sentences(&self) -> Vec<String> {
        let kinds = [
            (self.other_labels, "rows with other labels left out"),
            (self.cut_texts, "texts cut at task.max_words"),
            (self.over_validation, "held-out texts above task.max_validation not used"),
        ];
        kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}

/// Names the labels of which no text is held out, by the number of held-out texts of each; `None` if there are none.
pub(crate) fn not_held_out(names: &[String], counts: &[usize]) -> Option<String> {
    let missing = names.iter().zip(counts).filter(|(_, count)| **count == 0).map(|(name, _)| name.as_str());
    let missing: Vec<&str> = missing.collect();
    if missing.is_empty() {
        return None;
    }
    let more = if missing.len() > 12 { ", …" } else { "" };
    Some(format!(
        "no held-out text is labelled {}{more}, so scores say nothing about it; task.stratified = true holds out the same \
         share of each label",
        missing[..missing.len().min(12)].join(", ")
    ))
}

impl TextData {
    /// What a run keeps about them.
    pub fn facts(&self) -> TextFacts {
        TextFacts {
            label_names: self.label_names.clone(),
            label_texts: [&self.train, &self.validation].map(|texts| self.texts_by_label(texts)),
            train: self.train.len(),
            validation: self.validation.len(),
            vocabulary: self.vocabulary.len(),
            notices: self.notices,
        }
    }

    /// How many of `texts` have each label.
    fn texts_by_label(&self, texts: &Texts) -> Vec<usize> {
        let mut counts = vec![0; self.label_names.len()];
        texts.labels().iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    /// A weight for each label, inversely proportional to its training texts; its mean over the texts is 1.
    pub(super) fn balanced_weights(&self) -> Vec<f32> {
        let counts = self.texts_by_label(&self.train);
        let even = self.train.len() as f32 / counts.len() as f32;
        counts.into_iter().map(|count| even / count.max(1) as f32).collect()
    }

    /// What should be known about how the texts were read, what was left out or cut, and labels that no held-out text has; a
    /// sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let mut sentences = self.reading.clone();
        sentences.extend(self.notices.sentences());
        sentences.extend(not_held_out(&self.label_names, &self.texts_by_label(&self.validation)));
        sentences
    }

    /// The numbers of the training texts whose attribution is recorded beside that of the held-out ones: as many,
    /// or all if there are fewer; decided by `seed`, so that runs that share the split share the sample.
    pub fn training_sample(&self, seed: u64) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.train.len()).collect();
        RECORDED_EXAMPLES.random(seed).shuffle(&mut numbers);
        numbers.truncate(self.validation.len());
        numbers.sort_unstable();
        numbers
    }

    /// Reads, labels, splits into words, holds out and encodes the texts of `source.file`, or of the keyword task
    /// if there is none.
    pub fn load(source: &TextSource) -> Result<Self, TextError> {
        Ok(Self::encode(gather(source, &mut Err)?, source))
    }

    /// As [`TextData::load`], of the file at `path`; `source.file` is not read.
    pub fn from_file(path: &Path, source: &TextSource) -> Result<Self, TextError> {
        Ok(Self::encode(gather_file(path, source, &mut Err)?, source))
    }

    /// As [`TextData::load`], of the keyword task that `source.keyword` describes; `source.file` is not read.
    pub fn from_keyword_task(source: &TextSource) -> Result<Self, TextError> {
        Ok(Self::encode(gather_keyword(source, &mut Err)?, source))
    }

    /// As [`TextData::load`], of rows of text and label in memory; `source.file` is not read. Labels lose white
    /// space at their ends, as in files.
    ///
    /// The digest is the SHA-256 of all fields in order, each after its length in bytes (little-endian `u64`).
    ///
    /// # Errors
    /// As those of a file; a row is named by its number, counted from 1.
    ///
    /// # Examples
    /// ```
    /// use onset::task::text::{TextData, TextSource};
    ///
    /// let rows = [("a fine film", "1"), ("a dull film", "0"), ("fine", "1"), ("dull", "0")];
    /// let source = TextSource { min_count: 1, ..TextSource::default() };
    /// let data = TextData::from_rows(rows, &source)?;
    /// assert_eq!(data.train.len() + data.validation.len(), 4);
    /// # Ok::<(), onset::task::text::TextError>(())
    /// ```
    pub fn from_rows<T: AsRef<str>, L: AsRef<str>>(
        rows: impl IntoIterator<Item = (T, L)>,
        source: &TextSource,
    ) -> Result<Self, TextError> {
        let no_validation = None::<Vec<(T, L)>>;
        Ok(Self::encode(gather_rows(rows, no_validation, source, &mut Err)?, source))
    }

    /// As [`TextData::from_rows`], with rows to validate on that are apart; nothing is held out of `train`.
    /// The digest is that of all rows, `train` first.
    pub fn from_split_rows<T: AsRef<str>, L: AsRef<str>>(
        train: impl IntoIterator<Item = (T, L)>,
        validation: impl IntoIterator<Item = (T, L)>,
        source: &TextSource,
    ) -> Result<Self, TextError> {
        Ok(Self::encode(gather_rows(train, Some(validation), source, &mut Err)?, source))
    }

    fn encode(texts: Gathered, source: &TextSource) -> Self {
        let Gathered { train, validation, words, subwords, labelling, notices, remarks, digest, .. } = texts;
        let vocabulary = match &subwords {
            Some(WordPieces::Foreign(pieces)) => train.whole_vocabulary(&words, pieces),
            _ => train.vocabulary(&words, source.min_count),
        };
        let words = Arc::new(Encoding::new(words, &vocabulary));
        let [train, validation] = [train, validation].map(|texts| Texts::encode(texts, &words));
        Self {
            label_names: labelling.names,
            vocabulary,
            subwords,
            train,
            validation,
            notices,
            reading: remarks,
            digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_on_disk::data_files;

    #[test]
    fn the_keyword_task_is_split_into_balanced_encoded_texts() {
        let data = TextData::load(&TextSource::default()).unwrap();
        assert_eq!((data.train.len(), data.validation.len()), (3200, 800));
        assert_eq!(data.label_names, ["plain", "keyed"]);
        let example = data.validation.iter().find(|example| example.label == 1).unwrap();
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
            labels: Some(vec!["a".into(), "b".into()]),
            max_words: 2,
            max_validation: 3,
            ..Default::default()
        };
        let data = TextData::load(&source).unwrap();
        assert_eq!(data.notices, Notices { cut_texts: 30, other_labels: 10, over_validation: 3 });
        assert_eq!((data.train.len(), data.validation.len()), (24, 3));
        assert_eq!(data.train.words(0).collect::<Vec<_>>(), ["<bos>", "one", "two", "<eos>"]);
    }

    #[test]
    fn an_unknown_label_in_the_validation_file_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, rows: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("text\tlabel\n{rows}")).unwrap();
            Some(path)
        };
        let file = write("a.tsv", "x\tham\ny\tspam\n");
        let validation_file = write("b.tsv", "x\tham\ny\tSpam\n");
        let error = TextData::load(&TextSource { file, validation_file, ..Default::default() }).unwrap_err();
        assert!(
            error.to_string().contains("b.tsv:3: the label Spam is not among those to train on, ham, spam"),
            "{error}"
        );
    }

    #[test]
    fn rows_from_memory_become_what_the_same_rows_in_a_file_become() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tsv");
        let text = |i: usize| format!("Word{} word{}, and more", i % 7, i % 5);
        let rows: Vec<(String, String)> = (0..50).map(|i| (text(i), (i % 2).to_string())).collect();
        let lines: String = rows.iter().map(|(text, label)| format!("{text}\t{label}\n")).collect();
        std::fs::write(&path, format!("text\tlabel\n{lines}")).unwrap();
        let source = TextSource { max_words: 3, max_validation: 6, ..Default::default() };
        let from_file = TextData::from_file(&path, &source).unwrap();
        let from_memory = TextData::from_rows(rows.clone(), &source).unwrap();
        assert_eq!(from_memory.facts(), from_file.facts());
        assert_eq!(from_memory.vocabulary, from_file.vocabulary);
        let all = |data: &TextData| data.train.iter().chain(data.validation.iter()).collect::<Vec<_>>();
        assert_eq!(all(&from_memory), all(&from_file));
        assert_ne!(from_memory.digest, from_file.digest);
        let apart = TextData::from_split_rows(rows.clone(), rows[..4].to_vec(), &source).unwrap();
        assert_eq!((apart.train.len(), apart.validation.len()), (50, 4));
    }

    #[test]
    fn a_row_from_memory_that_cannot_be_used_is_named_by_its_number() {
        let message = |rows: &[(&str, &str)]| {
            TextData::from_rows(rows.to_vec(), &TextSource::default()).unwrap_err().to_string()
        };
        for (rows, part) in [
            (&[("a", "1"), (" ", "0")][..], "row 2 of the given table: the text is empty"),
            (&[], "the given table has no row that can be used"),
            (&[("a", "x"), ("b", "x"), ("c", "x")], "the given table has only one label, x (3)"),
        ] {
            let found = message(rows);
            assert!(found.contains(part), "{found}");
        }
    }

    #[test]
    fn the_real_sets_load_whole() {
        if let Some([file]) = data_files(["sms_spam/sms.tsv.gz"]) {
            let data = TextData::load(&TextSource { file: Some(file), ..Default::default() }).unwrap();
            assert_eq!((data.train.len(), data.validation.len()), (4459, 1115));
            let spam: u32 =
                [&data.train, &data.validation].map(|texts| texts.labels().iter().sum()).iter().sum();
            assert_eq!(spam, 747);
        }
        if let Some([file, dev]) = data_files(["sst2/train.tsv.gz", "sst2/dev.tsv.gz"]) {
            let source = TextSource { file: Some(file), validation_file: Some(dev), ..Default::default() };
            let data = TextData::load(&source).unwrap();
            assert_eq!((data.train.len(), data.validation.len()), (67_349, 872));
            assert!(data.vocabulary.len() > 10_000);
        }
    }
}
