//! From a [`CorpusTask`] to tokens in two splits.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::read::read;
use super::{Codec, CorpusError, CorpusPart, CorpusTask};

/// A text in tokens, in two splits.
#[derive(Debug, Clone)]
pub struct CorpusData {
    /// How text is turned into tokens, from training alone.
    pub codec: Codec,
    /// Tokens to train on.
    pub train: Vec<u32>,
    /// Tokens held out.
    pub validation: Vec<u32>,
    /// Characters of the text that is held out.
    pub validation_characters: usize,
    /// What should be known about how the files were read, as sentences.
    pub remarks: Vec<String>,
    /// SHA-256 of the unpacked files: the one to train on, then the one to validate on if there is one.
    pub digest: String,
}

/// What a run keeps about its text, apart from the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusFacts {
    /// Tokens to train on.
    pub train: usize,
    /// Tokens held out.
    pub validation: usize,
    /// Characters of the text that is held out.
    pub validation_characters: usize,
    /// Different tokens, with the special ones.
    pub vocabulary: usize,
    /// Tokens that are not known, to train on and held out.
    pub unknown: [usize; 2],
}

impl CorpusData {
    /// Reads the text of `source.file`, holds out its last part unless there is a validation file, learns the vocabulary from the rest
    /// and encodes both.
    ///
    /// # Errors
    /// If a file cannot be read or decoded, if it is empty, if a split is shorter than a window, if the text to train on repeats one
    /// token, and if the vocabulary cannot hold its characters (subwords only).
    pub fn load(source: &CorpusTask) -> Result<Self, CorpusError> {
        let path = source.file.as_deref().unwrap_or(Path::new(""));
        let text = read(path, source)?;
        let codec = match &source.tokenizer {
            Some(path) => Codec::foreign(path, source.vocabulary)?,
            None => Codec::learn(&text.train, source.tokens, source.size())?,
        };
        let [train, validation] = [&text.train, &text.validation].map(|text| codec.encode(text));
        check_repeats(path, &train, &codec)?;
        let (held_out, held_out_path) = match &source.validation_file {
            Some(path) => (CorpusPart::ValidationFile, path.as_path()),
            None => (CorpusPart::HeldOut, path),
        };
        let needed = source.length + 1;
        for (part, path, tokens) in
            [(CorpusPart::Training, path, train.len()), (held_out, held_out_path, validation.len())]
        {
            if tokens < needed {
                return Err(CorpusError::Short { path: path.into(), part, tokens, needed });
            }
        }
        let validation_characters = text.validation.chars().count();
        let (remarks, mut digest) = (text.remarks, text.digest);
        if let Codec::Foreign(tokens, _) = &codec {
            digest = crate::store::digest(format!("{digest} {}", tokens.to_json()).as_bytes());
        }
        Ok(Self { codec, train, validation, validation_characters, remarks, digest })
    }

    /// What a run keeps about it.
    pub fn facts(&self) -> CorpusFacts {
        CorpusFacts {
            train: self.train.len(),
            validation: self.validation.len(),
            validation_characters: self.validation_characters,
            vocabulary: self.codec.len(),
            unknown: [&self.train, &self.validation].map(|tokens| self.unknown_in(tokens)),
        }
    }

    fn unknown_in(&self, tokens: &[u32]) -> usize {
        tokens.iter().filter(|&&token| token == self.codec.unknown()).count()
    }

    /// What should be known about how the files were read, and how much of the text is unknown; a sentence each.
    pub fn notices(&self) -> Vec<String> {
        let mut sentences = self.remarks.clone();
        for (place, tokens) in [("to train on", &self.train), ("held out", &self.validation)] {
            let unknown = self.unknown_in(tokens);
            if unknown > 0 {
                let share = 100.0 * unknown as f64 / tokens.len() as f64;
                sentences.push(format!(
                    "{unknown} of {} tokens {place} ({share:.1} %) are not in the vocabulary (<unk>)",
                    tokens.len()
                ));
            }
        }
        sentences
    }
}

