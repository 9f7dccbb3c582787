//! From rows to texts in words, in two splits; rows that cannot be used are handed to the caller.
//!
//! Rows are split into words as they are read. A word is kept once, in a [`WordPool`]; a text is a list of its
//! words' ids. Which labels are used is known only when all rows are read, so texts are picked afterwards.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::keyword;
use super::label::Labelling;
use super::pieces::{ForeignPieces, WordPieces};
use super::read::{each_text, empty_field};
use super::segment::segment;
use super::split::{split, stratified_split};
use super::tokenize::each_token;
use super::words::{WordList, WordPool};
use super::{Notices, RowFault, TextError, TooFewFault, Vocabulary};
use super::{TextSource, Tokens};
use super::{look_alike, unspaced};
use crate::batch::Ragged;
use crate::task::digest;
use crate::task::rows::{Origin, Row, RowPlace, test_split_remark};
use crate::task::streams::VALIDATION_SAMPLE;

/// Texts in words, before there is a vocabulary.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordTexts {
    /// The words of each text as read, by their ids in a [`WordList`], cut after `max_words`; between `<bos>`
    /// and `<eos>`.
    pub words: Ragged,
    /// The class of each text; of texts that are not picked yet, the id of its label.
    pub labels: Vec<u32>,
    /// The line of each text in its file, counted from 1.
    pub lines: Vec<usize>,
    /// How many words each text has before any is cut off.
    pub lengths: Vec<usize>,
}

/// One of [`WordTexts`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordText<'a> {
    /// Its words, without `<bos>` and `<eos>`.
    pub words: &'a [u32],
    /// Its class.
    pub label: u32,
    /// Its line in its file, counted from 1.
    pub line: usize,
    /// How many words it has before any is cut off.
    pub length: usize,
}

impl WordTexts {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The text of a number.
    pub fn text(&self, index: usize) -> WordText<'_> {
        let framed = self.words.row(index);
        WordText {
            words: &framed[1..framed.len() - 1],
            label: self.labels[index],
            line: self.lines[index],
            length: self.lengths[index],
        }
    }

    /// All texts in turn.
    pub fn iter(&self) -> impl Iterator<Item = WordText<'_>> {
        (0..self.len()).map(|index| self.text(index))
    }

    /// The vocabulary of these texts, whose words are in `list`.
    pub fn vocabulary(&self, list: &WordList, min_count: usize) -> Vocabulary {
        let mut counts = vec![0; list.len()];
        self.iter().flat_map(|text| text.words).for_each(|&word| counts[word as usize] += 1);
        Vocabulary::from_counts(list.iter().zip(counts), self.len() as u64, min_count, usize::MAX)
    }

    /// The whole vocabulary of a pretrained model, with the counts of these texts, whose tokens are in `list`.
    pub fn whole_vocabulary(&self, list: &WordList, pieces: &ForeignPieces) -> Vocabulary {
        let mut counts = vec![0u64; list.len()];
        self.iter().flat_map(|text| text.words).for_each(|&word| counts[word as usize] += 1);
        let by_word: HashMap<&str, u64> = list.iter().zip(counts).collect();
        let count = |word: &str| by_word.get(word).copied().unwrap_or_default();
        Vocabulary::of_words(pieces.words().map(|word| (word.to_owned(), count(word))))
    }

    /// A copy of the texts at `places`, each with a class.
    fn pick(&self, places: &[Picked]) -> Self {
        let mut picked = Self::default();
        for &Picked { index, class } in places {
            picked.words.push(self.words.row(index).iter().copied());
            picked.labels.push(class);
            picked.lines.push(self.lines[index]);
            picked.lengths.push(self.lengths[index]);
        }
        picked
    }
}

/// A text that is used, and its class.
#[derive(Debug, Clone, Copy)]
struct Picked {
    index: usize,
    class: u32,
}

/// All texts of a source.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// Where the texts to train on come from.
    pub origin: Origin,
    /// How labels became classes.
    pub labelling: Labelling,
    /// Texts to train on.
    pub train: WordTexts,
    /// Texts held out.
    pub validation: WordTexts,
    /// The words of all texts, or their subwords.
    pub words: WordList,
    /// How words are cut into subwords, where they are.
    pub subwords: Option<WordPieces>,
    /// The rows of each label of `origin`, of labels that are not used too.
    pub labels: BTreeMap<String, usize>,
    /// What was left out or cut.
    pub notices: Notices,
    /// What should be known about how the texts were read, as sentences.
    pub remarks: Vec<String>,
    /// SHA-256 of what was read.
    pub digest: String,
}

/// Takes a row that cannot be used: an error stops the gathering, `Ok` leaves the row out.
pub(crate) type OnRefused<'a> = &'a mut dyn FnMut(TextError) -> Result<(), TextError>;

/// Reads, labels, splits into words and holds out the texts of `source.file`, or of the keyword task.
pub(crate) fn gather(source: &TextSource, on_refused: OnRefused<'_>) -> Result<Gathered, TextError> {
    match &source.file {
        Some(path) => gather_file(path, source, on_refused),
        None => gather_keyword(source, on_refused),
    }
}

