//! Texts to classify: as in training, but a label is not needed.

use std::path::Path;

use super::read::{Columns, each_pair, is_text_file};
use super::{ColumnRoles, TextError, TextSource};

/// A text, and its label where the file has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewText {
    /// Its line in the file, counted from 1.
    pub line: usize,
    /// The text; it may be empty.
    pub text: String,
    /// Its label.
    pub label: Option<String>,
}

/// The texts in the `bytes` of the file at `path`, with the columns of `source`; a file of another ending has a text on
/// each line. Errors name the line.
pub fn new_texts(path: &Path, bytes: &[u8], source: &TextSource) -> Result<Vec<NewText>, TextError> {
    if !is_text_file(path) {
        return lines(path, bytes);
    }
    let names = [source.text.as_str(), source.label.as_str()];
    match texts(path, bytes, names) {
        Err(TextError::MissingColumn { wanted, .. }) if wanted == source.label => {
            let mut texts = texts(path, bytes, [names[0]; 2])?;
            texts.iter_mut().for_each(|text| text.label = None);
            Ok(texts)
        }
        texts => texts,
    }
}

fn texts(path: &Path, bytes: &[u8], names: [&str; 2]) -> Result<Vec<NewText>, TextError> {
    let columns = Columns { names, roles: ColumnRoles::TextAndLabel };
    let mut texts = Vec::new();
    each_pair(path, bytes, columns, &mut |row| {
        let row = row?;
        let label = Some(row.label).filter(|label| !label.is_empty()).map(String::from);
        texts.push(NewText { line: row.line, text: row.text.into(), label });
        Ok(())
    })?;
    Ok(texts)
}

fn lines(path: &Path, bytes: &[u8]) -> Result<Vec<NewText>, TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        TextError::Row {
            place: super::RowPlace { origin: path.into(), line },
            fault: super::RowFault::NotUtf8,
        }
    })?;
    let new = |(index, text): (usize, &str)| NewText { line: index + 1, text: text.into(), label: None };
    Ok(text.lines().enumerate().map(new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Vec<(usize, String, Option<String>)> {
        let texts = new_texts(Path::new(name), text.as_bytes(), &TextSource::default()).unwrap();
        texts.into_iter().map(|text| (text.line, text.text, text.label)).collect()
    }

    #[test]
    fn a_label_is_read_where_there_is_one() {
        let some = |line, text: &str, label: Option<&str>| (line, text.to_owned(), label.map(String::from));
        assert_eq!(
            read("a.tsv", "label\ttext\nx\tone\n\ttwo\n"),
            [some(2, "one", Some("x")), some(3, "two", None)]
        );
        assert_eq!(read("a.csv", "id,text\n1,one\n"), [some(2, "one", None)]);
        assert_eq!(
            read("a.txt", "\u{feff}one\n\ntwo\n"),
            [some(1, "one", None), some(2, "", None), some(3, "two", None)]
        );
    }

    #[test]
    fn a_bad_byte_is_named_with_its_line() {
        let error = new_texts(Path::new("a.txt"), b"fine\nbr\xffken\n", &TextSource::default()).unwrap_err();
        assert!(error.to_string().contains("a.txt:2"), "{error}");
    }
}
