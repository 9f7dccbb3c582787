//! Lines of fields: TSV, CSV and their kin.
//!
//! In TSV, quotation marks are text; in CSV they quote as in RFC 4180. A quoted field of several lines is read, and said:
//! it may be a text with line ends, or rows that a stray quotation mark has swallowed.

use std::collections::BTreeSet;
use std::io::Read;

use csv::StringRecord;

use super::columns::{Chosen, ColumnRoles, Head, choose};
use super::encoding::{Decoded, decode};
use super::form::Defaults;
use super::separator::{Dialect, find};
use super::{EachRow, FileError, LineFault, NoRows, Part};

/// Hands the rows in `bytes` to `each`.
pub(super) fn each_row<E: From<FileError>>(
    part: &mut Part<'_>,
    bytes: &[u8],
    defaults: Defaults,
    each: EachRow<'_, E>,
) -> Result<(), E> {
    let decoded = decode(part, bytes);
    let is_header = part.reading.header.unwrap_or(true);
    if is_header && decoded.broken.first() == Some(&1) {
        // Without its header nothing else can be read.
        return Err(part.wrong(1, decoded.fault).into());
    }
    if decoded.content.trim().is_empty() && decoded.broken.is_empty() {
        let fault = NoRows::Nothing;
        return Err(FileError::Empty { path: part.path.into(), fault, roles: part.columns.roles }.into());
    }
    let dialect = find(part, &decoded.content, defaults);
    let rows = dialect.first_rows(&decoded.content);
    let (first, sample) = rows.split_first().map_or((&[][..], &[][..]), |(first, rest)| (&first[..], rest));
    let chosen = choose(part, &Head { first, is_header, sample })?;
    let table = Table { dialect, chosen, width: first.len(), is_header };
    // Lines that are not of the encoding come first: the header is known to be right, and no row has been read.
    for &line in &decoded.broken {
        each(Err(part.wrong(line, decoded.fault.clone())))?;
    }
    if dialect.quotes { table.quoted(part, &decoded, each) } else { table.plain(part, &decoded, each) }
}

/// A table whose columns are known.
struct Table {
    dialect: Dialect,
    chosen: Chosen,
    /// Fields of a row.
    width: usize,
    is_header: bool,
}

impl Table {
    fn check_width(&self, part: &Part<'_>, line: usize, found: usize) -> Result<(), FileError> {
        if found == self.width {
            return Ok(());
        }
        Err(part.wrong(line, LineFault::Width { found, expected: self.width }))
    }

    /// A line is a row.
    fn plain<E>(&self, part: &Part<'_>, decoded: &Decoded<'_>, each: EachRow<'_, E>) -> Result<(), E> {
        let lines = decoded.content.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let mut joined = String::new();
        for (index, line) in lines.skip(usize::from(self.is_header)) {
            let fields: Vec<&str> = line.split(char::from(self.dialect.separator)).collect();
            let width = self.check_width(part, index + 1, fields.len());
            each(width.map(|()| self.chosen.row(index + 1, |place| fields[place], &mut joined)))?;
        }
        Ok(())
    }

    /// A row may have quotation marks, and line ends between them.
    fn quoted<E: From<FileError>>(
        &self,
        part: &mut Part<'_>,
        decoded: &Decoded<'_>,
        each: EachRow<'_, E>,
    ) -> Result<(), E> {
        let content: &str = &decoded.content;
        let end = format!("\n{END}\n");
        let mut reader = self.dialect.reader(content.as_bytes().chain(end.as_bytes()));
        let mut lines = LineCounter { content, line: 1, counted: 0 };
        let mut quoted = QuotedLines::default();
        // One row behind, because the last one is known to be whole only when the end is read as a row.
        let (mut current, mut next) = (StringRecord::new(), StringRecord::new());
        let (mut pending, mut header) = (None, self.is_header);
        let mut joined = String::new();
        while reader.read_record(&mut next).map_err(|e| part.wrong(1, LineFault::Csv(e.to_string())))? {
            let line = lines.advance(next.position().map_or(0, csv::Position::byte));
            let before = pending.replace(line);
            if let Some(line) = before.filter(|_| !std::mem::take(&mut header)) {
                let width = self.check_width(part, line, current.len());
                quoted.note(self, line, &current, part.columns.roles);
                each(width.map(|()| self.chosen.row(line, |place| &current[place], &mut joined)))?;
            }
            if lines.is_at_end() && next.len() == 1 && &next[0] == END {
                quoted.remark(part);
                return Ok(());
            }
            std::mem::swap(&mut current, &mut next);
        }
        // The last row has swallowed the end of the file.
        let line = pending.unwrap_or(1);
        let width = pending.map_or(Ok(()), |line| self.check_width(part, line, current.len()));
        each(width.and_then(|()| Err(part.wrong(line, LineFault::OpenQuotation))))?;
        quoted.remark(part);
        Ok(())
    }
}

/// A row behind the last of a file: an open quotation mark would swallow the rest of the file in silence, and this row with
/// it. No separator is a letter.
const END: &str = "endoffile";

/// Labels and swallowed lines that are remembered.
const REMEMBERED: usize = 1000;

/// Rows whose quoted fields span several lines, and lines in them that look like rows.
#[derive(Default)]
struct QuotedLines {
    /// How many such rows there are.
    rows: usize,
    /// The first line and the last of the longest.
    longest: [usize; 2],
    /// What stands in the label's place in rows of one line.
    labels: BTreeSet<String>,
    /// What stands in the label's place in lines that have as many fields as a row but are within one; the line of the row.
    swallowed: Vec<(usize, String)>,
}

impl QuotedLines {
    fn note(&mut self, table: &Table, line: usize, row: &StringRecord, roles: ColumnRoles) {
        let ends = row.as_slice().bytes().filter(|&byte| byte == b'\n').count();
        if ends == 0 {
            let label = row.get(table.chosen.second).unwrap_or_default().trim();
            if row.len() == table.width && self.labels.len() < REMEMBERED && !self.labels.contains(label) {
                self.labels.insert(label.into());
            }
            return;
        }
        self.rows += 1;
        if ends > self.longest[1] - self.longest[0] || self.rows == 1 {
            self.longest = [line, line + ends];
        }
        if roles != ColumnRoles::TextAndLabel {
            return;
        }
        for inner in row.iter().flat_map(|field| field.lines().skip(1)) {
            let mut fields = inner.split(char::from(table.dialect.separator));
            let label = fields.clone().nth(table.chosen.second).unwrap_or_default().trim();
            if fields.by_ref().count() == table.width && self.swallowed.len() < REMEMBERED {
                self.swallowed.push((line, label.into()));
            }
        }
    }

    fn remark(&self, part: &mut Part<'_>) {
        if self.rows == 0 {
            return;
        }
        let Self { rows, longest: [first, last], .. } = self;
        let remedy = "if quotation marks are text in this file, set task.quotes = false";
        let (is, span) = if *rows == 1 {
            ("row has a quoted field", "it spans")
        } else {
            ("rows have quoted fields", "the longest spans")
        };
        let swallowed: Vec<&(usize, String)> =
            self.swallowed.iter().filter(|(_, label)| self.labels.contains(label)).collect();
        let what = format!("{rows} {is} of several lines: {span} lines {first} to {last}");
        match swallowed.first() {
            None => part.remark(format_args!("{what}; {remedy}")),
            Some((line, _)) => part.remark(format_args!(
                "{what}; {} of these lines look like rows that a stray quotation mark has swallowed, the first in the row of \
                 line {line}; {remedy}",
                swallowed.len()
            )),
        }
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
