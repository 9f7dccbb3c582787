//! Descriptions and texts as tokens: `[CLS] description [SEP] text [SEP]`.

use std::path::Path;

use crate::task::subwords::{ForeignTokens, SubwordsError};
use crate::task::text::{Tokens, Vocabulary, tokens_of};

/// How descriptions and texts become tokens.
#[derive(Debug, Clone)]
pub struct PairTokens {
    kind: Kind,
    lowercase: bool,
    /// Tokens of a description and its text together, at most.
    length: usize,
}

#[derive(Debug, Clone)]
enum Kind {
    Words(Vocabulary),
    /// With the ids that stand before a text and behind it.
    Foreign(Box<ForeignTokens>, [u32; 2]),
}

impl PairTokens {
    /// Words of `vocabulary`.
    pub fn of_words(vocabulary: Vocabulary, lowercase: bool, length: usize) -> Self {
        Self { kind: Kind::Words(vocabulary), lowercase, length }
    }

    /// The tokens of a pretrained model, by its `tokenizer.json`. Errors if it does not put one token before a text and one behind
    /// it, as BERT's does.
    pub fn of_tokenizer(path: &Path, lowercase: bool, length: usize) -> Result<Self, SubwordsError> {
        let tokens = ForeignTokens::read(path)?;
        let [_, begin, end] = tokens.required_frame(path)?;
        Ok(Self { kind: Kind::Foreign(Box::new(tokens), [begin, end]), lowercase, length })
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        match &self.kind {
            Kind::Words(vocabulary) => vocabulary.len(),
            Kind::Foreign(tokens, _) => tokens.len(),
        }
    }

    /// Never: there are special ones.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The vocabulary, where tokens are words.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        if let Kind::Words(vocabulary) = &self.kind { Some(vocabulary) } else { None }
    }

    /// The `tokenizer.json`, where tokens are those of a pretrained model.
    pub fn to_json(&self) -> Option<String> {
        if let Kind::Foreign(tokens, _) = &self.kind { Some(tokens.to_json()) } else { None }
    }

    /// The tokens of a text or a description alone.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        match &self.kind {
            Kind::Words(vocabulary) => {
                words_of(text, self.lowercase).iter().map(|word| vocabulary.id(word)).collect()
            }
            Kind::Foreign(tokens, _) if self.lowercase => tokens.encode(&text.to_lowercase()),
            Kind::Foreign(tokens, _) => tokens.encode(text),
        }
    }

    /// A text or a description alone, with the tokens that stand before and behind it.
    pub fn framed<'a>(&self, tokens: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let [begin, end] = self.frame();
        [begin].into_iter().chain(tokens.iter().copied()).chain([end])
    }

    fn frame(&self) -> [u32; 2] {
        match self.kind {
            Kind::Words(_) => [Vocabulary::BEGIN, Vocabulary::END],
            Kind::Foreign(_, frame) => frame,
        }
    }

    /// How a token is written.
    pub fn token(&self, id: u32) -> String {
        match &self.kind {
            Kind::Words(vocabulary) => vocabulary.word(id).to_owned(),
            Kind::Foreign(tokens, _) => tokens.piece(id),
        }
    }

    /// How many tokens of a text there is room for behind a description of so many tokens.
    pub fn room(&self, description: usize) -> usize {
        self.length.saturating_sub(description + 3).max(1)
    }

    /// Description and text as one sequence, the text cut to what there is room for, and where the text begins.
    pub fn join<'a>(&self, description: &'a [u32], text: &'a [u32]) -> (impl Iterator<Item = u32> + 'a, u32) {
        let [begin, end] = self.frame();
        let text = &text[..text.len().min(self.room(description.len()))];
        let first = [begin].into_iter().chain(description.iter().copied()).chain([end]);
        (first.chain(text.iter().copied()).chain([end]), description.len() as u32 + 2)
    }
}

/// The words of a text.
pub(super) fn words_of(text: &str, lowercase: bool) -> Vec<String> {
    tokens_of(text, Tokens::Words, lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_what_there_is_room_for() {
        let texts = [["a", "b", "c", "d"].map(String::from)];
        let vocabulary = Vocabulary::build(texts.iter().map(|text| &text[..]), 1);
        let tokens = PairTokens::of_words(vocabulary, true, 7);
        let (description, text) = (tokens.encode("A b"), tokens.encode("c d c d"));
        let (joined, begin) = tokens.join(&description, &text);
        let joined: Vec<String> = joined.map(|token| tokens.token(token)).collect();
        assert_eq!(joined, ["<bos>", "a", "b", "<eos>", "c", "d", "<eos>"]);
        assert_eq!(begin, 4);
    }
}