/// As [`gather`], of the file at `path`.
pub(super) fn gather_file(
    path: &Path,
    source: &TextSource,
    on_refused: OnRefused<'_>,
) -> Result<Gathered, TextError> {
    let mut gatherer = Gatherer::new(source, on_refused);
    let rows = gatherer.read_file(path)?;
    gatherer.finish(rows, None)
}

/// As [`gather`], of the keyword task.
pub(super) fn gather_keyword(source: &TextSource, on_refused: OnRefused<'_>) -> Result<Gathered, TextError> {
    let labels = TextSource { labels: Some(keyword::LABELS.map(String::from).to_vec()), ..source.clone() };
    let mut gatherer = Gatherer::new(&labels, on_refused);
    let mut rows = RowTexts::new(Origin::Keyword);
    for (index, (text, label)) in keyword::rows(&source.keyword, source.split_seed).iter().enumerate() {
        gatherer.hash.update(text);
        gatherer.add(Row { line: index + 1, text, label }, &mut rows);
    }
    gatherer.finish(rows, None)
}

/// As [`gather`], of rows of text and label; `validation` has rows to validate on, where they are apart.
pub(super) fn gather_rows<T: AsRef<str>, L: AsRef<str>>(
    rows: impl IntoIterator<Item = (T, L)>,
    validation: Option<impl IntoIterator<Item = (T, L)>>,
    source: &TextSource,
    on_refused: OnRefused<'_>,
) -> Result<Gathered, TextError> {
    let mut gatherer = Gatherer::new(source, on_refused);
    let first = gatherer.read_memory(rows)?;
    let second = validation.map(|rows| gatherer.read_memory(rows)).transpose()?;
    gatherer.finish(first, second)
}

/// All rows of one origin as texts, with ids of labels for classes.
struct RowTexts {
    origin: Origin,
    texts: WordTexts,
}

impl RowTexts {
    fn new(origin: Origin) -> Self {
        Self { origin, texts: WordTexts::default() }
    }
}

struct Gatherer<'a> {
    source: &'a TextSource,
    on_refused: OnRefused<'a>,
    hash: Sha256,
    words: WordPool,
    labels: WordPool,
    /// The words of the row that is being read.
    row: Vec<u32>,
    notices: Notices,
    remarks: Vec<String>,
}

impl<'a> Gatherer<'a> {
    fn new(source: &'a TextSource, on_refused: OnRefused<'a>) -> Self {
        Self {
            source,
            on_refused,
            hash: Sha256::new(),
            // So that <bos> and <eos> have their ids in the vocabulary from the start.
            words: WordPool::with(&Vocabulary::SPECIAL),
            labels: WordPool::default(),
            row: Vec::new(),
            notices: Notices::default(),
            remarks: Vec::new(),
        }
    }

    fn read_file(&mut self, path: &Path) -> Result<RowTexts, TextError> {
        let mut rows = RowTexts::new(path.into());
        let (source, mut hash) = (self.source, std::mem::take(&mut self.hash));
        let remarks = each_text(path, source, &mut hash, &mut |row| match row {
            Ok(row) => {
                self.add(row, &mut rows);
                Ok(())
            }
            Err(error) => (self.on_refused)(error),
        })?;
        self.hash = hash;
        self.remarks.extend(remarks);
        check_any(rows)
    }

    fn read_memory<T: AsRef<str>, L: AsRef<str>>(
        &mut self,
        all: impl IntoIterator<Item = (T, L)>,
    ) -> Result<RowTexts, TextError> {
        let mut rows = RowTexts::new(Origin::Memory);
        for (index, (text, label)) in all.into_iter().enumerate() {
            let row = Row { line: index + 1, text: text.as_ref(), label: label.as_ref().trim() };
            digest::add_field(&mut self.hash, row.text);
            digest::add_field(&mut self.hash, row.label);
            match empty_field(row) {
                Some(field) => self.refuse(&Origin::Memory, row.line, RowFault::EmptyField(field))?,
                None => self.add(row, &mut rows),
            }
        }
        check_any(rows)
    }

    /// Splits a row into words and keeps it.
    fn add(&mut self, row: Row<'_>, rows: &mut RowTexts) {
        let Self { words, row: ids, source, .. } = self;
        // Subwords are cut off when they are there.
        let most = if source.tokens == Tokens::Subwords { usize::MAX } else { source.max_words };
        let mut length = 0;
        ids.clear();
        each_token(row.text, source.tokens, source.lowercase, &mut |word| {
            length += 1;
            if length <= most {
                ids.push(words.id_of(word));
            }
        });
        let texts = &mut rows.texts;
        let framed = [Vocabulary::BEGIN].into_iter().chain(ids.iter().copied()).chain([Vocabulary::END]);
        texts.words.push(framed);
        texts.labels.push(self.labels.id_of(row.label));
        texts.lines.push(row.line);
        texts.lengths.push(length);
    }

    fn refuse(&mut self, origin: &Origin, line: usize, fault: RowFault) -> Result<(), TextError> {
        let place = RowPlace { origin: origin.clone(), line };
        (self.on_refused)(TextError::Row { place, fault })
    }

