//! Texts that occur more than once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

use crate::task::text::{WordList, WordText};

/// Largest number of examples that are kept.
const EXAMPLES: usize = 3;
/// Largest number of characters of an example.
const EXAMPLE_LENGTH: usize = 100;

/// The number of repeated texts, with some examples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// The number of repeated texts.
    pub count: usize,
    /// The first few.
    pub examples: Vec<Pair>,
}

/// The two places of a repeated text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The first words of the text.
    pub text: String,
    /// The line of its first occurrence, or of the training text.
    pub first_line: usize,
    /// The line of its later occurrence, or of the held-out text.
    pub second_line: usize,
}

impl Overlap {
    fn add(&mut self, list: &WordList, first: WordText<'_>, second: WordText<'_>) {
        let text = || first.words.iter().map(|&word| list.word(word)).collect::<Vec<_>>().join(" ");
        self.note(text, first.line, second.line);
    }

    /// Counts a repeated text, and keeps it if it is among the first.
    pub(super) fn note(&mut self, text: impl FnOnce() -> String, first_line: usize, second_line: usize) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            let text = text();
            let cut: String = text.chars().take(EXAMPLE_LENGTH).collect();
            let text = if cut.len() < text.len() { cut + " …" } else { cut };
            self.examples.push(Pair { text, first_line, second_line });
        }
    }
}

/// Texts that repeat an earlier one, in the order of `texts`, whose words are in `list`.
pub(super) fn repeated(list: &WordList, texts: &[WordText<'_>]) -> Overlap {
    let mut seen: HashMap<&[u32], WordText<'_>> = HashMap::new();
    let mut overlap = Overlap::default();
    for &text in texts {
        match seen.entry(text.words) {
            Entry::Occupied(first) => overlap.add(list, *first.get(), text),
            Entry::Vacant(new) => _ = new.insert(text),
        }
    }
    overlap
}

/// Texts of `held_out` that also occur in `train`.
pub(super) fn leaked<'a>(
    list: &WordList,
    train: impl Iterator<Item = WordText<'a>>,
    held_out: impl Iterator<Item = WordText<'a>>,
) -> Overlap {
    let mut seen: HashMap<&[u32], WordText<'_>> = HashMap::new();
    for text in train {
        seen.entry(text.words).or_insert(text);
    }
    let mut overlap = Overlap::default();
    for text in held_out {
        if let Some(&first) = seen.get(text.words) {
            overlap.add(list, first, text);
        }
    }
    overlap
}

/// Distinct texts that occur with both labels.
pub(super) fn conflicting<'a>(list: &WordList, texts: impl Iterator<Item = WordText<'a>>) -> Overlap {
    let mut seen: HashMap<&[u32], (WordText<'_>, bool)> = HashMap::new();
    let mut overlap = Overlap::default();
    for text in texts {
        let (first, counted) = seen.entry(text.words).or_insert((text, false));
        if first.label != text.label && !*counted {
            *counted = true;
            overlap.add(list, *first, text);
        }
    }
    overlap
}