/// Refuses a text to train on that only repeats one token.
fn check_repeats(path: &Path, train: &[u32], codec: &Codec) -> Result<(), CorpusError> {
    let Some((&first, rest)) = train.split_first() else { return Ok(()) };
    if rest.is_empty() || rest.iter().any(|&token| token != first) {
        return Ok(());
    }
    let unknown = if first == codec.unknown() { ", or raise task.vocabulary" } else { "" };
    Err(CorpusError::Constant { path: path.into(), token: codec.token(first), unknown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::text::Tokens;

    /// A text, a change to the settings, and parts of the message.
    type Refused<'a> = (&'a [u8], &'a dyn Fn(&mut CorpusTask), &'a [&'a str]);

    fn load(text: &[u8], change: impl Fn(&mut CorpusTask)) -> Result<CorpusData, CorpusError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, text).unwrap();
        let mut source = CorpusTask { file: Some(path), length: 4, ..CorpusTask::default() };
        change(&mut source);
        CorpusData::load(&source)
    }

    #[test]
    fn the_last_part_is_held_out_and_learned_from_by_nothing() {
        let text = format!("{}{}", "ab ".repeat(30), "abz".repeat(3));
        let data = load(text.as_bytes(), |_| ()).unwrap();
        assert_eq!((data.train.len(), data.validation.len(), data.validation_characters), (89, 10, 10));
        assert_eq!(data.codec.len(), 3 + 3);
        assert_eq!(data.facts().unknown, [0, 3]);
        assert_eq!(data.notices(), ["3 of 10 tokens held out (30.0 %) are not in the vocabulary (<unk>)"]);
    }

    #[test]
    fn line_ends_of_other_systems_and_a_byte_order_mark_make_no_difference() {
        let unix = "one two\nthree four\n".repeat(10);
        let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
        let [unix, windows] = [unix, windows].map(|text| load(text.as_bytes(), |_| ()).unwrap());
        assert_eq!((unix.train, unix.validation), (windows.train, windows.validation));
        assert_ne!(unix.digest, windows.digest);
    }

    #[test]
    fn a_packed_text_is_the_same_text() {
        let text = "one two\nthree four\n".repeat(10);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt.gz");
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
        let packed =
            CorpusData::load(&CorpusTask { file: Some(path), length: 4, ..CorpusTask::default() }).unwrap();
        let plain = load(text.as_bytes(), |_| ()).unwrap();
        assert_eq!((packed.train, packed.digest), (plain.train, plain.digest));
    }

    #[test]
    fn what_cannot_be_learned_from_is_refused_with_its_place_and_a_remedy() {
        let words = |source: &mut CorpusTask| source.tokens = Tokens::Words;
        let long = |source: &mut CorpusTask| source.length = 1000;
        let unknown = |source: &mut CorpusTask| {
            words(source);
            source.vocabulary = Some(5);
            source.encoding = Some("utf-16le".into());
        };
        let refused: [Refused<'_>; 8] = [
            (b"", &|_| (), &["a.txt is empty", "expected running text"]),
            (b" \n\t\n", &|_| (), &["a.txt is empty"]),
            (b"abcd", &|_| (), &["text to train on has 4 tokens", "the 5 of a window", "task.length = 4"]),
            (b"abcdefghijkl", &|_| (), &["held-out part has 1 tokens", "task.validation_file"]),
            (&[b'a'; 100], &|_| (), &["only repeats a", "nothing to learn"]),
            (&[b'\n'; 100], &words, &["a.txt is empty"]),
            (b"one\nt\xffo\n", &|_| (), &["a.txt:2", "not UTF-8", "task.encoding"]),
            (b"some text", &long, &["task.length = 1000", "lower task.length"]),
        ];
        for (text, change, parts) in refused {
            let message = load(text, change).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
        assert!(load(b"a", unknown).is_err());
        let few = |source: &mut CorpusTask| {
            source.tokens = Tokens::Subwords;
            source.vocabulary = Some(6);
        };
        let message = load("abcdefg hijk ".repeat(9).as_bytes(), few).unwrap_err().to_string();
        assert!(message.contains("task.vocabulary = 6") && message.contains("at least"), "{message}");
        let folder = tempfile::tempdir().unwrap();
        for (file, part) in
            [(folder.path().to_owned(), "is a folder"), (folder.path().join("x"), "cannot read")]
        {
            let source = CorpusTask { file: Some(file), ..CorpusTask::default() };
            let message = CorpusData::load(&source).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_validation_file_takes_the_place_of_the_last_part() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
            Some(folder.path().join(name))
        };
        let (file, validation_file) = (at("a.txt", "abcabcabc"), at("b.txt", "cbacba"));
        let source = CorpusTask { file, validation_file, length: 5, ..CorpusTask::default() };
        let data = CorpusData::load(&source).unwrap();
        assert_eq!((data.train.len(), data.validation.len()), (9, 6));
        let missing = CorpusTask { validation_file: Some(folder.path().join("c.txt")), ..source.clone() };
        assert!(CorpusData::load(&missing).unwrap_err().to_string().contains("c.txt"));
        let long = CorpusTask { length: 8, ..source };
        let message = CorpusData::load(&long).unwrap_err().to_string();
        assert!(message.contains("b.txt: the text to validate on has 6 tokens"), "{message}");
    }
}
