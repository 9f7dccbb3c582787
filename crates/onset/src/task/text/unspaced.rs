//! Texts whose words look like sentences: Chinese, Japanese, Thai and other scripts that put no space between words.

use super::gather::WordTexts;
use super::words::WordList;
use super::{TextSource, Tokens};
use crate::stats::nearest_rank;

/// Letters of a word in a script without spaces, on the mean, from which words look like sentences: segmented Chinese and
/// Japanese have about two.
const LONG: f64 = 4.0;

/// Whether words are not separated by spaces in a character's script.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        // Thai and Lao; Tibetan; Myanmar; Khmer.
        '\u{e00}'..='\u{eff}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        // Kana; Han, with its extensions.
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// A sentence if the words of `texts` look like sentences; `words` are those of all texts.
pub(super) fn remark(texts: &WordTexts, words: &WordList, source: &TextSource) -> Option<String> {
    if source.tokens != Tokens::Words {
        return None;
    }
    let mut lengths: Vec<usize> = texts.iter().map(|text| text.length).collect();
    lengths.sort_unstable();
    let median = nearest_rank(&lengths, 0.5)?;
    let (mut unspaced, mut letters, mut all) = (0usize, 0usize, 0usize);
    for word in words.iter() {
        let count = word.chars().filter(|c| is_unspaced(*c)).count();
        unspaced += usize::from(count > 0);
        letters += count;
        all += usize::from(word.chars().any(char::is_alphabetic));
    }
    let remedy = "if the texts are written without spaces between words, set task.tokens = \"subwords\" or \"characters\"";
    if 2 * unspaced > all && letters as f64 / unspaced as f64 >= LONG {
        let mean = letters as f64 / unspaced as f64;
        return Some(format!(
            "the words look like sentences: {mean:.0} letters each, in a script that puts no spaces between words; {remedy}"
        ));
    }
    if median > 2 {
        return None;
    }
    let distinct = words.len().saturating_sub(super::Vocabulary::SPECIAL.len());
    let known = texts.vocabulary(words, source.min_count).len() - super::Vocabulary::SPECIAL.len();
    // Short texts of a few words each, such as names of things, repeat their words.
    let is_empty = distinct >= 20 && 20 * known <= distinct;
    is_empty.then(|| {
        format!(
            "the words look like sentences: {median} in a text of median length, and {known} of {distinct} occur {} times; \
             {remedy}",
            source.min_count
        )
    })
}
