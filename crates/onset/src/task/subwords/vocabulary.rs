//! A vocabulary of subwords: a unigram language model (Kudo 2018), trained and applied by the `tokenizers` crate and kept as
//! its `tokenizer.json`.
//!
//! The crate's trainer goes through hash maps whose order changes from run to run, and sums in an order that
//! depends on the number of threads. Here its words come sorted, it runs on one thread, and the scores of
//! characters that only its last step gives out are given out again in order, so that the same text makes the
//! same vocabulary.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use tokenizers::decoders::metaspace::Metaspace as MetaspaceDecoder;
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::normalizers::unicode::NFKC;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer};

use super::{Normalization, SPACE, SubwordsError, VocabularyFault};
use crate::measures::Words;

/// A vocabulary of subwords, and how text is cut into them.
#[derive(Debug, Clone)]
pub struct Subwords {
    tokenizer: Tokenizer,
    normalization: Normalization,
}

impl Subwords {
    /// The ids of `<pad>`, `<s>`, `</s>` and `<unk>`.
    pub const PAD: u32 = 0;
    /// `<s>`, before each sentence.
    pub const BEGIN: u32 = crate::batch::BEGIN;
    /// `</s>`, behind each sentence.
    pub const END: u32 = crate::batch::END;
    /// Characters that were not seen in training.
    pub const UNKNOWN: u32 = 3;
    /// The special subwords, by id.
    pub const SPECIAL: [&str; 4] = ["<pad>", "<s>", "</s>", "<unk>"];

