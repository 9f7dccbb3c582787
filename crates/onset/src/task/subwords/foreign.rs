//! A tokenizer that was made elsewhere, as the `tokenizer.json` of a pretrained model has it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tokenizers::Tokenizer;

use super::{SPACE, SubwordsError};

/// A tokenizer that was made elsewhere. Its special tokens are not put around texts by themselves.
#[derive(Debug, Clone)]
pub struct ForeignTokens {
    tokenizer: Tokenizer,
    /// Whether its tokens are bytes under other names, as GPT-2's.
    bytes: bool,
    /// Whether its tokens within a word begin with `##`, as BERT's.
    wordpiece: bool,
}

impl ForeignTokens {
    /// Reads a `tokenizer.json`.
    pub fn read(path: &Path) -> Result<Self, SubwordsError> {
        let refuse = |reason: String| SubwordsError::Tokenizer { path: path.into(), reason };
        let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        // The reader of the `tokenizers` crate panics on some files.
        let read = catch_unwind(AssertUnwindSafe(|| Tokenizer::from_bytes(&bytes)));
        let Ok(read) = read else { return Err(refuse("the file is not a tokenizer".into())) };
        let mut tokenizer = read.map_err(|error| refuse(error.to_string()))?;
        tokenizer.with_truncation(None).map_err(|error| refuse(error.to_string()))?;
        tokenizer.with_padding(None);
        if tokenizer.get_vocab_size(true) == 0 {
            return Err(refuse("the tokenizer has no tokens".into()));
        }
        let all = tokenizer.get_vocab(true);
        let (bytes, wordpiece) =
            (all.keys().any(|token| token.starts_with('Ġ')), all.keys().any(|token| token.starts_with("##")));
        let tokens = Self { tokenizer, bytes, wordpiece };
        // What it panics on it panics on here.
        tokens.try_encode("a b").map_err(refuse)?;
        // A letter that hardly any vocabulary has (Cyrillic multiocular o): text must not be lost where one is unknown.
        if tokens.try_encode("\u{a66e}").map_err(refuse)?.is_empty() {
            return Err(refuse("it leaves out characters that it does not know".into()));
        }
        Ok(tokens)
    }

    /// One more than the largest id.
    pub fn len(&self) -> usize {
        self.tokenizer.get_vocab(true).values().max().map_or(0, |&id| id as usize + 1)
    }

    /// Never: a tokenizer has tokens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tokens of `text`. Text is cut between lines before it is encoded, which changes nothing as long as a token does not reach
    /// from one line into the next word.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut all = Vec::new();
        for piece in lines(text) {
            // What could go wrong has gone wrong when the file was read; a piece that cannot be cut is unknown, and not lost.
            all.extend(self.try_encode(piece).unwrap_or_else(|_| self.unknown().into_iter().collect()));
        }
        all
    }

    fn try_encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoded = catch_unwind(AssertUnwindSafe(|| self.tokenizer.encode_fast(text, false)));
        let Ok(encoded) = encoded else { return Err("the tokenizer cannot cut text".into()) };
        Ok(encoded.map_err(|error| error.to_string())?.get_ids().to_vec())
    }

    /// The ids that stand for an unknown word, before a text and behind it, as BERT's tokenizer has them; none if it puts anything
    /// else around a text.
    pub fn frame(&self) -> Option<[u32; 3]> {
        let framed = self.tokenizer.encode_fast("a", true).ok()?;
        let inner = self.try_encode("a").ok()?;
        let [begin, .., end] = *framed.get_ids() else { return None };
        let unknown = ["[UNK]", "<unk>"].iter().find_map(|token| self.tokenizer.token_to_id(token))?;
        (framed.get_ids().len() == inner.len() + 2).then_some([unknown, begin, end])
    }

    /// As [`ForeignTokens::frame`], of a tokenizer that was read from `path`. Errors if it has none.
    pub fn required_frame(&self, path: &Path) -> Result<[u32; 3], SubwordsError> {
        self.frame().ok_or_else(|| SubwordsError::Tokenizer {
            path: path.into(),
            reason: "it does not put one token before a text and one behind it, as BERT's does; texts with labels are read by such a \
                     model (a file of running text, by any)"
                .into(),
        })
    }

    /// The id of tokens that are not known, if there is one.
    pub fn unknown(&self) -> Option<u32> {
        ["[UNK]", "<unk>"].iter().find_map(|token| self.tokenizer.token_to_id(token))
    }

    /// How a token is written: `▁` stands for the space before a word, or for the beginning of one.
    pub fn piece(&self, id: u32) -> String {
        let Some(token) = self.tokenizer.id_to_token(id) else { return format!("<{id}>") };
        if self.bytes {
            let written = self.tokenizer.decode(&[id], false).unwrap_or_else(|_| token.clone());
            return match written.strip_prefix(' ') {
                Some(word) => format!("{SPACE}{word}"),
                None => written.replace('\n', "↵").replace('\t', "⇥"),
            };
        }
        match token.strip_prefix("##") {
            Some(inner) if self.wordpiece => inner.into(),
            None if self.wordpiece && !is_special(&token) => format!("{SPACE}{token}"),
            _ => token,
        }
    }

    /// The bytes of its `tokenizer.json`.
    pub fn to_json(&self) -> String {
        self.tokenizer.to_string(true).expect("a tokenizer that was read can be written")
    }
}

/// Whether a token of BERT's is one that stands for no text, such as `[MASK]`.
fn is_special(token: &str) -> bool {
    token.len() > 2 && token.starts_with('[') && token.ends_with(']')
}

/// The lines of `text` that begin with a word, each with what follows it up to the next one.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let begins = |at: &usize| bytes[at - 1] == b'\n' && !rest[*at..].starts_with(char::is_whitespace);
        let end = (1..bytes.len()).find(begins).unwrap_or(bytes.len());
        let (line, behind) = rest.split_at(end);
        rest = behind;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_make_up_the_text_and_begin_with_a_word() {
        let text = "one\n two\n\nthree\n\n\n";
        assert_eq!(lines(text).collect::<Vec<_>>(), ["one\n two\n\n", "three\n\n\n"]);
        assert_eq!(lines("").count(), 0);
        assert_eq!(lines("\n\nä\nö").collect::<Vec<_>>(), ["\n\n", "ä\n", "ö"]);
    }

    #[test]
    fn what_is_no_tokenizer_is_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        for text in ["", "{}", "[1]", "{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}}"] {
            std::fs::write(&path, text).unwrap();
            let error = ForeignTokens::read(&path).unwrap_err().to_string();
            assert!(error.contains("tokenizer.json"), "{error}");
        }
    }
}
