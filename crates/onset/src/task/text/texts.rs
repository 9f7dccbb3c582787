//! Labelled texts of one split, four bytes a position.

use std::sync::Arc;

use super::gather::WordTexts;
use super::words::WordList;
use super::{TextExample, Vocabulary};
use crate::batch::Ragged;

/// The words that texts were read with, and their ids in the vocabulary.
#[derive(Debug)]
pub(super) struct Encoding {
    /// All words that were read.
    read: WordList,
    /// The id in the vocabulary of each of them.
    ids: Vec<u32>,
    /// For each id in the vocabulary, its word's id in `read`; the special words come first in both.
    known: Vec<u32>,
}

impl Encoding {
    /// `read` must begin with the special words and hold all words of `vocabulary`.
    pub fn new(read: WordList, vocabulary: &Vocabulary) -> Self {
        let ids: Vec<u32> = read.iter().map(|word| vocabulary.id(word)).collect();
        let mut known = vec![Vocabulary::UNKNOWN; vocabulary.len()];
        for (word, &id) in (0..).zip(&ids).filter(|&(_, &id)| id != Vocabulary::UNKNOWN) {
            known[id as usize] = word;
        }
        Self { read, ids, known }
    }
}

/// Labelled texts as token ids, between `<bos>` and `<eos>`; their words come back exactly as read.
///
/// A position takes four bytes, and four more if its word is not in the vocabulary: a token other than `<unk>`
/// is written as the vocabulary's word, an `<unk>` as the word that was read there.
#[derive(Debug, Clone)]
pub struct Texts {
    tokens: Ragged,
    labels: Vec<u32>,
    /// The line of each text in its file, or its number among rows from memory; counted from 1.
    lines: Vec<u32>,
    /// For each text, the words that its `<unk>` stand for, by their ids in `encoding.read`.
    unknown: Ragged,
    encoding: Arc<Encoding>,
}

impl Texts {
    /// `texts` with their words, which are ids in `encoding.read`, replaced by their ids in the vocabulary.
    pub(super) fn encode(texts: WordTexts, encoding: &Arc<Encoding>) -> Self {
        let WordTexts { words: mut tokens, labels, lines, .. } = texts;
        let lines = lines.into_iter().map(|line| u32::try_from(line).unwrap_or(u32::MAX)).collect();
        let (mut unknown, mut here) = (Ragged::default(), Vec::new());
        for index in 0..tokens.len() {
            for token in tokens.row_mut(index) {
                let id = encoding.ids[*token as usize];
                if id == Vocabulary::UNKNOWN {
                    here.push(*token);
                }
                *token = id;
            }
            unknown.push(here.drain(..));
        }
        Self { tokens, labels, lines, unknown, encoding: Arc::clone(encoding) }
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The token ids of a text, with `<bos>` and `<eos>`.
    pub fn tokens(&self, index: usize) -> &[u32] {
        self.tokens.row(index)
    }

    /// The words of a text as read (lower-cased if asked), between `<bos>` and `<eos>`.
    pub fn words(&self, index: usize) -> impl Iterator<Item = &str> {
        let mut unknown = self.unknown.row(index).iter();
        let Encoding { read, known, .. } = &*self.encoding;
        self.tokens(index).iter().map(move |&token| match token {
            Vocabulary::UNKNOWN => read.word(*unknown.next().expect("each <unk> has its word")),
            token => read.word(known[token as usize]),
        })
    }

    /// The label of a text, by its number.
    pub fn label(&self, index: usize) -> u32 {
        self.labels[index]
    }

    /// The line of each text in its file, or its number among rows from memory; counted from 1.
    pub fn lines(&self) -> &[u32] {
        &self.lines
    }

    /// The labels of all texts.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// A text with its words, tokens and label in lists of its own.
    pub fn example(&self, index: usize) -> TextExample {
        TextExample {
            words: self.words(index).map(String::from).collect(),
            tokens: self.tokens(index).to_vec(),
            label: self.label(index),
        }
    }

    /// Each text in turn, as [`Texts::example`] makes it.
    pub fn iter(&self) -> impl Iterator<Item = TextExample> {
        (0..self.len()).map(|index| self.example(index))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::task::text::TextSource;
    use crate::task::text::{TextData, Vocabulary, tokenize};

    /// A plain reading of rows: words as strings, a vocabulary of these, ids looked up one by one.
    fn plain(rows: &[(String, String)], source: &TextSource) -> Vec<(Vec<String>, bool)> {
        let read = |(text, label): &(String, String)| {
            let mut words = tokenize(text, source.lowercase);
            words.truncate(source.max_words);
            (words, label == "1")
        };
        rows.iter().map(read).collect()
    }

    proptest! {
        #[test]
        fn words_tokens_and_labels_are_those_of_a_plain_reading(
            texts in proptest::collection::vec("[a-cA-C,é<>]{1,3}( [a-d,é<]{1,3}){0,12}", 4..40),
            lowercase: bool, min_count in 1usize..4, max_words in 1usize..8,
        ) {
            let rows: Vec<(String, String)> =
                texts.into_iter().enumerate().map(|(i, text)| (text, (i % 2).to_string())).collect();
            let source = TextSource { lowercase, min_count, max_words, ..TextSource::default() };
            let data = TextData::from_split_rows(rows.clone(), rows.clone(), &source).unwrap();
            let plain = plain(&rows, &source);
            let vocabulary = Vocabulary::build(plain.iter().map(|(words, _)| &words[..]), min_count);
            prop_assert_eq!(&data.vocabulary, &vocabulary);
            for texts in [&data.train, &data.validation] {
                prop_assert_eq!(texts.len(), rows.len());
                for (index, (words, positive)) in plain.iter().enumerate() {
                    let example = texts.example(index);
                    let ids: Vec<u32> = words.iter().map(|word| vocabulary.id(word)).collect();
                    prop_assert_eq!(example.words[0].as_str(), "<bos>");
                    prop_assert_eq!(example.words[example.words.len() - 1].as_str(), "<eos>");
                    prop_assert_eq!(&example.words[1..example.words.len() - 1], &words[..]);
                    prop_assert_eq!(&example.tokens[1..example.tokens.len() - 1], &ids[..]);
                    prop_assert_eq!((example.tokens[0], example.tokens[example.tokens.len() - 1]), (1, 2));
                    prop_assert_eq!(example.label == 1, *positive);
                }
            }
        }
    }
}
