//! What separates the fields of a file, found in its first lines.

use super::Part;
use super::columns::Head;
use super::form::Defaults;

/// What may separate fields, the most usual first.
pub(super) const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Lines that are looked at.
const LOOKED_AT: usize = 20;

/// How the fields of a file are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What separates them.
    pub separator: u8,
    /// Whether quotation marks quote.
    pub quotes: bool,
}

impl Dialect {
    /// The fields of the first lines of `content`: at most one more than are looked at.
    pub fn first_rows(self, content: &str) -> Vec<Vec<String>> {
        let most = LOOKED_AT + 1;
        if !self.quotes {
            let lines = content.lines().filter(|line| !line.is_empty()).take(most);
            let split = |line: &str| line.split(char::from(self.separator)).map(String::from).collect();
            return lines.map(split).collect();
        }
        let mut reader = self.reader(content.as_bytes());
        let rows = reader.records().take(most).filter_map(Result::ok);
        rows.map(|row| row.iter().map(String::from).collect()).collect()
    }

    /// A reader of CSV.
    pub fn reader<R: std::io::Read>(self, content: R) -> csv::Reader<R> {
        let mut builder = csv::ReaderBuilder::new();
        builder.flexible(true).has_headers(false).delimiter(self.separator).from_reader(content)
    }
}

/// What separates the fields of `content`: what is given, else what the file's ending says if the columns are found with it,
/// else what they are found with, else what divides the first lines evenly. What was found is remarked.
pub(super) fn find(part: &mut Part<'_>, content: &str, defaults: Defaults) -> Dialect {
    let quotes = part.reading.quotes.unwrap_or(defaults.quotes);
    let of = |separator: u8| Dialect { separator, quotes };
    if let Some(separator) = part.reading.separator() {
        return of(separator);
    }
    let usual = of(defaults.separator);
    let others = CANDIDATES.into_iter().filter(|&byte| byte != defaults.separator).map(of);
    let all: Vec<(Dialect, Vec<Vec<String>>)> =
        std::iter::once(usual).chain(others).map(|dialect| (dialect, dialect.first_rows(content))).collect();
    let is_header = part.reading.header.unwrap_or(true);
    let has_columns = |rows: &[Vec<String>]| {
        let Some((first, sample)) = rows.split_first() else { return false };
        Head { first, is_header, sample }.has(part.columns)
    };
    let named = |(_, rows): &&(Dialect, Vec<Vec<String>>)| has_columns(rows) && (is_header || is_even(rows));
    let even = |(_, rows): &&(Dialect, Vec<Vec<String>>)| is_even(rows);
    let found = all.iter().find(named).or_else(|| all.iter().find(even)).map_or(usual, |found| found.0);
    if found != usual {
        let shown = if found.separator == b'\t' {
            "a tab".into()
        } else {
            format!("`{}`", char::from(found.separator))
        };
        part.remark(format_args!(
            "its fields are separated by {shown}, as its first lines show (task.separator)"
        ));
    }
    found
}

/// Whether all rows have as many fields as the first, and more than one.
pub(super) fn is_even(rows: &[Vec<String>]) -> bool {
    let width = rows.first().map_or(0, Vec::len);
    width >= 2 && rows.iter().all(|row| row.len() == width)
}
