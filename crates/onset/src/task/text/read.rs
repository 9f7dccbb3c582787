//! Rows of text and label from TSV, CSV or JSON lines, plain or gzip.
//!
//! In TSV, quotation marks are text; in CSV they quote as in RFC 4180. Files are UTF-8; a byte order mark
//! and Windows line ends are allowed.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::TextError;
use crate::spec::did_you_mean;

/// One row of a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line in the (unpacked) file, counted from 1.
    pub line: usize,
    /// The text.
    pub text: String,
    /// The label.
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Tsv,
    Csv,
    JsonLines,
}

/// The form that a file's name tells, and whether it is packed.
fn form_of(path: &Path) -> Option<(Form, bool)> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let (name, packed) = name.strip_suffix(".gz").map_or((name.as_str(), false), |inner| (inner, true));
    let form = match name.rsplit_once('.')?.1 {
        "tsv" => Form::Tsv,
        "csv" => Form::Csv,
        "jsonl" | "ndjson" => Form::JsonLines,
        _ => return None,
    };
    Some((form, packed))
}

/// Whether a file's name says that it holds rows of text.
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

/// The two columns that are read, and what messages call them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// Their names in the file.
    pub names: [&'a str; 2],
    /// How else to name them.
    pub options: &'static str,
}

impl<'a> Columns<'a> {
    /// Those of labelled texts.
    pub(super) fn labelled(text: &'a str, label: &'a str) -> Self {
        let options = "--text-column and --label-column, or in a spec with data.text and data.label";
        Self { names: [text, label], options }
    }
}

/// The labelled texts in the `bytes` of the file at `path`, each as it is or with why it is refused. An error
/// means that there are no rows to speak of.
pub(super) fn each_row(
    path: &Path,
    bytes: &[u8],
    columns: Columns<'_>,
) -> Result<Vec<Result<Row, TextError>>, TextError> {
    let rows = each_pair(path, bytes, columns)?;
    Ok(rows.into_iter().map(|row| row.and_then(|row| check_filled(path, row))).collect())
}

/// As [`each_row`], with fields that may be empty.
pub(crate) fn each_pair(
    path: &Path,
    bytes: &[u8],
    columns: Columns<'_>,
) -> Result<Vec<Result<Row, TextError>>, TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (form, _) = form_of(path).ok_or_else(|| TextError::UnknownForm { path: path.into() })?;
    let (content, mut broken) = decode(path, bytes);
    if form != Form::JsonLines && matches!(broken.first(), Some(TextError::Line { line: 1, .. })) {
        // Without its header a file tells nothing.
        return Err(broken.swap_remove(0));
    }
    if content.trim().is_empty() && broken.is_empty() {
        return Err(TextError::Empty { path: path.into(), found: "is empty" });
    }
    let reader = Reader { path, columns };
    let parsed = match form {
        Form::Tsv => reader.tsv(&content)?,
        Form::Csv => reader.csv(&content)?,
        Form::JsonLines => reader.json_lines(&content),
    };
    let mut rows: Vec<_> = broken.into_iter().map(Err).collect();
    rows.extend(parsed);
    if rows.is_empty() {
        return Err(TextError::Empty { path: path.into(), found: "has a header but no rows" });
    }
    Ok(rows)
}

/// The text in `bytes`, its lines that are not UTF-8 left empty, and an error for each of these.
fn decode<'a>(path: &Path, bytes: &'a [u8]) -> (Cow<'a, str>, Vec<TextError>) {
    if let Ok(content) = std::str::from_utf8(bytes) {
        return (content.into(), Vec::new());
    }
    let (mut content, mut broken) = (String::with_capacity(bytes.len()), Vec::new());
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        match std::str::from_utf8(line) {
            Ok(line) => content.push_str(line),
            Err(_) => {
                let found = "a byte that is not UTF-8".into();
                broken.push(wrong(path, index + 1, found, "save the file as UTF-8"));
                content.push('\n');
            }
        }
    }
    (content.into(), broken)
}

fn check_filled(path: &Path, row: Row) -> Result<Row, TextError> {
    for (what, value) in [("text", &row.text), ("label", &row.label)] {
        if value.trim().is_empty() {
            let found = format!("the {what} is empty");
            return Err(wrong(path, row.line, found, "remove the row or fill it in"));
        }
    }
    Ok(row)
}

fn wrong(path: &Path, line: usize, found: String, remedy: &str) -> TextError {
    TextError::Line { path: path.into(), line, found, remedy: remedy.into() }
}

