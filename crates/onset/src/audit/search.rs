//! The search for marks that go with a label: counted, tested, ordered, and put together where they come together.

use std::collections::HashSet;

use super::mark::{MarkKind, Marks};
use crate::measures::{Association, Counts, Presence};
use crate::task::text::{Gathered, WordText, WordTexts};

/// Associations whose texts are compared with each other; beyond these, words that come together are listed one by one.
const COMPARED: usize = 200;

/// Marks come together if they share this much of the texts that have one of them.
const TOGETHER: f64 = 0.9;

/// The marks that go with a label.
pub(super) struct Search<'a> {
    pub texts: &'a Gathered,
    pub marks: Marks,
    /// Training texts, each counted once however often it is repeated.
    pub distinct: Vec<WordText<'a>>,
    /// Training texts with each mark.
    pub train: Presence,
    /// Held-out texts with each mark.
    pub held_out: Presence,
    /// Associations with a label, the strongest first; each with the marks that come together with it.
    pub found: Vec<Found>,
    /// Pairs of a mark and a label that were tested.
    pub tests: usize,
    /// Pairs that go together, also of marks that come together.
    pub associated: usize,
}

/// A mark that goes with a label.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub association: Association,
    /// Marks that are in the same texts, but for a few.
    pub with: Vec<u32>,
}

impl Found {
    pub fn counts(&self) -> Counts {
        self.association.counts
    }
}

impl<'a> Search<'a> {
    pub fn of(texts: &'a Gathered) -> Self {
        let distinct = distinct(&texts.train);
        let marks = Marks::of(&distinct, &texts.words);
        let labels = texts.labelling.names.len();
        let presence = |texts_of: &[WordText<'_>]| {
            let mut presence = Presence::new(marks.len(), labels);
            texts_of.iter().for_each(|text| presence.add(marks.of_text(text, &texts.words), text.label));
            presence
        };
        let train = presence(&distinct);
        let held_out = presence(&texts.validation.iter().collect::<Vec<_>>());
        let (mut pairs, tests) = train.associations();
        let associated = pairs.len();
        pairs.sort_by(|a, b| {
            b.counts.correlation().total_cmp(&a.counts.correlation()).then(a.word.cmp(&b.word))
        });
        let found = together(pairs, &marks, &distinct, texts);
        Self { texts, marks, distinct, train, held_out, found, tests, associated }
    }

    /// The number of labels.
    pub fn labels(&self) -> usize {
        self.texts.labelling.names.len()
    }
}

/// Texts without those that repeat an earlier one: a text counts once, with the label that it has first. Texts that repeat
/// are no further evidence.
fn distinct(texts: &WordTexts) -> Vec<WordText<'_>> {
    let mut seen = HashSet::new();
    texts.iter().filter(|text| seen.insert(text.words)).collect()
}

/// `pairs`, ordered by strength, each with the later ones of its label that are in the same texts.
fn together(
    pairs: Vec<Association>,
    marks: &Marks,
    distinct: &[WordText<'_>],
    texts: &Gathered,
) -> Vec<Found> {
    let compared = &pairs[..pairs.len().min(COMPARED)];
    let mut place_of = vec![None; marks.len()];
    let mut chosen = Vec::new();
    for pair in compared {
        place_of[pair.word as usize].get_or_insert_with(|| {
            chosen.push(pair.word);
            chosen.len() - 1
        });
    }
    let mut with_mark = vec![vec![0u64; distinct.len().div_ceil(64)]; chosen.len()];
    for (number, text) in distinct.iter().enumerate() {
        for mark in marks.of_text(text, &texts.words) {
            if let Some(place) = place_of[mark as usize] {
                with_mark[place][number / 64] |= 1 << (number % 64);
            }
        }
    }
    let alike = |a: u32, b: u32| {
        let of = |mark: u32| place_of[mark as usize].map(|place: usize| &with_mark[place]);
        let (Some(a), Some(b)) = (of(a), of(b)) else { return false };
        let count =
            |op: fn(u64, u64) -> u64| -> u32 { a.iter().zip(b).map(|(&a, &b)| op(a, b).count_ones()).sum() };
        f64::from(count(|a, b| a & b)) >= TOGETHER * f64::from(count(|a, b| a | b))
    };
    let mut found: Vec<Found> = Vec::new();
    for association in pairs {
        let same = found.iter_mut().find(|first| {
            first.association.label == association.label && alike(first.association.word, association.word)
        });
        match same {
            Some(first) => {
                // A word that always stands at the beginning says no more there.
                if !is_same_word(marks, first.association.word, association.word) {
                    first.with.push(association.word);
                }
            }
            None => found.push(Found { association, with: Vec::new() }),
        }
    }
    found
}

/// Whether two marks are one word in two places.
fn is_same_word(marks: &Marks, one: u32, two: u32) -> bool {
    let [one, two] = [one, two].map(|number| marks.mark(number));
    one.id == two.id && one.kind != MarkKind::Form && two.kind != MarkKind::Form
}
