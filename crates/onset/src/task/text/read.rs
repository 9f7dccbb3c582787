//! Rows of text and label from TSV, CSV or JSON lines, plain or gzip, one after the other.
//!
//! In TSV, quotation marks are text; in CSV they quote as in RFC 4180. Files are UTF-8; a byte order mark
//! and Windows line ends are allowed.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use flate2::read::MultiGzDecoder;

use super::{ColumnRoles, EmptyFault, Field, RowFault, RowPlace, TextError};
use crate::settings::did_you_mean;

/// One row of two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    /// Its line in the (unpacked) file, or its number; counted from 1.
    pub line: usize,
    /// The first column: a text, or a sentence to translate.
    pub text: &'a str,
    /// The second column: a label, or a translation.
    pub label: &'a str,
}

/// Takes each row, or why it is refused. An error ends the reading.
pub(crate) type EachRow<'a> = &'a mut dyn FnMut(Result<Row<'_>, TextError>) -> Result<(), TextError>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Tsv,
    Csv,
    JsonLines,
}

/// The format that a file's name tells.
fn form_of(path: &Path) -> Option<Form> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "tsv" => Some(Form::Tsv),
        "csv" => Some(Form::Csv),
        "jsonl" | "ndjson" => Some(Form::JsonLines),
        _ => None,
    }
}

/// Whether a file's name tells that it holds rows of text.
pub fn is_text_file(path: &Path) -> bool {
    form_of(path).is_some()
}

/// The bytes of a file, unpacked if its name ends in `.gz`. Errors if it cannot be read or unpacked.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, TextError> {
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let unreadable = |source| TextError::Unreadable { path: path.into(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read =
        if packed { MultiGzDecoder::new(file).read_to_end(&mut bytes) } else { file.read_to_end(&mut bytes) };
    match read {
        Ok(_) => Ok(bytes),
        Err(source) if packed => Err(TextError::Unpackable { path: path.into(), source }),
        Err(source) => Err(unreadable(source)),
    }
}

/// The two columns that are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// Their names in the file.
    pub names: [&'a str; 2],
    /// What they are read for.
    pub roles: ColumnRoles,
}

/// Hands the labelled texts in the `bytes` of the file at `path` to `each`. Errors if there are no rows at all,
/// and when `each` returns one.
pub(super) fn each_row(
    path: &Path,
    bytes: &[u8],
    names: [&str; 2],
    each: EachRow<'_>,
) -> Result<(), TextError> {
    let columns = Columns { names, roles: ColumnRoles::TextAndLabel };
    each_pair(path, bytes, columns, &mut |row| {
        each(row.and_then(|row| match empty_field(row) {
            Some(field) => Err(wrong(path, row.line, RowFault::EmptyField(field))),
            None => Ok(row),
        }))
    })
}

/// The first field of a row that holds nothing but white space.
pub(super) fn empty_field(row: Row<'_>) -> Option<Field> {
    [(Field::Text, row.text), (Field::Label, row.label)]
        .into_iter()
        .find_map(|(field, value)| value.trim().is_empty().then_some(field))
}

/// As [`each_row`], with fields that may be empty.
pub(crate) fn each_pair(
    path: &Path,
    bytes: &[u8],
    columns: Columns<'_>,
    each: EachRow<'_>,
) -> Result<(), TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let form = form_of(path).ok_or_else(|| TextError::UnknownForm { path: path.into() })?;
    let (content, broken) = decode(bytes);
    if form != Form::JsonLines && broken.first() == Some(&1) {
        // Without its header nothing else can be read.
        return Err(wrong(path, 1, RowFault::NotUtf8));
    }
    if content.trim().is_empty() && broken.is_empty() {
        return Err(TextError::Empty { origin: path.into(), fault: EmptyFault::Nothing });
    }
    let mut rows = 0;
    let reader = Reader { path, columns, broken };
    let each: EachRow<'_> = &mut |row| {
        rows += 1;
        each(row)
    };
    match form {
        Form::Tsv => reader.tsv(&content, each)?,
        Form::Csv => reader.csv(&content, each)?,
        Form::JsonLines => reader.json_lines(&content, each)?,
    }
    if rows == 0 {
        return Err(TextError::Empty { origin: path.into(), fault: EmptyFault::OnlyHeader });
    }
    Ok(())
}

/// The text in `bytes`, with lines that are not UTF-8 left empty, and the numbers of these lines.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, Vec<usize>) {
    if let Ok(content) = std::str::from_utf8(bytes) {
        return (content.into(), Vec::new());
    }
    let (mut content, mut broken) = (String::with_capacity(bytes.len()), Vec::new());
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        match std::str::from_utf8(line) {
            Ok(line) => content.push_str(line),
            Err(_) => {
                broken.push(index + 1);
                content.push('\n');
            }
        }
    }
    (content.into(), broken)
}

fn wrong(path: &Path, line: usize, fault: RowFault) -> TextError {
    TextError::Row { place: RowPlace { origin: path.into(), line }, fault }
}

/// A row behind the last of a CSV file: an open quotation mark would swallow the rest of the file in silence,
/// and this row with it.
const CSV_END: &str = "onset: end of file";

/// A file, and what is looked for in it.
struct Reader<'a> {
    path: &'a Path,
    columns: Columns<'a>,
    /// Lines that are not UTF-8.
    broken: Vec<usize>,
}

