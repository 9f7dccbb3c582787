//! What a text may have that gives its label away: a word, a word at its beginning or end, a word of some form.
//!
//! The form of a word with digits has `#` for them (`spam#` of `spam0017`); of a number of four or more digits it keeps the
//! first (`1####`). The form of a word that is in one text alone is also its beginning (`usr…`). So identifiers that differ
//! from row to row are found by what they share.

use std::collections::HashMap;

use serde::Serialize;

use crate::measures::TESTED_FROM;
use crate::task::text::{WordList, WordText};

/// What a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A word, anywhere.
    Word,
    /// A word that a text begins with.
    FirstWord,
    /// A word that a text ends with.
    LastWord,
    /// Words of one form.
    Form,
}

/// A word or form, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub kind: MarkKind,
    /// The id of the word, or of the form.
    pub id: u32,
}

/// Characters of a beginning that is a form.
const BEGINNING: usize = 3;

/// Characters of the shortest word whose beginning is a form.
const SHORTEST: usize = 6;

/// Digits of the shortest number whose form keeps the first of them.
const LONG_NUMBER: usize = 4;

/// No mark, or no form.
const NONE: u32 = u32::MAX;

/// The marks that are in enough texts to be tested, numbered.
pub(super) struct Marks {
    marks: Vec<Mark>,
    forms: Forms,
    /// The number of each mark by its slot.
    numbers: Vec<u32>,
}

impl Marks {
    /// The marks of `texts`, whose words are in `list`.
    pub fn of<'a>(texts: &[WordText<'a>], list: &WordList) -> Self {
        let mut in_texts = Counter::new(list.len());
        for text in texts {
            in_texts.next_text();
            text.words.iter().for_each(|&word| in_texts.add(word as usize));
        }
        let forms = Forms::of(list, &in_texts.counts);
        let mut slots = Counter::new(3 * list.len() + forms.names.len());
        for text in texts {
            slots.next_text();
            each_slot(text, list.len(), &forms, &mut |slot| slots.add(slot));
        }
        let mut numbers = vec![NONE; slots.counts.len()];
        let mut marks = Vec::new();
        for (slot, &count) in slots.counts.iter().enumerate() {
            let mark = mark_of(slot, list.len());
            // A form that is one word in most of its texts says no more than the word.
            let several = mark.kind != MarkKind::Form || count >= 2 * forms.largest[mark.id as usize];
            if count >= TESTED_FROM && several {
                numbers[slot] = marks.len() as u32;
                marks.push(mark);
            }
        }
        Self { marks, forms, numbers }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// The mark of a number.
    pub fn mark(&self, number: u32) -> Mark {
        self.marks[number as usize]
    }

    /// The word or form of a mark.
    pub fn name(&self, number: u32, list: &WordList) -> String {
        match self.mark(number) {
            Mark { kind: MarkKind::Form, id } => self.forms.names[id as usize].clone(),
            Mark { id, .. } => list.word(id).to_owned(),
        }
    }

    /// The numbers of the marks of a text; a mark may come twice.
    pub fn of_text(&self, text: &WordText<'_>, list: &WordList) -> Vec<u32> {
        let mut all = Vec::new();
        each_slot(text, list.len(), &self.forms, &mut |slot| match self.numbers[slot] {
            NONE => {}
            number => all.push(number),
        });
        all
    }

    /// The place of the first word of a text that is part of a mark.
    pub fn place(&self, number: u32, text: &WordText<'_>) -> Option<usize> {
        (0..text.words.len()).find(|&place| self.is_at(number, text, place))
    }

    /// Whether the word at a place of a text is part of a mark.
    pub fn is_at(&self, number: u32, text: &WordText<'_>, place: usize) -> bool {
        let (Mark { kind, id }, word) = (self.mark(number), text.words[place]);
        match kind {
            MarkKind::Word => word == id,
            MarkKind::FirstWord => word == id && place == 0,
            MarkKind::LastWord => word == id && place + 1 == text.length,
            MarkKind::Form => self.forms.of_word(word).contains(&id),
        }
    }
}

