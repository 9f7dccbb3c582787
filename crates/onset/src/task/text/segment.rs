//! From words to learned subwords, for texts in a script that puts no spaces between words, or with many rare words.
//!
//! The words that the rules find are cut further; a subword that begins one is written with a `▁`. What counts as a word is
//! decided before, so that a subword never reaches across punctuation.

use super::gather::WordTexts;
use super::pieces::{ForeignPieces, WordPieces};
use super::words::{WordList, WordPool};
use super::{TextError, TextSource, Vocabulary};
use crate::batch::Ragged;
use crate::task::subwords::{Normalization, Subwords};

/// Subwords at most, if `task.vocabulary` is not given.
const SIZE: usize = 8000;

/// Learns subwords from the words of `train`, which are in `words`, unless those of a pretrained model are given, and cuts the words
/// of both splits into them. Returns the list of subwords that occur, or of all of a pretrained model, and how words are cut.
pub(super) fn segment(
    train: &mut WordTexts,
    validation: &mut WordTexts,
    words: &WordList,
    source: &TextSource,
) -> Result<(WordList, WordPieces), TextError> {
    let pieces = match &source.tokenizer {
        Some(path) => WordPieces::Foreign(ForeignPieces::read(path)?),
        None => WordPieces::Learned(learn(train, words, source)?),
    };
    let mut cutter = Cutter::new(words, &pieces);
    cutter.cut(train, source.max_words);
    cutter.cut(validation, source.max_words);
    Ok((cutter.pieces.into_list(), pieces))
}

fn learn(train: &WordTexts, words: &WordList, source: &TextSource) -> Result<Subwords, TextError> {
    let mut counts = vec![0u32; words.len()];
    train.iter().flat_map(|text| text.words).for_each(|&word| counts[word as usize] += 1);
    let counted = words.iter().zip(counts).filter(|(_, count)| *count > 0);
    let size = source.vocabulary.unwrap_or(SIZE);
    Ok(Subwords::learn_counts(counted, size, Normalization::None)?)
}

struct Cutter<'a> {
    words: &'a WordList,
    subwords: &'a WordPieces,
    pieces: WordPool,
    /// The pieces of each word that has been met; no word has none.
    cut: Vec<Vec<u32>>,
}

impl<'a> Cutter<'a> {
    fn new(words: &'a WordList, subwords: &'a WordPieces) -> Self {
        let mut pieces = WordPool::with(&Vocabulary::SPECIAL);
        // A pretrained model knows all its tokens, also those that no text has.
        if let WordPieces::Foreign(foreign) = subwords {
            foreign.words().for_each(|name| _ = pieces.id_of(name));
        }
        Self { words, subwords, pieces, cut: vec![Vec::new(); words.len()] }
    }

    /// Replaces the words of `texts` by their subwords, of which `most` are kept.
    fn cut(&mut self, texts: &mut WordTexts, most: usize) {
        let mut rows = Ragged::default();
        let mut row = Vec::new();
        for index in 0..texts.len() {
            row.clear();
            for &word in texts.text(index).words {
                row.extend_from_slice(self.pieces_of(word));
            }
            texts.lengths[index] = row.len();
            row.truncate(most);
            let framed = [Vocabulary::BEGIN].into_iter().chain(row.iter().copied()).chain([Vocabulary::END]);
            rows.push(framed);
        }
        texts.words = rows;
    }

    fn pieces_of(&mut self, word: u32) -> &[u32] {
        let Self { words, subwords, pieces, cut } = self;
        let own = &mut cut[word as usize];
        if own.is_empty() {
            own.extend(subwords.of(words.word(word)).iter().map(|piece| pieces.id_of(piece)));
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use crate::task::text::{TextData, TextSource, Tokens};

    fn rows() -> Vec<(String, &'static str)> {
        let text = |i: usize| {
            let words = ["店员很热情", "房间很脏", "早餐很好", "不好", "服务太慢"];
            (0..4).map(|j| words[(i * 3 + j * (i / 5) + j * j) % words.len()]).collect::<String>()
        };
        (0..80).map(|i| (text(i), ["good", "bad"][i % 2])).collect()
    }

    #[test]
    fn sentences_become_subwords_that_make_them_up() {
        let source = TextSource { tokens: Tokens::Subwords, vocabulary: Some(200), ..TextSource::default() };
        let data = TextData::from_rows(rows(), &source).unwrap();
        let subwords = data.subwords.as_ref().unwrap();
        assert!(subwords.len() <= 200);
        let again = TextData::from_rows(rows(), &source).unwrap();
        assert_eq!(again.subwords.unwrap().to_json(), subwords.to_json());
        let whole: Vec<String> = data
            .train
            .iter()
            .map(|text| text.words[1..text.words.len() - 1].concat().replace('▁', ""))
            .collect();
        assert!(rows().iter().filter(|(text, _)| whole.contains(text)).count() >= whole.len());
        let mean =
            data.train.iter().map(|text| text.words.len() - 2).sum::<usize>() as f64 / whole.len() as f64;
        // Some fifteen characters in one sentence: subwords are between the two.
        assert!((1.5..13.0).contains(&mean), "{mean}");
        assert!(data.train.iter().all(|text| text.words[1].starts_with('▁')));
    }

    #[test]
    fn texts_are_cut_after_so_many_subwords_and_counted() {
        let source = TextSource {
            tokens: Tokens::Subwords,
            vocabulary: Some(40),
            max_words: 2,
            ..TextSource::default()
        };
        let data = TextData::from_rows(rows(), &source).unwrap();
        assert!(data.train.iter().all(|text| text.words.len() <= 4));
        assert!(data.notices.cut_texts > 0);
    }

    #[test]
    fn a_vocabulary_that_cannot_hold_every_character_is_refused() {
        let source = TextSource { tokens: Tokens::Subwords, vocabulary: Some(10), ..TextSource::default() };
        let message = TextData::from_rows(rows(), &source).unwrap_err().to_string();
        assert!(
            message.contains("task.vocabulary = 10") && message.contains("set it to at least"),
            "{message}"
        );
    }
}
