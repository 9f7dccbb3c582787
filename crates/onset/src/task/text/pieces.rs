//! The parts of words that are the tokens of texts: learned from the training texts, or those of a pretrained model.

use std::collections::HashSet;
use std::path::Path;

use super::Vocabulary;
use crate::task::subwords::{ForeignTokens, Subwords, SubwordsError};

/// How words are cut into tokens.
#[derive(Debug, Clone)]
pub enum WordPieces {
    /// As was learned from the training texts.
    Learned(Subwords),
    /// As a pretrained model does it.
    Foreign(ForeignPieces),
}

/// The tokens of a pretrained model, under names that are words of a vocabulary.
#[derive(Debug, Clone)]
pub struct ForeignPieces {
    tokens: ForeignTokens,
    /// The name of each of its tokens.
    names: Vec<String>,
    /// For each word of the vocabulary, the model's token.
    rows: Vec<u32>,
}

impl WordPieces {
    /// Reads a `tokenizer.json` that a run has kept: of a pretrained model if it is `foreign`.
    pub fn read(path: &Path, foreign: bool) -> Result<Self, SubwordsError> {
        if foreign {
            Ok(Self::Foreign(ForeignPieces::read(path)?))
        } else {
            Ok(Self::Learned(Subwords::read(path)?))
        }
    }

    /// The parts of a word.
    pub fn of(&self, word: &str) -> Vec<String> {
        match self {
            Self::Learned(subwords) => {
                let tokens = subwords.encode(word);
                tokens[1..tokens.len() - 1].iter().map(|&token| subwords.piece(token)).collect()
            }
            Self::Foreign(pieces) => {
                let name = |&token: &u32| pieces.names[token as usize].clone();
                pieces.tokens.encode(word).iter().map(name).collect()
            }
        }
    }

    /// The bytes of its `tokenizer.json`.
    pub fn to_json(&self) -> String {
        match self {
            Self::Learned(subwords) => subwords.to_json(),
            Self::Foreign(pieces) => pieces.tokens.to_json(),
        }
    }

    /// How many different parts there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Learned(subwords) => subwords.len(),
            Self::Foreign(pieces) => pieces.names.len(),
        }
    }

    /// Never: there are special ones.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ForeignPieces {
    /// Reads the `tokenizer.json` of a pretrained model. Errors if it cannot be read, and if it does not put one token before a text
    /// and one behind it, as BERT's does.
    pub fn read(path: &Path) -> Result<Self, SubwordsError> {
        let tokens = ForeignTokens::read(path)?;
        let frame = tokens.required_frame(path)?;
        let mut used: HashSet<String> = Vocabulary::SPECIAL.map(String::from).into();
        let mut names = Vec::with_capacity(tokens.len());
        for id in 0..tokens.len() as u32 {
            let name = match frame.iter().position(|&special| special == id) {
                Some(special) => Vocabulary::SPECIAL[special].to_owned(),
                None => {
                    let mut name = tokens.piece(id);
                    // Two tokens may be written alike.
                    while !used.insert(name.clone()) {
                        name.push('\'');
                    }
                    name
                }
            };
            names.push(name);
        }
        let others = (0..tokens.len() as u32).filter(|id| !frame.contains(id));
        let rows = frame.into_iter().chain(others).collect();
        Ok(Self { tokens, names, rows })
    }

    /// All names, in the order of the vocabulary: `<unk>`, `<bos>`, `<eos>`, then the others by token.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|&token| self.names[token as usize].as_str())
    }

    /// For each word of the vocabulary, the model's token.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }
}
