//! Reports what training would read from a file of texts.
//!
//! Texts are read, labelled, tokenized and split as by [`TextData::load`](crate::task::text::TextData::load), but a row
//! that training would refuse is only listed here.

use std::path::PathBuf;

use serde::Serialize;

use super::overlap::{Overlap, conflicting, leaked, repeated};
use crate::stats::nearest_rank;
use crate::task::rows::{FileError, RowPlace};
use crate::task::text::{
    Gathered, TextError, TextSource, Vocabulary, WordText, WordTexts, gather, not_held_out,
};

/// Largest number of refused rows that are listed; all are counted.
const LISTED: usize = 20;

/// The contents of a file of texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file.
    pub file: PathBuf,
    /// The file to validate on, if it is another one.
    pub validation_file: Option<PathBuf>,
    /// The number of rows, including those that are refused or omitted.
    pub rows: usize,
    /// The labels of `file`, the most frequent first.
    pub labels: Vec<LabelCount>,
    /// The names of the classes; of two, the first is negative and the second positive.
    pub label_names: Vec<String>,
    /// The training texts.
    pub train: Part,
    /// The held-out texts.
    pub validation: Part,
    /// Words in a text.
    pub words: Words,
    /// Words in all texts together.
    pub tokens: usize,
    /// The number of distinct words in the training texts.
    pub distinct_words: usize,
    /// The size of the vocabulary, including the three special tokens.
    pub vocabulary: usize,
    /// Occurrences in training that a word needs to enter the vocabulary.
    pub min_count: usize,
    /// The share of the words of held-out texts that are not in the vocabulary.
    pub unknown_share: f64,
    /// Texts truncated at `max_words`.
    pub cut_texts: usize,
    /// Largest number of words that are read from a text.
    pub max_words: usize,
    /// Rows omitted because two other labels were chosen.
    pub other_labels: usize,
    /// Held-out texts omitted because there are more than `data.max_validation`.
    pub over_validation: usize,
    /// Names the labels of which no text is held out.
    pub not_held_out: Option<String>,
    /// Texts of `file` with the same words as an earlier text.
    pub repeated: Overlap,
    /// Held-out texts with the same words as a training text.
    pub leaked: Overlap,
    /// Distinct texts that occur with different labels.
    pub conflicting: Overlap,
    /// Rows that training would refuse.
    pub refused: Refusals,
    /// What should be known about how the texts were read, as sentences.
    pub remarks: Vec<String>,
}

/// A label and the number of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelCount {
    /// The label.
    pub label: String,
    /// The number of its rows.
    pub rows: usize,
    /// The number of its class; `None` if its rows are left out or refused.
    pub class: Option<u32>,
}

/// The texts of one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The number of texts.
    pub texts: usize,
    /// Texts of each class.
    pub by_class: Vec<usize>,
}

/// Words in a text, as counted by the tokenizer before truncation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The minimum.
    pub min: usize,
    /// The median.
    pub median: usize,
    /// The 95th percentile.
    pub p95: usize,
    /// The maximum.
    pub max: usize,
}

/// Refused rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// The number of refused rows.
    pub count: usize,
    /// The first twenty.
    pub first: Vec<Refused>,
}

/// A refused row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The file.
    pub file: PathBuf,
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

/// Rows that are refused, and the error of the first.
#[derive(Default)]
struct Refusing {
    listed: Refusals,
    first: Option<Box<TextError>>,
}

impl Refusing {
    /// Lists a row; what concerns no row is handed back.
    fn add(&mut self, error: TextError) -> Result<(), TextError> {
        let (place, found, remedy) = match &error {
            TextError::Row { place, fault } => (place, fault.to_string(), fault.remedy()),
            TextError::File(FileError::Row { place, fault }) => (place, fault.to_string(), fault.remedy()),
            _ => return Err(error),
        };
        self.listed.add(place, found, remedy);
        self.first.get_or_insert_with(|| Box::new(error));
        Ok(())
    }