    /// Learns at most `size` subwords from `lines`: fewer if no more occur often enough. Errors if `lines` have more
    /// different characters than that.
    pub fn learn<'a>(
        lines: impl IntoIterator<Item = &'a str>,
        size: usize,
        normalization: Normalization,
    ) -> Result<Self, SubwordsError> {
        Self::learn_counts(lines.into_iter().map(|line| (line, 1)), size, normalization)
    }

    /// As [`Subwords::learn`], from lines with the number of times that each occurs.
    pub fn learn_counts<'a>(
        lines: impl IntoIterator<Item = (&'a str, u32)>,
        size: usize,
        normalization: Normalization,
    ) -> Result<Self, SubwordsError> {
        let words = count_words(lines, normalization);
        let refuse = |fault| SubwordsError::Vocabulary { requested: size, fault };
        let failed = |message: String| refuse(VocabularyFault::Trainer(message));
        let characters =
            words.keys().flat_map(|word| word.chars()).collect::<std::collections::BTreeSet<_>>();
        let least = characters.len() + Self::SPECIAL.len() + 1;
        if size < least {
            return Err(refuse(VocabularyFault::TooSmall { characters: characters.len(), least }));
        }
        let special = Self::SPECIAL.map(|token| AddedToken::from(token, true));
        let trainer = UnigramTrainer::builder()
            .show_progress(false)
            .vocab_size(size as u32)
            .special_tokens(special.to_vec())
            .unk_token(Some(Self::SPECIAL[Self::UNKNOWN as usize].into()))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let mut model = Unigram::default();
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = one_thread.map_err(|error| failed(error.to_string()))?;
        pool.install(|| trainer.do_train(words.into_iter().collect(), &mut model))
            .map_err(|error| failed(error.to_string()))?;
        let pieces = in_order(model.iter().cloned().collect());
        let model = Unigram::from(pieces, Some(Self::UNKNOWN as usize), false);
        let model = model.map_err(|error| failed(error.to_string()))?;
        let tokenizer = tokenizer(model, normalization).map_err(|error| failed(error.to_string()))?;
        Ok(Self { tokenizer, normalization })
    }

    /// Reads a `tokenizer.json`.
    pub fn read(path: &Path) -> Result<Self, SubwordsError> {
        let refuse = |reason: String| SubwordsError::File { path: path.into(), reason };
        let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let file: File = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
        let pieces = file.model.vocab;
        for (id, token) in Self::SPECIAL.into_iter().enumerate() {
            if pieces.get(id).is_none_or(|(piece, _)| piece != token) {
                return Err(refuse(format!("its subword {id} is not {token}")));
            }
        }
        let normalization = match file.normalizer {
            Some(_) => Normalization::Nfkc,
            None => Normalization::None,
        };
        // Everything else in the file is as it is made here. The reader of the `tokenizers` crate panics on some files, and so
        // do the parts that it reads.
        let model = Unigram::from(pieces, Some(Self::UNKNOWN as usize), false);
        let model = model.map_err(|error| refuse(error.to_string()))?;
        let tokenizer = tokenizer(model, normalization).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { tokenizer, normalization })
    }

    /// How text is normalised before it is cut.
    pub fn normalization(&self) -> Normalization {
        self.normalization
    }

    /// `text` as it is cut; translations are written like this.
    pub fn normalise<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.normalization.of(text)
    }

    /// The bytes of its `tokenizer.json`.
    pub fn to_json(&self) -> String {
        self.tokenizer.to_string(true).expect("a vocabulary is plain data that JSON can hold")
    }

    /// How many subwords there are.
    pub fn len(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The subwords of `line`, between `<s>` and `</s>`.
    pub fn encode(&self, line: &str) -> Vec<u32> {
        let encoding = self.tokenizer.encode_fast(line, true);
        encoding.expect("a unigram model with <unk> cuts any text").get_ids().to_vec()
    }

    /// As [`Subwords::encode`], with the words of `line` (pieces between white space) that the subwords belong to, whatever
    /// normalisation makes of them.
    pub fn encode_words(&self, line: &str) -> (Vec<u32>, Words) {
        let encoding = self.tokenizer.encode(line, true).expect("a unigram model with <unk> cuts any text");
        let mut bounds: Vec<(usize, usize)> = Vec::new();
        for word in line.split_whitespace() {
            let first = word.as_ptr() as usize - line.as_ptr() as usize;
            bounds.push((first, first + word.len()));
        }
        let last = bounds.len().checked_sub(1);
        // The space before a word belongs to it.
        let word = |(&(_, end), &special): (&(usize, usize), &u32)| match special {
            0 => last.map(|last| bounds.partition_point(|&(_, word_end)| word_end < end).min(last)),
            _ => None,
        };
        let places = encoding.get_offsets().iter().zip(encoding.get_special_tokens_mask());
        let of_subword = places.map(word).collect();
        let words = line.split_whitespace().map(String::from).collect();
        (encoding.get_ids().to_vec(), Words { words, of_subword })
    }

    /// The text that `tokens` make, without special ones.
    pub fn decode(&self, tokens: &[u32]) -> String {
        self.tokenizer.decode(tokens, true).expect("decoding joins pieces and cannot fail")
    }

    /// How a subword is written; `▁` stands for the space before a word.
    pub fn piece(&self, token: u32) -> String {
        self.tokenizer.id_to_token(token).unwrap_or_default()
    }
}

/// What is read of a `tokenizer.json`.
#[derive(serde::Deserialize)]
struct File {
    normalizer: Option<serde_json::Value>,
    model: Model,
}

/// The subwords, each with its score.
#[derive(serde::Deserialize)]
struct Model {
    vocab: Vec<(String, f64)>,
}

/// How a normalised line becomes words: cut at spaces, each word with its space before it.
fn pre_tokenizer() -> Metaspace {
    Metaspace::new(SPACE, PrependScheme::Always, true)
}

/// The words of `lines`, each with its count, in order.
fn count_words<'a>(
    lines: impl IntoIterator<Item = (&'a str, u32)>,
    normalization: Normalization,
) -> BTreeMap<String, u32> {
    let mut words = BTreeMap::new();
    for (line, count) in lines {
        let mut cut = PreTokenizedString::from(normalization.of(line).as_ref());
        pre_tokenizer().pre_tokenize(&mut cut).expect("cutting at spaces cannot fail");
        for (word, _, _) in cut.get_splits(OffsetReferential::Normalized, OffsetType::Byte) {
            *words.entry(word.to_owned()).or_default() += count;
        }
    }
    words
}