/// The line, counted from 1, of the first character at or after byte `from` that ends no line.
fn line_at(content: &str, from: usize) -> usize {
    let from = from.min(content.len());
    let skipped = content.as_bytes()[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    content.as_bytes()[..from + skipped].iter().filter(|&&b| b == b'\n').count() + 1
}

/// A row behind the last of a CSV file.
const CSV_END: &str = "onset: end of file";

/// A file, and what is looked for in it.
struct Reader<'a> {
    path: &'a Path,
    columns: Columns<'a>,
}

impl Reader<'_> {
    fn tsv(&self, content: &str) -> Result<Vec<Result<Row, TextError>>, TextError> {
        let mut lines = content.lines().enumerate();
        let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, line)| line.split('\t').collect());
        let [text, label] = self.places(&header)?;
        let mut rows = Vec::new();
        for (index, line) in lines {
            if line.is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            let width = self.check_width(index + 1, fields.len(), header.len());
            rows.push(width.map(|()| Row {
                line: index + 1,
                text: fields[text].into(),
                label: fields[label].trim().into(),
            }));
        }
        Ok(rows)
    }

    fn csv(&self, content: &str) -> Result<Vec<Result<Row, TextError>>, TextError> {
        // An open quotation mark would swallow the rest of the file in silence, and this row with it.
        let content = format!("{content}\n{CSV_END}\n");
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content.as_bytes());
        let at =
            |position: Option<&csv::Position>| line_at(&content, position.map_or(0, |p| p.byte() as usize));
        let broken =
            |e: csv::Error| wrong(self.path, at(e.position()), e.to_string(), "check its quotation marks");
        let header: Vec<String> = reader.headers().map_err(broken)?.iter().map(String::from).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let [text, label] = self.places(&header)?;
        let mut rows = Vec::new();
        let (mut line, mut counted) = (1, 0);
        for record in reader.records() {
            let record = record.map_err(broken)?;
            // Counted on from the row before; from the start each time would be quadratic.
            let start = record.position().map_or(0, |position| position.byte() as usize);
            line += line_at(&content[counted..], start - counted) - 1;
            counted =
                start + (content.len() - start - content[start..].trim_start_matches(['\r', '\n']).len());
            if record.len() == 1 && &record[0] == CSV_END {
                return Ok(rows);
            }
            let width = self.check_width(line, record.len(), header.len());
            rows.push(width.map(|()| Row {
                line,
                text: record[text].into(),
                label: record[label].trim().into(),
            }));
        }
        // The last row has swallowed the end of the file.
        if let None | Some(Ok(_)) = rows.last() {
            let line = rows.pop().map_or(1, |_| line);
            let found = "a quotation mark is never closed".into();
            rows.push(Err(wrong(self.path, line, found, "close it, or double it if it is text")));
        }
        Ok(rows)
    }

    fn json_lines(&self, content: &str) -> Vec<Result<Row, TextError>> {
        let lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(index, line)| self.json_row(index + 1, line)).collect()
    }

    fn json_row(&self, number: usize, line: &str) -> Result<Row, TextError> {
        let wrong = |found: String, remedy: &str| wrong(self.path, number, found, remedy);
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line)
            .map_err(|e| wrong(format!("not a JSON object ({e})"), "expected one object a line"))?;
        let field = |name: &str| {
            object.get(name).ok_or_else(|| {
                let names: Vec<&str> = object.keys().map(String::as_str).collect();
                let nearest = did_you_mean(name, names.iter().copied());
                let found = format!("no key `{name}`{nearest} (there are {})", names.join(", "));
                wrong(found, &format!("name the keys with {}", self.columns.options))
            })
        };
        let [text, label] = self.columns.names;
        let text = field(text)?.as_str().map(String::from).ok_or_else(|| {
            wrong(format!("`{text}` is not a string"), "expected the text in quotation marks")
        })?;
        let label = match field(label)? {
            serde_json::Value::String(label) => label.trim().to_owned(),
            label @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => label.to_string(),
            other => {
                let found = format!("`{label}` is {other}");
                return Err(wrong(found, "expected a string, a number, true or false"));
            }
        };
        Ok(Row { line: number, text, label })
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
            found: found.join(", "),
            options: self.columns.options,
        }
    }

    fn check_width(&self, line: usize, found: usize, expected: usize) -> Result<(), TextError> {
        if found == expected {
            return Ok(());
        }
        let found = format!("{found} fields where the header has {expected}");
        Err(wrong(self.path, line, found, "check its separators"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(name: &str, content: &[u8]) -> Result<Vec<Row>, TextError> {
        each_row(Path::new(name), content, Columns::labelled("text", "label"))?.into_iter().collect()
    }

    fn pairs(name: &str, content: &str) -> Vec<(usize, String, String)> {
        let rows = parse(name, content.as_bytes()).unwrap();
        rows.into_iter().map(|row| (row.line, row.text, row.label)).collect()
    }

    #[test]
    fn the_same_rows_come_out_of_every_form() {
        let expected =
            vec![(2, "say \"hi\", ok".to_string(), "1".to_string()), (3, "no".to_string(), "0".to_string())];
        assert_eq!(pairs("a.tsv", "\u{feff}text\tlabel\nsay \"hi\", ok\t1\nno\t0\n"), expected);
        assert_eq!(pairs("a.tsv", "label\ttext\r\n1\tsay \"hi\", ok\r\n0\tno"), expected);
        assert_eq!(pairs("a.csv", "text,label\n\"say \"\"hi\"\", ok\",1\nno,0\n"), expected);
        let json = "\n{\"text\":\"say \\\"hi\\\", ok\",\"label\":1}\n{\"label\":\"0\",\"text\":\"no\"}";
        assert_eq!(pairs("a.jsonl", json), expected);
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        for (name, content, part) in [
            ("a.tsv", &b"text\tlabel\nx\t1\n\xff\t0"[..], "a.tsv:3: a byte that is not UTF-8"),
            ("a.tsv", b"text\xff\tlabel\nx\t1", "a.tsv:1: a byte that is not UTF-8"),
            ("a.tsv", b"text\tlabel\nx\t1\ty", "a.tsv:2: 3 fields where the header has 2"),
            ("a.tsv", b"text\tlabel\n  \t1", "a.tsv:2: the text is empty"),
            ("a.tsv", b"text\tlabel\nx\t", "a.tsv:2: the label is empty"),
            ("a.tsv", b"text\tlabel\n", "has a header but no rows"),
            ("a.tsv", b" \n", "is empty"),
            ("a.csv", b"texts,label\nx,1", "no column `text`, did you mean `texts`?"),
            ("a.csv", b"text,label\nx", "a.csv:2: 1 fields"),
            ("a.csv", b"text,label\nx,1\n\"y,0\nz,1\n", "a.csv:3: 1 fields"),
            ("a.csv", b"text,label\nx,1\ny,\"0\nz,1\n", "a.csv:3: a quotation mark is never closed"),
            ("a.csv", b"text,label\r\n\r\nx,1\r\ny\r\n", "a.csv:4: 1 fields"),
            ("a.jsonl", b"\n{\"text\":\"x\"}", "a.jsonl:2: no key `label`"),
            ("a.jsonl", b"{\"text\":\"x\",", "a.jsonl:1: not a JSON object"),
            ("a.jsonl", b"{\"text\":3,\"label\":1}", "`text` is not a string"),
            ("a.jsonl", b"{\"text\":\"x\",\"label\":[1]}", "`label` is [1]"),
            ("a.txt", b"x", "no known ending"),
        ] {
            let message = parse(name, content).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_refused_row_does_not_hide_the_others() {
        let lines = |name: &str, content: &[u8]| -> (Vec<usize>, Vec<String>) {
            let rows = each_row(Path::new(name), content, Columns::labelled("text", "label")).unwrap();
            let (good, bad): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
            let told = bad.into_iter().map(|row| row.unwrap_err().to_string()).collect();
            (good.into_iter().map(|row| row.unwrap().line).collect(), told)
        };
        let (good, bad) = lines("a.tsv", b"text\tlabel\na\t1\n\xff\t1\nb\n \t0\nc\t0\n");
        assert_eq!(good, [2, 6]);
        assert!(bad[0].contains("a.tsv:3") && bad[1].contains("a.tsv:4") && bad[2].contains("a.tsv:5"));
        let (good, bad) = lines("a.csv", b"text,label\na,1\nb\nc,0\nd,\"1\ne,0\n");
        assert_eq!(good, [2, 4]);
        assert!(bad[1].contains("a.csv:5") && bad[1].contains("never closed"), "{bad:?}");
        let (good, bad) = lines("a.jsonl", b"{\"text\":\"x\",\"label\":1}\n{}\n");
        assert!(good == [1] && bad[0].contains("a.jsonl:2"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, text in "[a-z\"\t,:{}\r\n]{0,60}") {
            for name in ["a.tsv", "a.csv", "a.jsonl"] {
                let _ = parse(name, &bytes);
                let _ = parse(name, format!("text{}label\n{text}", if name == "a.csv" { ',' } else { '\t' }).as_bytes());
            }
        }
    }

    #[test]
    fn a_cut_gzip_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tsv.gz");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, b"text\tlabel\nx\t1\n").unwrap();
        let bytes = packed.finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read_bytes(&path).unwrap(), b"text\tlabel\nx\t1\n");
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert!(matches!(read_bytes(&path), Err(TextError::Unpackable { .. })));
    }
}