    /// `error`, with why rows were refused where none is left.
    fn explain(self, error: TextError) -> TextError {
        match error {
            TextError::NoUsableRow { origin, .. } => {
                TextError::NoUsableRow { origin, refused: self.listed.count, first: self.first }
            }
            other => other,
        }
    }
}

impl Refusals {
    fn add(&mut self, place: &RowPlace, found: String, remedy: String) {
        self.count += 1;
        if self.first.len() < LISTED {
            let file = place.origin.to_string().into();
            self.first.push(Refused { file, line: place.line, found, remedy });
        }
    }
}

impl Part {
    fn of(texts: &WordTexts, classes: usize) -> Self {
        let mut by_class = vec![0; classes];
        texts.iter().for_each(|text| by_class[text.label as usize] += 1);
        Self { texts: texts.len(), by_class }
    }
}

impl Words {
    /// Statistics of `lengths`, which must be sorted and not empty.
    fn of(lengths: &[usize]) -> Self {
        let at = |share: f64| nearest_rank(lengths, share).expect("there are texts");
        Self { min: at(0.0), median: at(0.5), p95: at(0.95), max: at(1.0) }
    }
}

/// Reads the texts of `source` and reports what training would read.
///
/// Errors are those that leave nothing to report: an unreadable file, a missing column, or labels that do not form two
/// classes.
pub fn inspect(source: &TextSource) -> Result<Inspection, TextError> {
    Ok(inspect_and_keep(source)?.0)
}

/// As [`inspect`], with the texts that it read.
pub(crate) fn inspect_and_keep(source: &TextSource) -> Result<(Inspection, Gathered), TextError> {
    let mut refusing = Refusing::default();
    let gathered = gather(source, &mut |error| refusing.add(error));
    let texts = match gathered {
        Ok(texts) => texts,
        Err(error) => return Err(refusing.explain(error)),
    };
    let inspection = describe(&texts, source, refusing.listed);
    Ok((inspection, texts))
}