/// Between the scores of two characters that the trainer adds at its end.
const APART: f64 = 1e-4;

/// `pieces` by score and then by name, the special ones first. The trainer adds the characters that it has lost
/// with scores of its lowest and then one `APART` after the other, in the order of a hash map.
fn in_order(mut pieces: Vec<(String, f64)>) -> Vec<(String, f64)> {
    let special = Subwords::SPECIAL.len();
    let lowest = pieces[special..].iter().map(|piece| piece.1).fold(f64::INFINITY, f64::min);
    let mut last = lowest;
    let single = |piece: &(String, f64)| piece.0.chars().count() == 1;
    let mut added: Vec<usize> = (special..pieces.len()).filter(|&place| single(&pieces[place])).collect();
    added.sort_by(|&a, &b| pieces[a].1.total_cmp(&pieces[b].1));
    let chain = added.iter().take_while(|&&place| {
        let near = pieces[place].1 - last < 1.5 * APART;
        last = pieces[place].1;
        near
    });
    let added = added[..chain.count()].to_vec();
    let scores: Vec<f64> = added.iter().map(|&place| pieces[place].1).collect();
    let mut names: Vec<String> = added.iter().map(|&place| pieces[place].0.clone()).collect();
    names.sort();
    for ((place, name), score) in added.into_iter().zip(names).zip(scores) {
        pieces[place] = (name, score);
    }
    pieces[special..].sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    pieces
}

