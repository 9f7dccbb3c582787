//! The text to train on, and what is held out.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{CorpusError, CorpusTask};
use crate::store::hex;
use crate::task::rows::{Reading, text};
use crate::task::text::Tokens;

/// Text in two splits.
pub(super) struct SplitText {
    /// To train on.
    pub train: String,
    /// Held out.
    pub validation: String,
    /// What should be known about how the files were read, as sentences.
    pub remarks: Vec<String>,
    /// SHA-256 of the unpacked files.
    pub digest: String,
}

/// Reads the text of `source.file`, at `path`, and of its validation file if it has one.
pub(super) fn read(path: &Path, source: &CorpusTask) -> Result<SplitText, CorpusError> {
    let mut hash = Sha256::new();
    let reading = source.reading();
    let (mut train, mut remarks) = read_one(path, &reading, &mut hash)?;
    let validation = match &source.validation_file {
        Some(path) => {
            let (text, more) = read_one(path, &reading, &mut hash)?;
            remarks.extend(more);
            text
        }
        None => train.split_off(cut(&train, source.validation_fraction, source.tokens)),
    };
    Ok(SplitText { train, validation, remarks, digest: hex(&hash.finalize()) })
}

fn read_one(path: &Path, reading: &Reading, hash: &mut Sha256) -> Result<(String, Vec<String>), CorpusError> {
    if path.is_dir() {
        return Err(CorpusError::Folder { path: path.into() });
    }
    let (text, remarks) = text(path, reading, hash)?;
    if text.trim().is_empty() {
        return Err(CorpusError::Empty { path: path.into() });
    }
    // The same text is the same corpus, on whatever system it was written.
    let text = if text.contains('\r') { text.replace("\r\n", "\n") } else { text };
    Ok((text, remarks))
}

/// The byte at which the held-out part of `text` begins, which is the share `fraction` of it. Where tokens are no characters, it
/// begins with white space, so that no word is cut.
fn cut(text: &str, fraction: f64, tokens: Tokens) -> usize {
    let held_out = (text.len() as f64 * fraction).round() as usize;
    let mut place = text.len() - held_out.min(text.len());
    while !text.is_char_boundary(place) {
        place += 1;
    }
    if tokens == Tokens::Characters {
        return place;
    }
    let space = text[place..].find(char::is_whitespace).map(|behind| place + behind);
    // A text without white space is cut anywhere.
    space.filter(|space| 2 * (text.len() - space) >= held_out).unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_is_held_out_and_no_word_is_cut() {
        assert_eq!(cut("abcdefghij", 0.3, Tokens::Characters), 7);
        assert_eq!(cut("äöüß", 0.3, Tokens::Characters), 6);
        let text = "one two three four five six";
        let place = cut(text, 0.5, Tokens::Words);
        assert_eq!((&text[..place], &text[place..]), ("one two three", " four five six"));
        assert_eq!(cut("abcdefghij", 0.3, Tokens::Subwords), 7);
    }
}