fn describe(texts: &Gathered, source: &TextSource, refused: Refusals) -> Inspection {
    let (train, validation, words) = (&texts.train, &texts.validation, &texts.words);
    let mut own: Vec<WordText<'_>> = train.iter().collect();
    if source.validation_file.is_none() {
        own.extend(validation.iter());
        own.sort_by_key(|text| text.line);
    }
    let all = || train.iter().chain(validation.iter());
    let mut lengths: Vec<usize> = all().map(|text| text.length).collect();
    lengths.sort_unstable();
    let vocabulary = train.vocabulary(words, source.min_count);
    let is_known: Vec<bool> = words.iter().map(|word| vocabulary.id(word) != Vocabulary::UNKNOWN).collect();
    let (mut held_out_words, mut unknown) = (0usize, 0usize);
    for &word in validation.iter().flat_map(|text| text.words) {
        held_out_words += 1;
        unknown += usize::from(!is_known[word as usize]);
    }
    let mut in_training = vec![false; words.len()];
    train.iter().flat_map(|text| text.words).for_each(|&word| in_training[word as usize] = true);
    let count = |(label, &rows): (&String, &usize)| LabelCount {
        label: label.clone(),
        rows,
        class: texts.labelling.class(label),
    };
    let mut labels: Vec<LabelCount> = texts.labels.iter().map(count).collect();
    labels.sort_by_key(|label| std::cmp::Reverse(label.rows));
    let held_out = Part::of(validation, texts.labelling.names.len());
    let (notices, classes) = (texts.notices, texts.labelling.names.len());
    Inspection {
        rows: lengths.len() + notices.over_validation + notices.other_labels + refused.count,
        labels,
        train: Part::of(train, classes),
        not_held_out: not_held_out(&texts.labelling.names, &held_out.by_class),
        validation: held_out,
        words: Words::of(&lengths),
        tokens: lengths.iter().sum(),
        distinct_words: in_training.iter().filter(|&&there| there).count(),
        vocabulary: vocabulary.len(),
        min_count: source.min_count,
        unknown_share: unknown as f64 / held_out_words.max(1) as f64,
        cut_texts: notices.cut_texts,
        max_words: source.max_words,
        other_labels: notices.other_labels,
        over_validation: notices.over_validation,
        repeated: repeated(words, &own),
        leaked: leaked(words, train.iter(), validation.iter()),
        conflicting: conflicting(words, all()),
        refused,
        remarks: texts.remarks.clone(),
        validation_file: source.validation_file.clone(),
        label_names: texts.labelling.names.clone(),
        file: texts.origin.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_on_disk::data_files;
    use crate::task::text::TextData;

    fn inspected(rows: &str, more: TextSource) -> Inspection {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tsv");
        std::fs::write(&path, format!("text\tlabel\n{rows}")).unwrap();
        inspect(&TextSource { file: Some(path), ..more }).unwrap()
    }

    #[test]
    fn refused_rows_are_listed_and_the_rest_is_counted() {
        let found = inspected("a b c\t1\nd\n \t0\ne e\t0\nf\t1\ng\t0\n", TextSource::default());
        assert_eq!((found.rows, found.refused.count), (6, 2));
        let lines: Vec<usize> = found.refused.first.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(found.words, Words { min: 1, median: 1, p95: 3, max: 3 });
        assert_eq!(found.tokens, 7);
        assert_eq!(found.train.texts + found.validation.texts, 4);
        let one = LabelCount { label: "1".into(), rows: 2, class: Some(1) };
        assert!(found.labels.contains(&one), "{:?}", found.labels);
    }

    #[test]
    fn copies_leaks_and_contradictions_are_reported_with_their_lines() {
        let rows = "Same text\t1\nsame  text\t0\nother\t0\nsame text\t1\n".to_owned();
        let folder = tempfile::tempdir().unwrap();
        let held_out = folder.path().join("b.tsv");
        std::fs::write(&held_out, "text\tlabel\nnew\t0\nsame text\t1\n").unwrap();
        let source = TextSource { validation_file: Some(held_out), min_count: 1, ..TextSource::default() };
        let found = inspected(&rows, source);
        assert_eq!(found.repeated.count, 2);
        assert_eq!((found.repeated.examples[0].first_line, found.repeated.examples[0].second_line), (2, 3));
        assert_eq!((found.leaked.count, found.leaked.examples[0].second_line), (1, 3));
        assert_eq!(found.conflicting.count, 1);
        assert!((found.unknown_share - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn at_most_twenty_refused_rows_are_listed() {
        let rows = "broken\n".repeat(50) + "a\t1\nb\t0\nc\t1\nd\t0\n";
        let found = inspected(&rows, TextSource::default());
        assert_eq!((found.refused.count, found.refused.first.len()), (50, LISTED));
    }

    #[test]
    fn figures_of_the_real_sets_are_those_of_training() {
        for (name, rows) in [("sms_spam", 5_574), ("sst2", 67_349 + 872)] {
            let Some([folder]) = data_files([name]) else { continue };
            let files = crate::data::locate(name, Some(&folder), &folder).unwrap();
            let source = TextSource {
                file: Some(files.train),
                validation_file: files.validation,
                ..TextSource::default()
            };
            let (found, data) = (inspect(&source).unwrap(), TextData::load(&source).unwrap());
            assert_eq!((found.rows, found.refused.count), (rows, 0), "{name}");
            assert_eq!(found.train.texts, data.train.len());
            assert_eq!(found.validation.texts, data.validation.len());
            assert_eq!(found.vocabulary, data.vocabulary.len());
            assert!(found.repeated.count > 0 && found.unknown_share < 0.2, "{name}: {found:?}");
        }
    }
}
