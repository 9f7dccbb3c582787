//! From a text to words, or to characters. Subwords are made of words, by `segment`.
//!
//! Of words: white space separates. Within a piece, letters and digits stay together, with an apostrophe or hyphen
//! between two of them (don't, re-use) and a full stop, comma, colon or slash between two digits (3.50,
//! 24/7). The clitics of treebanks ('s, n't) and their brackets (-lrb-) are words. Every other character
//! is a word of its own, together with its repeats (!!, ...). The entities
//! `&amp; &lt; &gt; &quot; &#39;` count as the characters that they stand for.

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What the tokens of a text are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokens {
    /// Words, between spaces and marks of punctuation.
    #[default]
    Words,
    /// Parts of words that are learned from the training texts, for many rare words or scripts that put no space between words.
    Subwords,
    /// Characters, for scripts that put no space between words.
    Characters,
}

impl Tokens {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Words, Self::Subwords, Self::Characters];

    /// The name in specs and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Subwords => "subwords",
            Self::Characters => "characters",
        }
    }
}

/// What may follow an apostrophe at the start of a word.
const CLITICS: [&str; 10] = ["s", "re", "ve", "ll", "d", "m", "t", "em", "n", "til"];

/// The words of `text`, lower-cased if asked.
pub fn tokenize(text: &str, lowercase: bool) -> Vec<String> {
    tokens_of(text, Tokens::Words, lowercase)
}

/// The tokens of `text`, lower-cased if asked; where these are subwords, the words that they are parts of.
pub fn tokens_of(text: &str, tokens: Tokens, lowercase: bool) -> Vec<String> {
    let mut all = Vec::new();
    each_token(text, tokens, lowercase, &mut |token| all.push(token.to_owned()));
    all
}

/// Calls `each` with the tokens of `text` in turn, lower-cased if asked; where these are subwords, with the words that they are
/// parts of.
pub(crate) fn each_token(text: &str, tokens: Tokens, lowercase: bool, each: &mut dyn FnMut(&str)) {
    let text = unescape(text);
    let mut lowered = |word: &str| {
        let is_lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        if lowercase && !is_lower { each(&word.to_lowercase()) } else { each(word) }
    };
    match tokens {
        Tokens::Words | Tokens::Subwords => split_words(&text, &mut lowered),
        Tokens::Characters => split_characters(&text, &mut lowered),
    }
}

/// Calls `each` with every character that is no white space, and the marks that belong to it.
fn split_characters(text: &str, each: &mut dyn FnMut(&str)) {
    text.split_whitespace().for_each(|piece| each_character(piece, each));
}

/// Calls `each` with every character of `text`, white space included, and the marks that belong to it.
pub(crate) fn each_character(text: &str, each: &mut dyn FnMut(&str)) {
    let mut start = 0;
    for (place, c) in text.char_indices().skip(1) {
        if !is_mark(c) {
            each(&text[start..place]);
            start = place;
        }
    }
    if start < text.len() {
        each(&text[start..]);
    }
}

fn split_words(text: &str, lowered: &mut dyn FnMut(&str)) {
    let mut characters = Vec::new();
    for piece in text.split_whitespace() {
        if is_bracket(piece) {
            lowered(piece);
        } else {
            characters.clear();
            characters.extend(piece.chars());
            split(piece, &characters, lowered);
        }
    }
}

fn unescape(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    plain.replace("&amp;", "&").into()
}

/// Whether a piece is a treebank's name of a bracket: -lrb-, -RSB-, ….
fn is_bracket(piece: &str) -> bool {
    let [b'-', side, kind, b'b' | b'B', b'-'] = piece.as_bytes() else { return false };
    matches!(side.to_ascii_lowercase(), b'l' | b'r')
        && matches!(kind.to_ascii_lowercase(), b'r' | b's' | b'c')
}

/// Whether a character may stand inside a word.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || c == '_'
}

/// Marks (accents, vowel signs, variation selectors), joiners and skin tones, which belong to the character before
/// them.
fn is_mark(c: char) -> bool {
    !c.is_ascii()
        && (c.general_category_group() == GeneralCategoryGroup::Mark
            || matches!(c, '\u{200c}'..='\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}'))
}