fn tokenizer(model: Unigram, normalization: Normalization) -> tokenizers::Result<Tokenizer> {
    let [_, begin, end, _] = Subwords::SPECIAL;
    let template = TemplateProcessing::builder()
        .try_single(format!("{begin} $A {end}"))?
        .special_tokens(vec![(begin, Subwords::BEGIN), (end, Subwords::END)])
        .build()?;
    let mut tokenizer = Tokenizer::new(model);
    if normalization == Normalization::Nfkc {
        tokenizer.with_normalizer(Some(NFKC))?;
    }
    tokenizer.with_pre_tokenizer(Some(pre_tokenizer()));
    tokenizer.with_post_processor(Some(template));
    tokenizer.with_decoder(Some(MetaspaceDecoder::new(SPACE, PrependScheme::Always, true)));
    tokenizer.add_special_tokens(Subwords::SPECIAL.map(|token| AddedToken::from(token, true)))?;
    Ok(tokenizer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sentences with rare characters, which the trainer loses and adds again.
    fn lines() -> Vec<String> {
        let words = ["ein", "Hund", "läuft", "über", "die", "Straße", "große", "Frau", "und", "das", "Kind"];
        let line = |i: usize| (0..8).map(|j| words[(i * 7 + j * j * 3) % words.len()]).collect::<Vec<_>>();
        let mut lines: Vec<String> = (0..200).map(|i| line(i).join(" ")).collect();
        lines.extend(["„ñ‘ à è = $ % # &".to_string(), "Ä Ö Ü _ …".to_string()]);
        lines
    }

    fn learn() -> Subwords {
        at_most(44).unwrap()
    }

    fn at_most(size: usize) -> Result<Subwords, SubwordsError> {
        Subwords::learn(lines().iter().map(String::as_str), size, Normalization::Nfkc)
    }

    #[test]
    fn the_same_text_makes_the_same_vocabulary() {
        let first = learn().to_json();
        for _ in 0..5 {
            assert!(learn().to_json() == first);
        }
    }

    #[test]
    fn a_vocabulary_reads_back_as_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        let learned = learn();
        std::fs::write(&path, learned.to_json()).unwrap();
        let read = Subwords::read(&path).unwrap();
        assert_eq!(read.to_json(), learned.to_json());
        let line = "die große Frau läuft";
        assert_eq!(read.encode(line), learned.encode(line));
        std::fs::write(&path, "{").unwrap();
        assert!(Subwords::read(&path).unwrap_err().to_string().contains("tokenizer.json"));
    }

    #[test]
    fn sentences_are_framed_and_come_back() {
        let subwords = learn();
        let tokens = subwords.encode("das Kind läuft über die Straße");
        assert_eq!((tokens[0], tokens[tokens.len() - 1]), (Subwords::BEGIN, Subwords::END));
        assert_eq!(subwords.decode(&tokens), "das Kind läuft über die Straße");
        assert_eq!(subwords.encode(""), [Subwords::BEGIN, Subwords::END]);
        assert!(subwords.encode("日本").contains(&Subwords::UNKNOWN));
        assert_eq!(subwords.len(), 44);
    }

    #[test]
    fn subwords_belong_to_the_words_of_the_line_as_it_stands() {
        let subwords = learn();
        for (line, expected) in [
            ("die große Frau", vec!["die", "große", "Frau"]),
            ("  ein  Hund\u{a0}läuft ", vec!["ein", "Hund", "läuft"]),
            // NFKC makes a space and a mark of the koronis.
            ("das\u{1fbd} Kind", vec!["das\u{1fbd}", "Kind"]),
            ("日本 … ½", vec!["日本", "…", "½"]),
        ] {
            let (tokens, words) = subwords.encode_words(line);
            assert_eq!(tokens, subwords.encode(line));
            assert_eq!(words.words, expected);
            assert_eq!(words.of_subword.len(), tokens.len());
            assert_eq!((words.of_subword[0], words.of_subword.last()), (None, Some(&None)));
            let inner: Vec<usize> = words.of_subword.iter().flatten().copied().collect();
            assert!(inner.is_sorted() && inner.len() == tokens.len() - 2, "{line}: {inner:?}");
            assert!((0..expected.len()).all(|word| inner.contains(&word)), "{line}: {inner:?}");
        }
        assert!(subwords.encode_words("").1.is_empty());
    }

    #[test]
    fn a_size_is_an_upper_bound_but_holds_every_character() {
        let message = at_most(20).unwrap_err().to_string();
        assert!(
            message.contains("different characters") && message.contains("set it to at least"),
            "{message}"
        );
        let most = at_most(8000).unwrap();
        assert!((45..200).contains(&most.len()), "{}", most.len());
        assert!(at_most(8000).unwrap().to_json() == most.to_json());
        let line = "das Kind läuft";
        assert_eq!(most.decode(&most.encode(line)), line);
    }

    #[test]
    fn text_that_is_not_normalised_comes_back_as_it_is() {
        let lines = ["½ Tasse … ja", "¼ Tasse … nein"];
        let learn = |normalization| Subwords::learn(lines, 60, normalization).unwrap();
        let [nfkc, none] = [Normalization::Nfkc, Normalization::None].map(learn);
        assert_eq!(nfkc.decode(&nfkc.encode("½ Tasse")), "1⁄2 Tasse");
        assert_eq!(none.decode(&none.encode("½ Tasse …")), "½ Tasse …");
        assert_eq!((nfkc.normalise("…"), none.normalise("…")), ("...".into(), "…".into()));
        let folder = tempfile::tempdir().unwrap();
        for subwords in [nfkc, none] {
            let path = folder.path().join("tokenizer.json");
            std::fs::write(&path, subwords.to_json()).unwrap();
            assert_eq!(Subwords::read(&path).unwrap().normalization(), subwords.normalization());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_encoding_panic(text in ".*") {
            static LEARNED: std::sync::LazyLock<Subwords> = std::sync::LazyLock::new(learn);
            let subwords = &*LEARNED;
            let tokens = subwords.encode(&text);
            prop_assert!(tokens.len() >= 2 && tokens.iter().all(|&token| (token as usize) < subwords.len()));
        }
    }
}
