//! How upstream files hold a text and its class.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

/// Where a line or a file has its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `label TAB text`, no header.
    LabelFirst,
    /// A header, then `text TAB label`.
    HeaderThenLabelLast,
    /// A file that is one text, with `<br />` for line breaks.
    Html,
    /// A file that is one post: headers, an empty line, the text, in Latin-1.
    Post,
}

/// The text of a file that is one text; none if its bytes are not what they should be.
pub(super) fn document(bytes: &[u8], layout: Layout) -> Option<Cow<'_, str>> {
    if layout == Layout::Post {
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        let text = text.replace("\r\n", "\n");
        // A post without an empty line is all headers.
        return Some(text.split_once("\n\n").map_or(String::new(), |(_, body)| body.into()).into());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    Some(if text.contains("<br") { text.replace("<br />", "\n").into() } else { text.into() })
}

/// Label and text of a line; none if it has no tab.
pub(super) fn halves(line: &str, layout: Layout) -> Option<(&str, &str)> {
    match layout {
        Layout::LabelFirst => line.split_once('\t'),
        _ => line.rsplit_once('\t').map(|(text, label)| (label.trim(), text)),
    }
}

/// The text of a CSV row's fields behind the class, joined; with `escaped`, `\n` is a line break and `\"` a
/// quotation mark.
pub(super) fn fields(fields: &[&str], escaped: bool) -> String {
    let text =
        fields.iter().map(|field| field.trim()).filter(|f| !f.is_empty()).collect::<Vec<_>>().join(" ");
    if escaped { text.replace("\\n", "\n").replace("\\\"", "\"") } else { text }
}

/// The sentence on a line of IWSLT's files; none if the line is no sentence.
///
/// Training files have sentences between lines of tags, of which titles and descriptions are kept; the others
/// have `<seg id="1"> … </seg>`.
pub(super) fn talk(line: &str, xml: bool) -> Option<&str> {
    let line = line.trim();
    let within = |tag: &str| {
        let rest = line.strip_prefix('<')?.strip_prefix(tag)?;
        let (_, rest) = rest.split_once('>')?;
        Some(rest.rsplit_once("</").map_or(rest, |(inner, _)| inner).trim())
    };
    if xml {
        return within("seg");
    }
    let tags = ["url", "keywords", "talkid", "speaker", "reviewer", "translator", "doc", "/doc"];
    let is_tag = |tag: &&str| line.strip_prefix('<').is_some_and(|rest| rest.starts_with(*tag));
    if tags.iter().any(is_tag) {
        return None;
    }
    within("title").or_else(|| within("description")).or(Some(line))
}

/// Calls `each` with every line, without its end: the line, or none where it is not UTF-8. Only `\n` ends a
/// line, as upstream counts them.
pub(super) fn lines<E>(
    content: &mut dyn Read,
    broken: impl Fn(std::io::Error) -> E,
    mut each: impl FnMut(Option<&str>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = BufReader::with_capacity(1 << 16, content);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(&broken)? > 0 {
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        each(std::str::from_utf8(bytes).ok())?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talks_lose_their_tags_and_keep_titles() {
        assert_eq!(talk("<seg id=\"3\"> Vielen Dank. </seg>", true), Some("Vielen Dank."));
        assert_eq!(talk("<doc docid=\"69\">", true), None);
        assert_eq!(talk("<url>http://x</url>", false), None);
        assert_eq!(talk("<title>A title</title>", false), Some("A title"));
        assert_eq!(talk(" 3 < 4 is true ", false), Some("3 < 4 is true"));
    }

    #[test]
    fn posts_lose_their_headers_and_reviews_their_markup() {
        assert_eq!(document(b"From: a\nSubject: b\n\ncaf\xe9\n", Layout::Post).unwrap(), "caf\u{e9}\n");
        assert_eq!(document(b"one<br /><br />two", Layout::Html).unwrap(), "one\n\ntwo");
        assert!(document(b"\xff", Layout::Html).is_none());
    }
}