    /// The texts of `rows` that are used, with their classes.
    fn usable(&mut self, rows: &RowTexts, labelling: &Labelling) -> Result<Vec<Picked>, TextError> {
        let classes: Vec<Option<u32>> =
            self.labels.list().iter().map(|label| labelling.class(label)).collect();
        let mut usable = Vec::with_capacity(rows.texts.len());
        for index in 0..rows.texts.len() {
            let WordText { label, line, length, .. } = rows.texts.text(index);
            let Some(class) = classes[label as usize] else {
                if labelling.chosen {
                    self.notices.other_labels += 1;
                } else {
                    let (label, names) = (self.labels.list().word(label).into(), labelling.values());
                    self.refuse(&rows.origin, line, RowFault::OtherLabel { label, names })?;
                }
                continue;
            };
            if length == 0 {
                self.refuse(&rows.origin, line, RowFault::NoWords)?;
                continue;
            }
            if self.source.tokens != Tokens::Subwords {
                self.notices.cut_texts += usize::from(length > self.source.max_words);
            }
            usable.push(Picked { index, class });
        }
        Ok(usable)
    }

    /// Labels, holds out and picks; `second` has rows to validate on that are apart from `first`.
    fn finish(mut self, first: RowTexts, second: Option<RowTexts>) -> Result<Gathered, TextError> {
        let source = self.source;
        let labels = self.rows_by_label(&first);
        let labelling = Labelling::choose(&first.origin, &labels, source)?;
        let too_few = |fault| Err(TextError::TooFew { origin: first.origin.clone(), fault });
        let usable = self.usable(&first, &labelling)?;
        let second = match (second, &source.validation_file) {
            (None, Some(path)) => Some(self.read_file(path)?),
            (second, _) => second,
        };
        let (train, mut validation) = match &second {
            Some(rows) => (usable, self.usable(rows, &labelling)?),
            None if usable.len() < 2 => return too_few(TooFewFault::Texts(usable.len())),
            None => {
                let (fraction, seed) = (source.validation_fraction, source.split_seed);
                let (train, held_out) = if source.stratified.unwrap_or(labelling.names.len() > 2) {
                    let classes: Vec<u32> = usable.iter().map(|text| text.class).collect();
                    stratified_split(&classes, fraction, seed)
                } else {
                    split(usable.len(), fraction, seed)
                };
                let pick = |places: Vec<usize>| places.into_iter().map(|place| usable[place]).collect();
                (pick(train), pick(held_out))
            }
        };
        for (class, name) in (0..).zip(&labelling.names) {
            if !train.iter().any(|text: &Picked| text.class == class) {
                return too_few(TooFewFault::Class(name.clone()));
            }
        }
        if validation.is_empty() {
            return too_few(TooFewFault::Validation);
        }
        self.limit_validation(&mut validation);
        let mut train = first.texts.pick(&train);
        let mut validation = second.as_ref().unwrap_or(&first).texts.pick(&validation);
        let mut remarks = std::mem::take(&mut self.remarks);
        remarks.extend(source.validation_file.as_deref().and_then(test_split_remark));
        remarks.extend(look_alike::remarks(&labels));
        remarks.extend(unspaced::remark(&train, self.words.list(), source));
        let mut words = self.words.into_list();
        let mut subwords = None;
        if source.tokens == Tokens::Subwords {
            let (pieces, learned) = segment(&mut train, &mut validation, &words, source)?;
            (words, subwords) = (pieces, Some(learned));
            let texts = train.iter().chain(validation.iter());
            self.notices.cut_texts = texts.filter(|text| text.length > source.max_words).count();
        }
        Ok(Gathered {
            train,
            validation,
            origin: first.origin,
            labelling,
            words,
            subwords,
            labels,
            notices: self.notices,
            remarks,
            digest: crate::store::hex(&self.hash.finalize()),
        })
    }

    fn rows_by_label(&self, rows: &RowTexts) -> BTreeMap<String, usize> {
        let mut counts = vec![0; self.labels.list().len()];
        rows.texts.labels.iter().for_each(|&label| counts[label as usize] += 1);
        let labels = self.labels.list().iter().map(String::from).zip(counts);
        labels.filter(|(_, count)| *count > 0).collect()
    }

    /// Cuts what is held out to `max_validation`, and counts what is not used.
    fn limit_validation(&mut self, validation: &mut Vec<Picked>) {
        self.notices.over_validation = validation.len().saturating_sub(self.source.max_validation);
        if self.notices.over_validation > 0 {
            // A file may be sorted by label; its first rows would not stand for the rest.
            VALIDATION_SAMPLE.random(self.source.split_seed).shuffle(validation);
        }
        validation.truncate(self.source.max_validation);
    }
}

fn check_any(rows: RowTexts) -> Result<RowTexts, TextError> {
    if rows.texts.len() == 0 {
        return Err(TextError::NoUsableRow { origin: rows.origin, refused: 0, first: None });
    }
    Ok(rows)
}
