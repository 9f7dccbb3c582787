//! Words and their ids.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The words that a model knows: `<unk>`, `<bos>`, `<eos>`, then by falling count in training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listed", into = "Listed")]
pub struct Vocabulary {
    words: Vec<String>,
    counts: Vec<u64>,
    ids: HashMap<String, u32>,
}

/// The form of `vocabulary.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Listed {
    words: Vec<String>,
    counts: Vec<u64>,
}

impl Vocabulary {
    /// The id of every word that is not known.
    pub const UNKNOWN: u32 = 0;
    /// The id before the first word of a text.
    pub const BEGIN: u32 = 1;
    /// The id after the last word of a text.
    pub const END: u32 = 2;
    /// The words of these ids.
    pub const SPECIAL: [&'static str; 3] = ["<unk>", "<bos>", "<eos>"];

    /// The words of `texts` that occur at least `min_count` times; equal counts go by alphabet. The count
    /// of `<unk>` is that of all other words together.
    pub fn build<'a>(texts: impl IntoIterator<Item = &'a [String]>, min_count: usize) -> Self {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        let mut number = 0;
        for text in texts {
            number += 1;
            text.iter().for_each(|word| *counts.entry(word).or_default() += 1);
        }
        Self::from_counts(counts, number, min_count, usize::MAX)
    }

    /// As [`Vocabulary::build`], from the count of each distinct word in so many texts, with at most `size` ids.
    pub(crate) fn from_counts<'a>(
        counts: impl IntoIterator<Item = (&'a str, u64)>,
        texts: u64,
        min_count: usize,
        size: usize,
    ) -> Self {
        let mut all = 0;
        let mut known: Vec<(&str, u64)> = Vec::new();
        for (word, count) in counts {
            all += count;
            if count > 0 && count >= min_count as u64 && !Self::SPECIAL.contains(&word) {
                known.push((word, count));
            }
        }
        known.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        known.truncate(size.saturating_sub(Self::SPECIAL.len()));
        let unknown = all - known.iter().map(|(_, count)| count).sum::<u64>();
        let special = Self::SPECIAL.iter().copied().zip([unknown, texts, texts]);
        let (words, counts) = special.chain(known).map(|(word, count)| (word.to_owned(), count)).unzip();
        Self::from_lists(words, counts)
    }

    /// Words with their counts, in this order; the special ones come first.
    pub(crate) fn of_words(words: impl IntoIterator<Item = (String, u64)>) -> Self {
        let (words, counts) = words.into_iter().unzip();
        Self::from_lists(words, counts)
    }

    fn from_lists(words: Vec<String>, counts: Vec<u64>) -> Self {
        let ids = words.iter().enumerate().map(|(id, word)| (word.clone(), id as u32)).collect();
        Self { words, counts, ids }
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never: the special words are always there.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The id of a word.
    pub fn id(&self, word: &str) -> u32 {
        self.ids.get(word).copied().unwrap_or(Self::UNKNOWN)
    }

    /// The word of an id below [`Vocabulary::len`].
    pub fn word(&self, id: u32) -> &str {
        &self.words[id as usize]
    }

    /// How often the word of an id occurs in training.
    pub fn count(&self, id: u32) -> u64 {
        self.counts[id as usize]
    }
}

impl TryFrom<Listed> for Vocabulary {
    type Error = String;

    fn try_from(listed: Listed) -> Result<Self, String> {
        let special = listed.words.iter().take(3).map(String::as_str).eq(Self::SPECIAL);
        if !special || listed.words.len() != listed.counts.len() {
            return Err("a vocabulary begins with <unk>, <bos>, <eos> and has a count for each word".into());
        }
        let vocabulary = Self::from_lists(listed.words, listed.counts);
        if vocabulary.ids.len() != vocabulary.words.len() {
            return Err("a word stands twice in the vocabulary".into());
        }
        Ok(vocabulary)
    }
}

impl From<Vocabulary> for Listed {
    fn from(vocabulary: Vocabulary) -> Self {
        Self { words: vocabulary.words, counts: vocabulary.counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_words_come_first_and_rare_ones_are_unknown() {
        let texts = [["b", "a", "b"].map(String::from), ["a", "c", "<bos>"].map(String::from)];
        let vocabulary = Vocabulary::build(texts.iter().map(|text| &text[..]), 2);
        let words: Vec<&str> = (0..vocabulary.len() as u32).map(|id| vocabulary.word(id)).collect();
        assert_eq!(words, ["<unk>", "<bos>", "<eos>", "a", "b"]);
        assert_eq!((vocabulary.id("b"), vocabulary.id("c")), (4, Vocabulary::UNKNOWN));
        assert_eq!((vocabulary.count(0), vocabulary.count(1), vocabulary.count(3)), (2, 2, 2));
    }

    #[test]
    fn a_vocabulary_reads_back_as_itself_and_a_damaged_one_is_refused() {
        let texts = [["x", "y"].map(String::from)];
        let vocabulary = Vocabulary::build(texts.iter().map(|text| &text[..]), 1);
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
        for wrong in [json.replace("<unk>", "oops"), json.replace("\"y\"", "\"x\"")] {
            assert!(serde_json::from_str::<Vocabulary>(&wrong).is_err());
        }
    }
}