/// Calls `each` with the words of `piece`, which holds no white space and is made of `characters`.
fn split(piece: &str, characters: &[char], each: &mut dyn FnMut(&str)) {
    let next = |at: usize| characters.get(at + 1).copied().unwrap_or(' ');
    // Whether the character at `at`, after a word's first, keeps the word together.
    let joins = |at: usize| match characters[at] {
        '\'' | '’' | '-' => is_inner(next(at)),
        '.' | ',' | ':' | '/' => characters[at - 1].is_numeric() && next(at).is_numeric(),
        c => is_inner(c),
    };
    let (mut at, mut rest) = (0, piece);
    while at < characters.len() {
        let start = at;
        at += 1;
        if is_inner(characters[start]) || is_clitic(&characters[start..]) {
            while at < characters.len() && joins(at) {
                at += 1;
            }
        } else {
            while at < characters.len() && (characters[at] == characters[start] || is_mark(characters[at])) {
                at += 1;
            }
        }
        let (word, behind) = rest.split_at(characters[start..at].iter().map(|c| c.len_utf8()).sum());
        each(word);
        rest = behind;
    }
}

/// Whether `characters` are an apostrophe and a clitic, and nothing behind.
fn is_clitic(characters: &[char]) -> bool {
    let Some((&('\'' | '’'), rest)) = characters.split_first() else { return false };
    let letters: String = rest.iter().take_while(|c| is_inner(**c)).flat_map(|c| c.to_lowercase()).collect();
    CLITICS.contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        tokenize(text, true).join(" ")
    }

    #[test]
    fn punctuation_is_split_off_and_words_stay_whole() {
        assert_eq!(words("Hello, world!!"), "hello , world !!");
        assert_eq!(words("don't re-use 3.50, 24/7 £5."), "don't re-use 3.50 , 24/7 £ 5 .");
        assert_eq!(words("Cine there got amore wat..."), "cine there got amore wat ...");
        assert_eq!(
            words("txt rate)T&C's apply 08452810075over18's"),
            "txt rate ) t & c's apply 08452810075over18's"
        );
        assert_eq!(words("4 &lt;#&gt; &amp; me tonight.But"), "4 < # > & me tonight . but");
        assert_eq!(words("'Hello there' rock-'n'-roll"), "' hello there ' rock - 'n ' - roll");
        assert_eq!(words("Ärger ÜBER naïve 日本 हिन्दी"), "ärger über naïve 日本 हिन्दी");
    }

    #[test]
    fn treebank_words_survive() {
        let text = "it 's a charming journey , ca n't we 're -- but ... `` so '' -lrb- yes -rrb- 10-year-old";
        assert_eq!(words(text), text);
    }

    #[test]
    fn marks_of_every_script_belong_to_the_character_before_them() {
        // Combining accents, Hebrew points, Devanagari, Myanmar and Japanese signs; emoji with a selector or a skin tone.
        for word in ["e\u{301}tude", "שָׁלוֹם", "हिन्दी", "မြန်မာ", "か\u{3099}く", "❤\u{fe0f}", "👍🏽"]
        {
            assert_eq!(words(word), word);
        }
    }

    fn characters(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        each_token(text, Tokens::Characters, true, &mut |token| all.push(token.to_owned()));
        all
    }

    #[test]
    fn characters_keep_their_marks_and_lose_their_spaces() {
        assert_eq!(characters("盒子 Ok。"), ["盒", "子", "o", "k", "。"]);
        assert_eq!(characters("ร้าน"), ["ร้", "า", "น"]);
        assert_eq!(characters("e\u{301}te\u{301}"), ["e\u{301}", "t", "e\u{301}"]);
    }

    proptest! {
        #[test]
        fn characters_make_up_the_text(text: String) {
            let mut all = Vec::new();
            each_token(&text, Tokens::Characters, false, &mut |token| all.push(token.to_owned()));
            let squeezed: String = unescape(&text).chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert!(all.iter().all(|token| !token.is_empty()));
            prop_assert_eq!(all.concat(), squeezed);
        }

        #[test]
        fn words_hold_no_white_space_and_make_up_the_text(text: String) {
            let words = tokenize(&text, false);
            prop_assert!(words.iter().all(|w| !w.is_empty() && !w.contains(char::is_whitespace)));
            let squeezed: String = unescape(&text).chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(words.concat(), squeezed);
        }

        #[test]
        fn words_are_not_split_again(text in "[a-zA-Z0-9'’., !?:/-]{0,40}") {
            let once = tokenize(&text, true);
            prop_assert_eq!(tokenize(&once.join(" "), true), once);
        }
    }
}
