//! From a [`TextSource`] to texts in words, in two parts; what cannot be used is handed to the caller.

use std::path::{Path, PathBuf};

use onset_engine::{Random, Stream};
use sha2::{Digest, Sha256};

use super::label::Labelling;
use super::read::Columns;
use super::{Notices, Row, TextError, keyword, read, split, tokenize};
use crate::spec::TextSource;

/// A text in words, before there is a vocabulary.
#[derive(Debug)]
pub(crate) struct Worded {
    /// Its line in its file, counted from 1.
    pub line: usize,
    /// Its words, as read; cut after `max_words`.
    pub words: Vec<String>,
    /// How many words it has before any is cut off.
    pub length: usize,
    /// Whether its label is the positive one.
    pub positive: bool,
}

/// All texts of a source.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// Where the texts to train on come from.
    pub path: PathBuf,
    /// How labels became classes.
    pub labelling: Labelling,
    /// Texts to train on.
    pub train: Vec<Worded>,
    /// Texts held out.
    pub validation: Vec<Worded>,
    /// The label of every row of the first file that was read, those left out among them.
    pub labels: Vec<String>,
    /// What was left out or cut.
    pub notices: Notices,
    /// SHA-256 of the unpacked files, or of the keyword task's texts.
    pub digest: String,
}

/// Takes a row that cannot be used: an error stops the gathering, nothing leaves the row out.
pub(crate) type Refuse<'a> = &'a mut dyn FnMut(TextError) -> Result<(), TextError>;

/// Reads, labels, splits into words and holds out.
pub(crate) fn gather(source: &TextSource, refuse: Refuse<'_>) -> Result<Gathered, TextError> {
    let mut hash = Sha256::new();
    let (path, rows) = match &source.file {
        Some(path) => (path.clone(), read_rows(path, source, &mut hash, refuse)?),
        None => {
            let rows = keyword::rows(&source.keyword, source.split_seed);
            rows.iter().for_each(|row| hash.update(&row.text));
            (PathBuf::from("the keyword task"), rows)
        }
    };
    let labelling = match source.file {
        Some(_) => Labelling::choose(&path, &rows, source)?,
        None => keyword_labelling(&rows)?,
    };
    let labels = rows.iter().map(|row| row.label.clone()).collect();
    let mut notices = Notices::default();
    let mut texts = into_words(&path, rows, &labelling, source, &mut notices, refuse)?;
    let (train, mut validation) = match &source.validation_file {
        Some(other) => {
            let rows = read_rows(other, source, &mut hash, refuse)?;
            (texts, into_words(other, rows, &labelling, source, &mut notices, refuse)?)
        }
        None => {
            if texts.len() < 2 {
                return Err(too_few(&path, format!("only {} text is left", texts.len())));
            }
            let (kept, held_out) = split(texts.len(), source.validation_fraction, source.split_seed);
            let mut take = |indices: Vec<usize>| -> Vec<Worded> {
                let nothing = || Worded { line: 0, words: Vec::new(), length: 0, positive: false };
                indices.into_iter().map(|i| std::mem::replace(&mut texts[i], nothing())).collect()
            };
            (take(kept), take(held_out))
        }
    };
    for (positive, name) in [false, true].into_iter().zip(&labelling.names) {
        if !train.iter().any(|text| text.positive == positive) {
            return Err(too_few(&path, format!("no text labelled {name} is left to train on")));
        }
    }
    if validation.is_empty() {
        return Err(too_few(&path, "no text is left to validate on".into()));
    }
    notices.over_validation = validation.len().saturating_sub(source.max_validation);
    if notices.over_validation > 0 {
        // A file may be sorted by label; its first rows would not stand for the rest.
        Random::at(source.split_seed, Stream::Split, 2).shuffle(&mut validation);
    }
    validation.truncate(source.max_validation);
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Gathered { path, labelling, train, validation, labels, notices, digest })
}

fn keyword_labelling(rows: &[Row]) -> Result<Labelling, TextError> {
    let labels = TextSource { labels: Some(keyword::LABELS.map(String::from)), ..TextSource::default() };
    Labelling::choose(Path::new("the keyword task"), rows, &labels)
}

fn too_few(path: &Path, found: String) -> TextError {
    let remedy = "give more rows, or change data.validation_fraction, data.split_seed or data.labels";
    TextError::TooFew { path: path.into(), found, remedy }
}

fn read_rows(
    path: &Path,
    source: &TextSource,
    hash: &mut Sha256,
    refuse: Refuse<'_>,
) -> Result<Vec<Row>, TextError> {
    let bytes = read::read_bytes(path)?;
    hash.update(&bytes);
    let all = read::each_row(path, &bytes, Columns::labelled(&source.text, &source.label))?;
    let mut rows = Vec::with_capacity(all.len());
    for row in all {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => refuse(error)?,
        }
    }
    if rows.is_empty() {
        return Err(TextError::Empty { path: path.into(), found: "has no row that can be used" });
    }
    Ok(rows)
}

fn into_words(
    path: &Path,
    rows: Vec<Row>,
    labelling: &Labelling,
    source: &TextSource,
    notices: &mut Notices,
    refuse: Refuse<'_>,
) -> Result<Vec<Worded>, TextError> {
    let mut texts = Vec::with_capacity(rows.len());
    for row in rows {
        let Row { line, text, label } = row;
        let wrong = |found: String, remedy: &str| TextError::Line {
            path: path.into(),
            line,
            found,
            remedy: remedy.into(),
        };
        let Some(positive) = labelling.positive(&label) else {
            if labelling.picked {
                notices.other_labels += 1;
            } else {
                let found = format!("a third label, {label}, beside {}", labelling.names.join(" and "));
                let remedy = "choose two with --labels A,B, or one against all others with --positive A";
                refuse(wrong(found, remedy))?;
            }
            continue;
        };
        let mut words = tokenize(&text, source.lowercase);
        if words.is_empty() {
            refuse(wrong("the text has no words".into(), "remove the row or fill it in"))?;
            continue;
        }
        let length = words.len();
        if length > source.max_words {
            words.truncate(source.max_words);
            notices.cut_texts += 1;
        }
        texts.push(Worded { line, words, length, positive });
    }
    Ok(texts)
}
