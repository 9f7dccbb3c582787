//! The paper's toy as text: filler words, and in every second text the word `keyword` somewhere.

use super::KeywordTask;
use crate::task::streams::KEYWORD_TEXTS;

/// The label of texts without and with the keyword.
pub const LABELS: [&str; 2] = ["plain", "keyed"];

/// The word that makes a text positive.
pub const KEYWORD: &str = "keyword";

/// The texts of `task` with their labels, decided by `seed`.
pub(super) fn rows(task: &KeywordTask, seed: u64) -> Vec<(String, &'static str)> {
    let mut random = KEYWORD_TEXTS.random(seed);
    let fillers: Vec<String> = (0..task.vocabulary).map(filler).collect();
    let row = |index: usize| {
        let span = (task.max_length - task.min_length + 1) as u32;
        let length = task.min_length + random.below(span) as usize;
        let mut words: Vec<&str> =
            (0..length).map(|_| fillers[random.below(fillers.len() as u32) as usize].as_str()).collect();
        let positive = index % 2 == 1;
        if positive {
            words[random.below(length as u32) as usize] = KEYWORD;
        }
        (words.join(" "), LABELS[usize::from(positive)])
    };
    (0..task.examples).map(row).collect()
}

/// A pronounceable word, different for each `index`: a syllable for each digit of the index.
fn filler(index: usize) -> String {
    const SYLLABLES: [&str; 12] = ["ba", "do", "fi", "gu", "la", "me", "ni", "po", "ra", "se", "ti", "vo"];
    let mut word = String::new();
    let mut rest = index + SYLLABLES.len();
    while rest > 0 {
        word.insert_str(0, SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_positive_exactly_when_it_holds_the_keyword() {
        let rows = rows(&KeywordTask::default(), 0);
        assert_eq!(rows.len(), 4000);
        for (text, label) in &rows {
            assert_eq!(text.split(' ').any(|word| word == "keyword"), *label == LABELS[1]);
            assert!((5..=25).contains(&text.split(' ').count()));
        }
    }

    #[test]
    fn fillers_differ() {
        let mut words: Vec<String> = (0..2000).map(filler).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!((words.len(), filler(0).as_str()), (2000, "doba"));
    }
}
