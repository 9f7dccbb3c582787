//! Texts to classify: as in training, but a label is not needed.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{TextError, TextSource};
use crate::task::rows::{
    ColumnFault, ColumnRoles, Columns, FileError, Reading, each_row, is_row_file, lines, lines_of,
};

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

/// The texts in the file at `path`, read as `source` says where that applies to it; a `.txt` file, and one of an ending that is
/// no table's, has a text on each line. Errors name the line.
pub fn new_texts(path: &Path, source: &TextSource) -> Result<Vec<NewText>, TextError> {
    let given = source.reading();
    // The files of training may be of another form than this one.
    let reading = if given.check(path).is_ok() { given } else { Reading::default() };
    let is_text = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt"));
    if is_text || !is_row_file(path) {
        let reading = Reading { encoding: reading.encoding, ..Reading::default() };
        return Ok(one_a_line(lines(path, &reading, &mut Sha256::new())?.0));
    }
    let names = [source.text.as_str(), source.label.as_str()];
    match texts(path, &reading, names) {
        Err(FileError::Column { fault, .. }) if is_label(&fault, source) => {
            let mut texts = texts(path, &reading, [names[0]; 2])?;
            texts.iter_mut().for_each(|text| text.label = None);
            Ok(texts)
        }
        texts => Ok(texts?),
    }
}

/// The texts in `bytes`, one a line; `origin` is what errors call them.
pub fn new_lines(origin: &Path, bytes: &[u8], source: &TextSource) -> Result<Vec<NewText>, TextError> {
    let reading = Reading { encoding: source.encoding.clone(), ..Reading::default() };
    Ok(one_a_line(lines_of(origin, bytes, &reading)?.0))
}

/// Whether what is missing is the column of the label.
fn is_label(fault: &ColumnFault, source: &TextSource) -> bool {
    matches!(fault, ColumnFault::Missing { wanted, .. } if *wanted == source.label)
}

fn texts(path: &Path, reading: &Reading, names: [&str; 2]) -> Result<Vec<NewText>, FileError> {
    let columns = Columns { names, roles: ColumnRoles::TextAndLabel };
    let mut texts = Vec::new();
    each_row::<FileError>(path, reading, columns, &mut Sha256::new(), &mut |row| {
        let row = row?;
        let label = Some(row.label).filter(|label| !label.is_empty()).map(String::from);
        texts.push(NewText { line: row.line, text: row.text.into(), label });
        Ok(())
    })?;
    Ok(texts)
}

fn one_a_line(lines: Vec<String>) -> Vec<NewText> {
    let new = |(index, text): (usize, String)| NewText { line: index + 1, text, label: None };
    lines.into_iter().enumerate().map(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &[u8]) -> Result<Vec<NewText>, TextError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        new_texts(&path, &TextSource::default())
    }

    #[test]
    fn a_label_is_read_where_there_is_one() {
        let some = |line, text: &str, label: Option<&str>| NewText {
            line,
            text: text.into(),
            label: label.map(String::from),
        };
        let read = |name, text: &str| read(name, text.as_bytes()).unwrap();
        assert_eq!(
            read("a.tsv", "label\ttext\nx\tone\n\ttwo\n"),
            [some(2, "one", Some("x")), some(3, "two", None)]
        );
        assert_eq!(read("a.csv", "id,text\n1,one\n"), [some(2, "one", None)]);
        assert_eq!(
            read("a.txt", "\u{feff}one\n\ntwo\n"),
            [some(1, "one", None), some(2, "", None), some(3, "two", None)]
        );
        assert_eq!(
            new_lines(Path::new("-"), b"one\n", &TextSource::default()).unwrap(),
            [some(1, "one", None)]
        );
    }

    #[test]
    fn a_bad_byte_is_named_with_its_line() {
        let error = read("a.txt", b"fine\nbr\xffken\n").unwrap_err();
        assert!(error.to_string().contains("a.txt:2"), "{error}");
    }
}
