//! From a text to words.
//!
//! White space separates. Within a piece, letters and digits stay together, with an apostrophe or hyphen
//! between two of them (don't, re-use) and a full stop, comma, colon or slash between two digits (3.50,
//! 24/7). The clitics of treebanks ('s, n't) and their brackets (-lrb-) are words. Every other character
//! is a word of its own, together with its repeats (!!, ...). The entities
//! `&amp; &lt; &gt; &quot; &#39;` count as the characters that they stand for.

/// What may follow an apostrophe at the start of a word.
const CLITICS: [&str; 10] = ["s", "re", "ve", "ll", "d", "m", "t", "em", "n", "til"];

/// The words of `text`, lower-cased if asked.
pub fn tokenize(text: &str, lowercase: bool) -> Vec<String> {
    let text = unescape(text);
    let mut words = Vec::new();
    for piece in text.split_whitespace() {
        if is_bracket(piece) {
            words.push(piece.into());
        } else {
            split(piece, &mut words);
        }
    }
    if lowercase {
        words.iter_mut().for_each(|word| *word = word.to_lowercase());
    }
    words
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
    let bytes = piece.to_ascii_lowercase().into_bytes();
    matches!(bytes[..], [b'-', b'l' | b'r', b'r' | b's' | b'c', b'b', b'-'])
}

/// Whether a character may stand inside a word.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || c == '_'
}

/// Marks, joiners and selectors, which belong to the character before them.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{a3c}' | '\u{a4d}'
        | '\u{abc}' | '\u{acd}' | '\u{b3c}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{cbc}' | '\u{ccd}'
        | '\u{d4d}' | '\u{dca}' | '\u{e31}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{200c}'..='\u{200d}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

fn split(piece: &str, words: &mut Vec<String>) {
    let characters: Vec<char> = piece.chars().collect();
    let next = |at: usize| characters.get(at + 1).copied().unwrap_or(' ');
    // Whether the character at `at`, after a word's first, keeps the word together.
    let joins = |at: usize| match characters[at] {
        '\'' | '’' | '-' => is_inner(next(at)),
        '.' | ',' | ':' | '/' => characters[at - 1].is_numeric() && next(at).is_numeric(),
        c => is_inner(c),
    };
    let mut at = 0;
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
        words.push(characters[start..at].iter().collect());
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

    proptest! {
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
