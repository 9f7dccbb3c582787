//! What training would see in a file of texts.
//!
//! Read, labelled, split into words and held out as [`TextData::load`](crate::task::text::TextData::load) does
//! it, but a row that training would refuse is only listed here.

use std::path::PathBuf;

use serde::Serialize;

use super::overlap::{Overlap, conflicting, leaked, repeated};
use crate::stats::nearest_rank;
use crate::task::text::{TextError, TextSource, Vocabulary, WordText, WordTexts, gather};

/// Refused rows that are listed; all are counted.
const LISTED: usize = 20;

/// What a file of texts holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file.
    pub file: PathBuf,
    /// The file to validate on, if it is another.
    pub validation_file: Option<PathBuf>,
    /// Rows in all, including those that are refused or left out.
    pub rows: usize,
    /// The labels of `file`, the most frequent first.
    pub labels: Vec<LabelCount>,
    /// The names of the classes: negative, positive.
    pub label_names: [String; 2],
    /// Texts to train on.
    pub train: Part,
    /// Texts held out.
    pub validation: Part,
    /// Words of a text.
    pub words: Words,
    /// Words of all texts together.
    pub tokens: usize,
    /// Different words in training.
    pub distinct_words: usize,
    /// Size of the vocabulary, with the three special words.
    pub vocabulary: usize,
    /// Occurrences in training that a word needs to be in the vocabulary.
    pub min_count: usize,
    /// Share of the words of held-out texts that are not in the vocabulary.
    pub unknown_share: f64,
    /// Texts cut at `max_words`.
    pub cut_texts: usize,
    /// Words of a text that are read.
    pub max_words: usize,
    /// Rows left out because two other labels were chosen.
    pub other_labels: usize,
    /// Held-out texts left out because there are more than `data.max_validation`.
    pub over_validation: usize,
    /// Texts of `file` that are the same words as an earlier one.
    pub repeated: Overlap,
    /// Held-out texts that are the same words as one to train on.
    pub leaked: Overlap,
    /// Different texts that occur with both labels.
    pub conflicting: Overlap,
    /// Rows that training would stop at.
    pub refused: Refusals,
}

/// A label and its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelCount {
    /// The label.
    pub label: String,
    /// Its rows.
    pub rows: usize,
    /// Whether it is the positive class; none if its rows are left out or refused.
    pub positive: Option<bool>,
}

/// The texts of one split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// How many.
    pub texts: usize,
    /// Positive ones among them.
    pub positive: usize,
}

/// Words of a text, as the tokenizer counts them, before any is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The fewest.
    pub min: usize,
    /// The median.
    pub median: usize,
    /// The 95th percentile.
    pub p95: usize,
    /// The most.
    pub max: usize,
}

/// Rows that are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// How many.
    pub count: usize,
    /// The first twenty.
    pub first: Vec<Refused>,
}

/// A row that is refused.
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

impl Refusals {
    /// Lists a row; what concerns no row is handed back.
    fn add(&mut self, error: TextError) -> Result<(), TextError> {
        let TextError::Row { place, fault } = error else {
            return Err(error);
        };
        self.count += 1;
        if self.first.len() < LISTED {
            let file = place.origin.to_string().into();
            let (found, remedy) = (fault.to_string(), fault.remedy());
            self.first.push(Refused { file, line: place.line, found, remedy });
        }
        Ok(())
    }
}

impl Part {
    fn of(texts: &WordTexts) -> Self {
        Self { texts: texts.len(), positive: texts.iter().filter(|text| text.label == 1).count() }
    }
}

impl Words {
    /// Of `lengths` in order, which are not empty.
    fn of(lengths: &[usize]) -> Self {
        let at = |share: f64| nearest_rank(lengths, share).expect("there are texts");
        Self { min: at(0.0), median: at(0.5), p95: at(0.95), max: at(1.0) }
    }
}

/// Reads the texts of `source` and reports what training would see in them.
///
/// Errors are those that leave nothing to report: a file that cannot be read, a column that is not there, labels
/// that do not make two classes.
pub fn inspect(source: &TextSource) -> Result<Inspection, TextError> {
    let mut refused = Refusals::default();
    let texts = gather(source, &mut |error| refused.add(error))?;
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
    let (mut held_out, mut unknown) = (0usize, 0usize);
    for &word in validation.iter().flat_map(|text| text.words) {
        held_out += 1;
        unknown += usize::from(!is_known[word as usize]);
    }
    let mut in_training = vec![false; words.len()];
    train.iter().flat_map(|text| text.words).for_each(|&word| in_training[word as usize] = true);
    let count = |(label, &rows): (&String, &usize)| LabelCount {
        label: label.clone(),
        rows,
        positive: texts.labelling.class(label).map(|class| class == 1),
    };
    let mut labels: Vec<LabelCount> = texts.labels.iter().map(count).collect();
    labels.sort_by_key(|label| std::cmp::Reverse(label.rows));
    let notices = texts.notices;
    Ok(Inspection {
        rows: lengths.len() + notices.over_validation + notices.other_labels + refused.count,
        labels,
        train: Part::of(train),
        validation: Part::of(validation),
        words: Words::of(&lengths),
        tokens: lengths.iter().sum(),
        distinct_words: in_training.iter().filter(|&&there| there).count(),
        vocabulary: vocabulary.len(),
        min_count: source.min_count,
        unknown_share: unknown as f64 / held_out.max(1) as f64,
        cut_texts: notices.cut_texts,
        max_words: source.max_words,
        other_labels: notices.other_labels,
        over_validation: notices.over_validation,
        repeated: repeated(words, &own),
        leaked: leaked(words, train.iter(), validation.iter()),
        conflicting: conflicting(words, all()),
        refused,
        validation_file: source.validation_file.clone(),
        label_names: texts.labelling.names,
        file: texts.origin.to_string().into(),
    })
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
        let one = LabelCount { label: "1".into(), rows: 2, positive: Some(true) };
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
