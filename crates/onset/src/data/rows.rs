//! The layouts in which upstream files store a text and its class.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

/// The layout of a line or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `label TAB text`, no header.
    LabelFirst,
    /// A header, then `text TAB label`.
    HeaderThenLabelLast,
    /// The file is one text, with `<br />` for line breaks.
    Html,
    /// The file is one post in Latin-1: headers, an empty line, the text.
    Post,
}

/// The text of a file that is one text; `None` if its bytes are invalid.
pub(super) fn document(bytes: &[u8], layout: Layout) -> Option<Cow<'_, str>> {
    if layout == Layout::Post {
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        let text = text.replace("\r\n", "\n");
        // A post without an empty line has only headers.
        return Some(text.split_once("\n\n").map_or(String::new(), |(_, body)| body.into()).into());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    Some(if text.contains("<br") { text.replace("<br />", "\n").into() } else { text.into() })
}

/// Label and text of a line; `None` if it has no tab.
pub(super) fn halves(line: &str, layout: Layout) -> Option<(&str, &str)> {
    match layout {
        Layout::LabelFirst => line.split_once('\t'),
        _ => line.rsplit_once('\t').map(|(text, label)| (label.trim(), text)),
    }
}

/// The text of a CSV row: the fields after the class, joined. If `escaped`, `\n` is a line break and `\"` a quotation
/// mark.
pub(super) fn fields(fields: &[&str], escaped: bool) -> String {
    let text =
        fields.iter().map(|field| field.trim()).filter(|f| !f.is_empty()).collect::<Vec<_>>().join(" ");
    if escaped { text.replace("\\n", "\n").replace("\\\"", "\"") } else { text }
}

/// The sentence on a line of an IWSLT file; `None` if the line has no sentence.
///
/// Training files have sentences between lines of tags; of the tagged lines, titles and descriptions are kept. The
/// other files have `<seg id="1"> … </seg>`.
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

/// Calls `each` for every line, without its line end; `None` if it is not UTF-8. Only `
/// ` ends a line, as in upstream counts.
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
