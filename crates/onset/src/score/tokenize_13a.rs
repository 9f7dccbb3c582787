//! The tokenization of NIST's mteval-v13a, which sacreBLEU calls 13a.

use std::sync::LazyLock;

use regex::Regex;

/// The rules, applied in this order. These become separate tokens: ASCII punctuation other than `' , - .`; a full stop
/// or comma after a non-digit; a full stop or comma before a non-digit; a hyphen after a digit.
static RULES: LazyLock<[(Regex, &str); 4]> = LazyLock::new(|| {
    let rule = |pattern: &str, to| (Regex::new(pattern).expect("a pattern that is right"), to);
    [
        rule(r"([!-&(-+/:-@\[-`{-~ ])", " $1 "),
        rule(r"([^0-9])([.,])", "$1 $2 "),
        rule(r"([.,])([^0-9])", " $1 $2"),
        rule(r"([0-9])(-)", "$1 $2 "),
    ]
});

/// White space by Python's definition, which includes the four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The tokens of a line.
pub fn tokenize_13a(line: &str) -> Vec<String> {
    let mut line = line.trim_end_matches(is_space).replace("<skipped>", "").replace("-\n", "");
    line = line.replace('\n', " ");
    for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
        line = line.replace(entity, character);
    }
    line = format!(" {line} ");
    for (pattern, to) in RULES.iter() {
        line = pattern.replace_all(&line, *to).into_owned();
    }
    line.split(is_space).filter(|word| !word.is_empty()).map(String::from).collect()
}
