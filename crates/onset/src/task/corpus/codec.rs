//! From text to tokens: characters, words, or learned subwords.
//!
//! A text is first cut into pieces: its characters; or its words and its line breaks; or what stands between white space, and its line
//! breaks. A piece is one token, or several subwords. A line break is a character, or the token that ends a line (`<eos>`, `</s>`).

use std::path::Path;

use crate::task::Artifact;
use crate::task::subwords::{ForeignTokens, Normalization, SPACE, SUBWORDS, Subwords, SubwordsError};
use crate::task::text::{Tokens, Vocabulary, WordPool, each_character, each_token};

/// How text is turned into tokens, learned from the text to train on.
#[derive(Debug, Clone)]
pub enum Codec {
    /// Each character is a token, white space included.
    Characters(Vocabulary),
    /// Each word is a token, and so is the end of each line.
    Words(Vocabulary),
    /// Words are cut into subwords; the end of each line is a token.
    Subwords(Subwords),
    /// The tokens of a pretrained model, whose table has so many rows.
    Foreign(Box<ForeignTokens>, usize),
}

const LINE_BREAK: &str = "\n";

impl Codec {
    /// Learns at most `size` tokens from `text`, special ones included; rarer ones become `<unk>`. Errors if there are to be subwords
    /// and `text` has more different characters than that.
    pub fn learn(text: &str, tokens: Tokens, size: usize) -> Result<Self, SubwordsError> {
        let mut pool = WordPool::default();
        let mut counts: Vec<u32> = Vec::new();
        each_piece(text, tokens, &mut |piece| {
            let id = pool.id_of(piece) as usize;
            counts.resize(counts.len().max(id + 1), 0);
            counts[id] = counts[id].saturating_add(1);
        });
        let counted = pool.list().iter().zip(counts);
        if tokens == Tokens::Subwords {
            let words = counted.filter(|(piece, _)| *piece != LINE_BREAK);
            return Ok(Self::Subwords(Subwords::learn_counts(words, size, Normalization::None)?));
        }
        let is_end = |piece: &str| tokens == Tokens::Words && piece == LINE_BREAK;
        let all: Vec<(&str, u64)> = counted.map(|(piece, count)| (piece, u64::from(count))).collect();
        let ends = all.iter().filter(|(piece, _)| is_end(piece)).map(|(_, count)| count).sum();
        let known = all.iter().copied().filter(|(piece, _)| !is_end(piece));
        let vocabulary = Vocabulary::from_counts(known, ends, 1, size);
        Ok(if tokens == Tokens::Words { Self::Words(vocabulary) } else { Self::Characters(vocabulary) })
    }

    /// The tokens of the pretrained model whose `tokenizer.json` is at `path`, with as many rows as the model's table has, or as there
    /// are tokens. Errors if it cannot be read, or has more tokens than rows.
    pub fn foreign(path: &Path, rows: Option<usize>) -> Result<Self, SubwordsError> {
        let tokens = ForeignTokens::read(path)?;
        let rows = rows.unwrap_or(tokens.len());
        if tokens.len() > rows {
            let reason = format!(
                "it has {} tokens, and the model's table has {rows} rows (task.vocabulary): the tokenizer belongs to another model",
                tokens.len()
            );
            return Err(SubwordsError::Tokenizer { path: path.into(), reason });
        }
        Ok(Self::Foreign(Box::new(tokens), rows))
    }