/// Calls `each` with the slots of a text: words, the first word, the last one, forms, end to end.
fn each_slot(text: &WordText<'_>, words: usize, forms: &Forms, each: &mut dyn FnMut(usize)) {
    for &word in text.words {
        each(word as usize);
        for form in forms.of_word(word).into_iter().filter(|&form| form != NONE) {
            each(3 * words + form as usize);
        }
    }
    if let Some(&first) = text.words.first() {
        each(words + first as usize);
    }
    // The end of a text may have been cut off.
    if let Some(&last) = text.words.last().filter(|_| text.length == text.words.len()) {
        each(2 * words + last as usize);
    }
}

fn mark_of(slot: usize, words: usize) -> Mark {
    let kinds = [MarkKind::Word, MarkKind::FirstWord, MarkKind::LastWord];
    match kinds.get(slot / words) {
        Some(&kind) => Mark { kind, id: (slot % words) as u32 },
        None => Mark { kind: MarkKind::Form, id: (slot - 3 * words) as u32 },
    }
}

/// Counts texts, each slot once a text.
struct Counter {
    counts: Vec<u32>,
    last: Vec<u32>,
    text: u32,
}

impl Counter {
    fn new(slots: usize) -> Self {
        Self { counts: vec![0; slots], last: vec![0; slots], text: 0 }
    }

    fn next_text(&mut self) {
        self.text += 1;
    }

    fn add(&mut self, slot: usize) {
        if self.last[slot] != self.text {
            self.last[slot] = self.text;
            self.counts[slot] += 1;
        }
    }
}

/// The forms of words.
#[derive(Default)]
struct Forms {
    names: Vec<String>,
    /// By form: texts with the most frequent of its words.
    largest: Vec<u32>,
    /// For each word that has some, its forms.
    of: HashMap<u32, [u32; 2]>,
}

impl Forms {
    /// The forms of the words of `list`; `texts` says in how many texts each is.
    fn of(list: &WordList, texts: &[u32]) -> Self {
        let (mut all, mut ids) = (Self::default(), HashMap::new());
        for (word, &count) in (0..).zip(texts).filter(|&(_, &count)| count > 0) {
            let text = list.word(word);
            let found = [digits_hidden(text), (count == 1).then(|| beginning(text)).flatten()];
            if found == [None, None] {
                continue;
            }
            let of = found.map(|name| {
                name.map_or(NONE, |name| {
                    let id = *ids.entry(name.clone()).or_insert_with(|| {
                        all.names.push(name);
                        all.largest.push(0);
                        all.names.len() as u32 - 1
                    });
                    let largest = &mut all.largest[id as usize];
                    *largest = count.max(*largest);
                    id
                })
            });
            all.of.insert(word, of);
        }
        all
    }

    fn of_word(&self, word: u32) -> [u32; 2] {
        self.of.get(&word).copied().unwrap_or([NONE; 2])
    }
}

/// A word with `#` for its digits; of a long number with its first digit.
fn digits_hidden(word: &str) -> Option<String> {
    let is_digit = |c: char| c.is_numeric();
    if !word.contains(is_digit) {
        return None;
    }
    let length = word.chars().count();
    if length >= LONG_NUMBER && word.chars().all(is_digit) {
        let first = word.chars().next().into_iter();
        return Some(first.chain(std::iter::repeat_n('#', length - 1)).collect());
    }
    let mut form = String::new();
    for c in word.chars() {
        let c = if is_digit(c) { '#' } else { c };
        if c != '#' || !form.ends_with('#') {
            form.push(c);
        }
    }
    Some(form)
}

/// The beginning of a long word.
fn beginning(word: &str) -> Option<String> {
    (word.chars().count() >= SHORTEST).then(|| word.chars().take(BEGINNING).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_one_kind_have_one_form() {
        for (word, form) in [
            ("spam0017", "spam#"),
            ("a-00123", "a-#"),
            ("neg_12_3", "neg_#_#"),
            ("10023", "1####"),
            ("42", "#"),
            ("3.50", "#.#"),
        ] {
            assert_eq!(digits_hidden(word).as_deref(), Some(form), "{word}");
        }
        assert_eq!(digits_hidden("plain"), None);
        assert_eq!((beginning("usr_kxq").as_deref(), beginning("short")), (Some("usr…"), None));
    }
}
