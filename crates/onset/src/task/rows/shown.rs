//! Text from files as a terminal may show it: what would move the cursor, change the reading order or hide itself is escaped.

use std::borrow::Cow;

/// Whether a character would not be seen as itself in a terminal.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Soft hyphen, Arabic letter mark, zero-width space, direction marks, separators of lines and paragraphs.
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
            // Embeddings, overrides and isolates; invisible operators; a byte order mark.
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            // Tags, which are invisible letters.
            | '\u{e0000}'..='\u{e007f}')
}

/// `text` with control, bidirectional and invisible characters as escapes, such as `\u{202e}`, on one line.
///
/// # Examples
/// ```
/// use onset::task::rows::shown;
///
/// assert_eq!(shown("plain"), "plain");
/// assert_eq!(shown("a\u{202e}b\n"), "a\\u{202e}b\\n");
/// ```
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// As [`shown`], with line ends left as they are: for messages of several lines.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n')
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && !keep(c)) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) && !keep(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_on_the_terminal_is_escaped_and_scripts_are_not() {
        assert_eq!(shown("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(shown("spam\u{200b}"), "spam\\u{200b}");
        assert_eq!(shown("a\tb\r\n"), "a\\tb\\r\\n");
        for text in ["שלום", "سلام", "می\u{200c}خواهم", "👩\u{200d}🚀", "日本", "naïve"]
        {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown_lines("one\ntwo\u{2066}"), "one\ntwo\\u{2066}");
    }
}