    /// The tokens of `text`.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        if let Self::Foreign(tokens, _) = self {
            return tokens.encode(text);
        }
        let mut pool = WordPool::default();
        // The tokens of each distinct piece.
        let mut known: Vec<Vec<u32>> = Vec::new();
        let mut all = Vec::new();
        each_piece(text, self.tokens(), &mut |piece| {
            let id = pool.id_of(piece) as usize;
            if id == known.len() {
                known.push(self.encode_piece(piece));
            }
            all.extend_from_slice(&known[id]);
        });
        all
    }

    fn encode_piece(&self, piece: &str) -> Vec<u32> {
        match self {
            Self::Words(_) if piece == LINE_BREAK => vec![Vocabulary::END],
            Self::Characters(vocabulary) | Self::Words(vocabulary) => vec![vocabulary.id(piece)],
            Self::Subwords(_) if piece == LINE_BREAK => vec![Subwords::END],
            Self::Subwords(subwords) => {
                let framed = subwords.encode(piece);
                framed[1..framed.len() - 1].to_vec()
            }
            Self::Foreign(tokens, _) => tokens.encode(piece),
        }
    }

    /// What its tokens are.
    pub fn tokens(&self) -> Tokens {
        match self {
            Self::Characters(_) => Tokens::Characters,
            Self::Words(_) => Tokens::Words,
            Self::Subwords(_) | Self::Foreign(..) => Tokens::Subwords,
        }
    }

    /// How many tokens there are, special ones included.
    pub fn len(&self) -> usize {
        match self {
            Self::Characters(vocabulary) | Self::Words(vocabulary) => vocabulary.len(),
            Self::Subwords(subwords) => subwords.len(),
            Self::Foreign(_, rows) => *rows,
        }
    }

    /// Never: the special tokens are always there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The token of what is not known.
    pub fn unknown(&self) -> u32 {
        match self {
            Self::Characters(_) | Self::Words(_) => Vocabulary::UNKNOWN,
            Self::Subwords(_) => Subwords::UNKNOWN,
            // A tokenizer of bytes knows every text.
            Self::Foreign(tokens, _) => tokens.unknown().unwrap_or(u32::MAX),
        }
    }

    /// How a token is written; white space can be seen.
    pub fn token(&self, id: u32) -> String {
        match self {
            Self::Subwords(subwords) => subwords.piece(id),
            Self::Foreign(tokens, _) => tokens.piece(id),
            Self::Characters(vocabulary) | Self::Words(vocabulary) => match vocabulary.word(id) {
                " " => SPACE.into(),
                "\n" => "↵".into(),
                "\t" => "⇥".into(),
                word => word.into(),
            },
        }
    }

    /// The file of a run that holds it.
    pub(super) fn artifact(&self) -> Artifact {
        let (name, contents) = match self {
            Self::Subwords(subwords) => (SUBWORDS, subwords.to_json()),
            Self::Foreign(tokens, _) => (SUBWORDS, tokens.to_json()),
            Self::Characters(vocabulary) | Self::Words(vocabulary) => {
                ("vocabulary.json", serde_json::to_string(vocabulary).expect("plain data"))
            }
        };
        Artifact { name, contents: contents.into_bytes(), vocabulary: Some(self.len()) }
    }
}

/// Calls `each` with the pieces of `text` in turn.
fn each_piece(text: &str, tokens: Tokens, each: &mut dyn FnMut(&str)) {
    if tokens == Tokens::Characters {
        return each_character(text, each);
    }
    for line in text.split_inclusive('\n') {
        match tokens {
            Tokens::Subwords => line.split_whitespace().for_each(&mut *each),
            _ => each_token(line, tokens, false, each),
        }
        if line.ends_with('\n') {
            each(LINE_BREAK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(codec: &Codec, text: &str) -> String {
        let tokens: Vec<String> = codec.encode(text).into_iter().map(|token| codec.token(token)).collect();
        tokens.join(" ")
    }

    #[test]
    fn characters_include_white_space_and_keep_their_marks() {
        let text = "a b\te\u{301}\nA";
        let codec = Codec::learn(text, Tokens::Characters, 100).unwrap();
        assert_eq!(written(&codec, text), "a ▁ b ⇥ e\u{301} ↵ A");
        assert_eq!(codec.len(), 3 + 7);
        assert_eq!(written(&codec, "az"), "a <unk>");
    }

    #[test]
    fn words_end_with_their_line_and_rare_ones_are_unknown() {
        let text = "to be, or not to be\nthat\n";
        let codec = Codec::learn(text, Tokens::Words, 5).unwrap();
        assert_eq!(written(&codec, text), "to be <unk> <unk> <unk> to be <eos> <unk> <eos>");
        assert_eq!(codec.len(), 5);
        let all = Codec::learn(text, Tokens::Words, 100).unwrap();
        assert_eq!(written(&all, text), "to be , or not to be <eos> that <eos>");
    }

    #[test]
    fn subwords_make_up_the_text() {
        let text = "low lower lowest\nnew newer newest\n".repeat(20);
        let codec = Codec::learn(&text, Tokens::Subwords, 40).unwrap();
        let back = written(&codec, "lower newest\n").replace(' ', "");
        assert_eq!(back, "▁lower▁newest</s>");
        assert!(codec.len() <= 40);
    }
}
