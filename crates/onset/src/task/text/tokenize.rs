//! From a text to words.
//!
//! White space separates. Within a piece, letters and digits stay together, with apostrophes, hyphens,
//! full stops, commas and slashes between two of them (don't, 3.50, and/or), and with an apostrophe in
//! front (the `'s` of treebanks). Every other character is a word of its own. The entities
//! `&amp; &lt; &gt; &quot; &#39;` count as the characters that they stand for.

/// The words of `text`, lower-cased if asked.
pub fn tokenize(text: &str, lowercase: bool) -> Vec<String> {
    let text = unescape(text);
    let mut words = Vec::new();
    for piece in text.split_whitespace() {
        split(piece, &mut words);
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

/// Whether a character may stand inside a word.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || c == '_'
}

/// Combining marks, joiners and variation selectors belong to the character before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

fn split(piece: &str, words: &mut Vec<String>) {
    let characters: Vec<char> = piece.chars().collect();
    let joins = |at: usize| {
        let between = characters.get(at + 1).is_some_and(|&c| is_inner(c));
        matches!(characters[at], '\'' | '’' | '-' | '.' | ',' | '/') && between
    };
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        at += 1;
        let leads = matches!(characters[start], '\'' | '’') && joins(start);
        if is_inner(characters[start]) || leads {
            while at < characters.len() && (is_inner(characters[at]) || joins(at)) {
                at += 1;
            }
        } else {
            while at < characters.len() && is_mark(characters[at]) {
                at += 1;
            }
        }
        words.push(characters[start..at].iter().collect());
    }
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
        assert_eq!(words("Hello, world!!"), "hello , world ! !");
        assert_eq!(words("don't re-use 3.50, and/or £5."), "don't re-use 3.50 , and/or £ 5 .");
        assert_eq!(words("Cine there got amore wat..."), "cine there got amore wat . . .");
        assert_eq!(
            words("txt rate)T&C's apply 08452810075over18's"),
            "txt rate ) t & c's apply 08452810075over18's"
        );
        assert_eq!(words("4 &lt;#&gt; &amp; me"), "4 < # > & me");
        assert_eq!(words("Ärger ÜBER naïve 日本"), "ärger über naïve 日本");
    }

    #[test]
    fn treebank_words_survive() {
        let text = "it 's a charming and often affecting journey , ca n't n't -- but ...";
        assert_eq!(words(text), "it 's a charming and often affecting journey , ca n't n't - - but . . .");
    }

    proptest! {
        #[test]
        fn words_hold_no_white_space_and_make_up_the_text(text: String) {
            let words = tokenize(&text, false);
            prop_assert!(words.iter().all(|w| !w.is_empty() && !w.contains(char::is_whitespace)));
            let squeezed: String = unescape(&text).chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(words.concat(), squeezed);
        }
    }
}
