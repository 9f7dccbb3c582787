//! What is reported of a word that goes with a label.

use serde::Serialize;

use super::leak::strength;
use super::mark::MarkKind;
use super::search::{Found, Search};
use crate::measures::Presence;
use crate::task::text::{WordList, WordText};

/// Rows that are shown of a giveaway.
const EXAMPLES: usize = 3;

/// Words of a row that are shown before and after the word in question.
const AROUND: usize = 8;

/// Further words in the same texts that are named.
const NAMED: usize = 10;

/// A word, or words of one form, that go with a label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Giveaway {
    /// What it is.
    pub kind: MarkKind,
    /// The word or form.
    pub word: String,
    /// The label that it goes with.
    pub label: String,
    /// Training texts that have it, by label; a text that is repeated counts once.
    pub by_label: Vec<u32>,
    /// Held-out texts that have it, by label.
    pub held_out_by_label: Vec<u32>,
    /// The share of the training texts with the word that have the label.
    pub share_of_word: f64,
    /// The share of the training texts with the label that have the word.
    pub share_of_label: f64,
    /// How much larger the share of the label is among training texts with the word than among those without.
    pub shift: f64,
    /// How many standard errors the number of these texts is above what chance would give.
    pub signal: f64,
    /// The smallest false discovery rate at which it would be listed.
    pub false_discovery_rate: f64,
    /// The correlation of word and label: 1 if the word is in all texts with the label and in no other.
    pub correlation: f64,
    /// The correlation that the counts make sure of, which decides whether it is a leak.
    pub strength: f64,
    /// The share of held-out texts whose label is right if it is predicted from this word alone.
    pub alone: f64,
    /// Other words in the same texts, but for a few.
    pub with: Vec<String>,
    /// How many there are of these.
    pub with_count: usize,
    /// The first rows with word and label.
    pub examples: Vec<Row>,
}

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its line, counted from 1.
    pub line: usize,
    /// Words around the one in question.
    pub text: String,
}

impl Giveaway {
    pub(super) fn of(found: &Found, search: &Search<'_>) -> Self {
        let (number, label) = (found.association.word, found.association.label);
        let (counts, list) = (found.counts(), &search.texts.words);
        let with_both = search.distinct.iter().filter(|text| text.label == label);
        let examples = with_both
            .filter_map(|text| {
                let place = search.marks.place(number, text)?;
                Some(Row { line: text.line, text: words_around(text, place, list) })
            })
            .take(EXAMPLES);
        Self {
            kind: search.marks.mark(number).kind,
            word: search.marks.name(number, list),
            label: search.texts.labelling.names[label as usize].clone(),
            by_label: search.train.with(number).to_vec(),
            held_out_by_label: search.held_out.with(number).to_vec(),
            share_of_word: counts.share_of_word(),
            share_of_label: counts.share_of_label(),
            shift: counts.share_of_word() - counts.share_without_word(),
            signal: counts.signal(),
            false_discovery_rate: found.association.q,
            correlation: counts.correlation(),
            strength: strength(counts),
            alone: alone(search, found),
            with: found.with.iter().take(NAMED).map(|&other| search.marks.name(other, list)).collect(),
            with_count: found.with.len(),
            examples: examples.collect(),
        }
    }
}

/// The accuracy on held-out texts of predicting the label where the word is, and elsewhere the most frequent label of
/// training texts without the word.
fn alone(search: &Search<'_>, found: &Found) -> f64 {
    let (number, label) = (found.association.word, found.association.label as usize);
    let without = |presence: &Presence| -> Vec<u32> {
        presence.texts().iter().zip(presence.with(number)).map(|(all, with)| all - with).collect()
    };
    let (train, held_out) = (without(&search.train), without(&search.held_out));
    let elsewhere = (0..train.len()).rev().max_by_key(|&label| train[label]).unwrap_or(0);
    let right = search.held_out.with(number)[label] + held_out[elsewhere];
    f64::from(right) / f64::from(search.held_out.all().max(1))
}

/// The words of `text` around `place`.
fn words_around(text: &WordText<'_>, place: usize, list: &WordList) -> String {
    let (from, to) = (place.saturating_sub(AROUND), (place + AROUND + 1).min(text.words.len()));
    let mut shown = Vec::new();
    shown.extend((from > 0).then_some("…"));
    shown.extend(text.words[from..to].iter().map(|&word| list.word(word)));
    shown.extend((to < text.words.len()).then_some("…"));
    shown.join(" ")
}
