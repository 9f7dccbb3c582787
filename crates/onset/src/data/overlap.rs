//! Texts that occur more than once.

use std::collections::HashMap;

use serde::Serialize;

use crate::task::text::Worded;

/// Examples that are kept.
const EXAMPLES: usize = 3;
/// Characters of an example that are kept.
const EXAMPLE_LENGTH: usize = 100;

/// How many texts are the same as another, and some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub examples: Vec<Pair>,
}

/// Two places of one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The text, its first words.
    pub text: String,
    /// Where it is first, or in training.
    pub first_line: usize,
    /// Where it is again, or held out.
    pub second_line: usize,
}

impl Overlap {
    fn add(&mut self, first: &Worded, second: &Worded) {
        self.note(|| first.words.join(" "), first.line, second.line);
    }

    /// Counts one, and keeps it if it is among the first.
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

/// Texts that occurred before, in the order of `texts`.
pub(super) fn repeated(texts: &[&Worded]) -> Overlap {
    let mut seen: HashMap<&[String], &Worded> = HashMap::new();
    let mut overlap = Overlap::default();
    for &text in texts {
        let first = *seen.entry(&text.words).or_insert(text);
        if !std::ptr::eq(first, text) {
            overlap.add(first, text);
        }
    }
    overlap
}

/// Texts of `held_out` that occur in `train` too.
pub(super) fn leaked(train: &[Worded], held_out: &[Worded]) -> Overlap {
    let mut seen: HashMap<&[String], &Worded> = HashMap::new();
    for text in train {
        seen.entry(&text.words).or_insert(text);
    }
    let mut overlap = Overlap::default();
    for text in held_out {
        if let Some(first) = seen.get(&text.words[..]) {
            overlap.add(first, text);
        }
    }
    overlap
}

/// Different texts that occur with both labels.
pub(super) fn conflicting(texts: &[&Worded]) -> Overlap {
    let mut seen: HashMap<&[String], (&Worded, bool)> = HashMap::new();
    let mut overlap = Overlap::default();
    for &text in texts {
        let (first, told) = seen.entry(&text.words).or_insert((text, false));
        if first.positive != text.positive && !*told {
            *told = true;
            overlap.add(first, text);
        }
    }
    overlap
}