impl Reader<'_> {
    fn wrong(&self, line: usize, fault: RowFault) -> TextError {
        wrong(self.path, line, fault)
    }

    /// Reports the lines that are not UTF-8: once the header is known to be right, before any row.
    fn report_broken(&self, each: EachRow<'_>) -> Result<(), TextError> {
        self.broken.iter().try_for_each(|&line| each(Err(self.wrong(line, RowFault::NotUtf8))))
    }

    fn tsv(&self, content: &str, each: EachRow<'_>) -> Result<(), TextError> {
        let mut lines = content.lines().enumerate();
        let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, line)| line.split('\t').collect());
        let [text, label] = self.places(&header)?;
        self.report_broken(each)?;
        for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let fields: Vec<&str> = line.split('\t').collect();
            let width = self.check_width(index + 1, fields.len(), header.len());
            each(width.map(|()| Row { line: index + 1, text: fields[text], label: fields[label].trim() }))?;
        }
        Ok(())
    }

    fn csv(&self, content: &str, each: EachRow<'_>) -> Result<(), TextError> {
        let end = format!("\n{CSV_END}\n");
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).from_reader(content.as_bytes().chain(end.as_bytes()));
        let mut lines = LineCounter { content, line: 1, counted: 0 };
        let mut broken = |e: csv::Error| {
            let line = lines.advance(e.position().map_or(0, csv::Position::byte));
            self.wrong(line, RowFault::Csv(e.to_string()))
        };
        let header = reader.headers().map_err(&mut broken)?.clone();
        let header: Vec<&str> = header.iter().collect();
        let places = self.places(&header)?;
        self.report_broken(each)?;
        // One row behind, because the last one is known to be whole only when the end is read as a row.
        let (mut current, mut next) = (StringRecord::new(), StringRecord::new());
        let mut pending = None;
        while reader.read_record(&mut next).map_err(|e| self.wrong(1, RowFault::Csv(e.to_string())))? {
            let line = lines.advance(next.position().map_or(0, csv::Position::byte));
            if let Some(line) = pending.replace(line) {
                each(self.csv_row(line, &current, places, header.len()))?;
            }
            if lines.is_at_end() && next.len() == 1 && &next[0] == CSV_END {
                return Ok(());
            }
            std::mem::swap(&mut current, &mut next);
        }
        // The last row has swallowed the end of the file.
        let line = pending.unwrap_or(1);
        let width = pending.map_or(Ok(()), |line| self.check_width(line, current.len(), header.len()));
        each(width.and_then(|()| Err(self.wrong(line, RowFault::OpenQuotation))))
    }

    fn csv_row<'r>(
        &self,
        line: usize,
        record: &'r StringRecord,
        [text, label]: [usize; 2],
        width: usize,
    ) -> Result<Row<'r>, TextError> {
        self.check_width(line, record.len(), width)?;
        Ok(Row { line, text: &record[text], label: record[label].trim() })
    }

    fn json_lines(&self, content: &str, each: EachRow<'_>) -> Result<(), TextError> {
        self.report_broken(each)?;
        for (index, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match self.json_fields(index + 1, line) {
                Ok([text, label]) => each(Ok(Row { line: index + 1, text: &text, label: label.trim() }))?,
                Err(error) => each(Err(error))?,
            }
        }
        Ok(())
    }

    fn json_fields(&self, number: usize, line: &str) -> Result<[String; 2], TextError> {
        let wrong = |fault: RowFault| self.wrong(number, fault);
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).map_err(|e| wrong(RowFault::NotAnObject(e.to_string())))?;
        let check = |name: &str| {
            if object.contains_key(name) {
                return Ok(());
            }
            let found: Vec<String> = object.keys().cloned().collect();
            let nearest = did_you_mean(name, found.iter().map(String::as_str));
            let roles = self.columns.roles;
            Err(wrong(RowFault::MissingKey { wanted: name.into(), nearest, found, roles }))
        };
        let [text, label] = self.columns.names;
        check(text)?;
        if !object[text].is_string() {
            return Err(wrong(RowFault::NotAString { key: text.into() }));
        }
        check(label)?;
        let label = match &object[label] {
            serde_json::Value::String(label) => label.clone(),
            value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => value.to_string(),
            other => return Err(wrong(RowFault::NotALabel { key: label.into(), found: other.to_string() })),
        };
        Ok([object[text].as_str().unwrap_or_default().to_owned(), label])
    }

    /// Where the two columns are in `header`.
    fn places(&self, header: &[&str]) -> Result<[usize; 2], TextError> {
        let place = |wanted: &str| {
            let found = header.iter().position(|name| name.trim() == wanted);
            found.ok_or_else(|| self.missing(wanted, header))
        };
        let [first, second] = self.columns.names;
        Ok([place(first)?, place(second)?])
    }

    fn missing(&self, wanted: &str, found: &[&str]) -> TextError {
        TextError::MissingColumn {
            path: self.path.into(),
            wanted: wanted.into(),
            nearest: did_you_mean(wanted, found.iter().copied()),
            found: found.iter().map(|&name| name.into()).collect(),
            roles: self.columns.roles,
        }
    }

    fn check_width(&self, line: usize, found: usize, expected: usize) -> Result<(), TextError> {
        if found == expected {
            return Ok(());
        }
        Err(self.wrong(line, RowFault::Width { found, expected }))
    }
}

/// Counts lines onwards from the row before; from the start each time would be quadratic.
struct LineCounter<'a> {
    content: &'a str,
    /// The line of byte `counted`, from 1.
    line: usize,
    counted: usize,
}

impl LineCounter<'_> {
    /// The line of the first character at or after byte `from` that ends no line.
    fn advance(&mut self, from: u64) -> usize {
        let bytes = self.content.as_bytes();
        let from = (from as usize).clamp(self.counted, bytes.len());
        let skipped = bytes[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += bytes[self.counted..from + skipped].iter().filter(|&&byte| byte == b'\n').count();
        self.counted = from + skipped;
        self.line
    }

    /// Whether nothing but line ends is left.
    fn is_at_end(&self) -> bool {
        self.counted == self.content.len()
    }
}

#[cfg(test)]
mod tests;
