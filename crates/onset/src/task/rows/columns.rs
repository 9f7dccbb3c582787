//! Which columns are read: by name, or by number.

use std::fmt;

use super::{ColumnFault, FileError, Part, Row};
use crate::settings::did_you_mean;

/// What the two columns that are read hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRoles {
    /// A text and its label.
    TextAndLabel,
    /// A sentence and its translation.
    SourceAndTarget,
}

impl ColumnRoles {
    /// The names of the columns unless the settings say otherwise.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::TextAndLabel => ["text", "label"],
            Self::SourceAndTarget => ["source", "target"],
        }
    }

    /// What a file of them should hold.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::TextAndLabel => "a header with a text and a label column, and a row for each text",
            Self::SourceAndTarget => "a header with a source and a target column, and a row for each pair",
        }
    }
}

impl fmt::Display for ColumnRoles {
    /// The keys of a spec that name the columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TextAndLabel => "task.text and task.label",
            Self::SourceAndTarget => {
                "task.source_column and task.target_column; two files side by side need task.target too"
            }
        })
    }
}

/// The two columns that are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// Their names in the file, or their numbers; the first may be several with commas between.
    pub names: [&'a str; 2],
    /// What they are read for.
    pub roles: ColumnRoles,
}

/// The first lines of a table.
pub(super) struct Head<'a> {
    /// The fields of the first line.
    pub first: &'a [String],
    /// Whether these name the columns.
    pub is_header: bool,
    /// Some of the rows behind it.
    pub sample: &'a [Vec<String>],
}

/// The places of the columns that are read, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// One or more, whose fields are joined by a space.
    pub first: Vec<usize>,
    /// The other one.
    pub second: usize,
}

impl Chosen {
    /// The row of a line whose fields `field` gives by place; `joined` is written to where several are one text.
    pub fn row<'r>(&self, line: usize, field: impl Fn(usize) -> &'r str, joined: &'r mut String) -> Row<'r> {
        let label = field(self.second).trim();
        if let [only] = self.first[..] {
            return Row { line, text: field(only), label };
        }
        joined.clear();
        for value in self.first.iter().map(|&place| field(place).trim()).filter(|value| !value.is_empty()) {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(value);
        }
        Row { line, text: joined, label }
    }
}

/// A column as it is asked for.
enum Wanted {
    At(usize),
    Number(usize),
    Missing,
    Several(Vec<usize>),
}

impl Head<'_> {
    fn find(&self, name: &str) -> Wanted {
        let is_it = |(_, field): &(usize, &String)| self.is_header && field.trim() == name.trim();
        let places: Vec<usize> =
            self.first.iter().enumerate().filter(is_it).map(|(place, _)| place).collect();
        match places[..] {
            [place] => Wanted::At(place),
            [] => name.trim().parse().map_or(Wanted::Missing, Wanted::Number),
            _ => Wanted::Several(places),
        }
    }

    /// The names of the first column's parts, and of the second: a name that holds commas is one name.
    fn wanted<'n>(&self, [first, second]: [&'n str; 2]) -> (Vec<&'n str>, &'n str) {
        let one = !first.contains(',') || !matches!(self.find(first), Wanted::Missing);
        let parts = if one { vec![first] } else { first.split(',').map(str::trim).collect() };
        (parts, second)
    }

    /// Whether both columns are there.
    pub fn has(&self, columns: Columns<'_>) -> bool {
        if !self.is_header && columns.names == columns.roles.names() {
            return self.first.len() >= 2;
        }
        let (parts, second) = self.wanted(columns.names);
        parts.into_iter().chain([second]).all(|name| match self.find(name) {
            Wanted::At(_) | Wanted::Several(_) => true,
            Wanted::Number(number) => number <= self.first.len() && self.first.len() >= 2,
            Wanted::Missing => false,
        })
    }

    /// Whether what should be the header looks like a row: it has numbers, long texts or nothing where names should be, or
    /// a value that comes again below.
    fn looks_like_a_row(&self) -> bool {
        self.first.iter().enumerate().any(|(place, field)| {
            let field = field.trim();
            field.is_empty()
                || field.parse::<f64>().is_ok()
                || field.split_whitespace().count() > 5
                || self.sample.iter().any(|row| row.get(place).is_some_and(|other| other.trim() == field))
        })
    }
}

/// Finds the columns of `part` in a table that begins with `head`. What is decided rather than read is remarked.
pub(super) fn choose(part: &mut Part<'_>, head: &Head<'_>) -> Result<Chosen, FileError> {
    let Columns { names, roles } = part.columns;
    let path = part.path;
    let fail = |fault| FileError::Column { path: path.into(), fault: Box::new(fault), roles };
    if !head.is_header && names == roles.names() {
        let chosen =
            guess(head, roles).ok_or_else(|| fail(ColumnFault::Unnamed { found: head.first.to_vec() }))?;
        let [first, second] = roles.names();
        let (one, other) = (chosen.first[0] + 1, chosen.second + 1);
        part.remark(format_args!(
            "it has no header; column {one} is read as the {first}, column {other} as the {second}"
        ));
        return Ok(chosen);
    }
    if let Some([source, target]) = languages(part.columns, head.first) {
        let [one, other] = [source, target].map(|place| &head.first[place]);
        part.remark(format_args!("`{one}` is read as the source, `{other}` as the target"));
        return Ok(Chosen { first: vec![source], second: target });
    }
    let (parts, second) = head.wanted(names);
    let all: Vec<Wanted> = parts.iter().chain([&second]).map(|name| head.find(name)).collect();
    let by_number = all.iter().any(|wanted| matches!(wanted, Wanted::Number(_)));
    if by_number && head.is_header && part.reading.header.is_none() && head.looks_like_a_row() {
        return Err(fail(ColumnFault::Headerless { found: head.first.to_vec() }));
    }
    let from = usize::from(!all.iter().any(|wanted| matches!(wanted, Wanted::Number(0))));
    let mut places = Vec::with_capacity(all.len());
    for (wanted, name) in all.into_iter().zip(parts.iter().chain([&second])) {
        places.push(match wanted {
            Wanted::At(place) => place,
            Wanted::Number(number) if number - from < head.first.len() => number - from,
            Wanted::Number(wanted) => {
                return Err(fail(ColumnFault::Number { wanted, columns: head.first.len() }));
            }
            Wanted::Several(places) => {
                let numbers = places.into_iter().map(|place| place + 1).collect();
                return Err(fail(ColumnFault::Several { wanted: (*name).into(), numbers }));
            }
            Wanted::Missing => return Err(fail(missing(head, name))),
        });
    }
    if from == 0 {
        part.remark("columns are counted from 0, because one of those given is 0");
    }
    let second = places.pop().expect("two columns are asked for");
    Ok(Chosen { first: places, second })
}

/// The places of the two languages of a translation as `datasets` keeps it, where no other columns are asked for.
fn languages(columns: Columns<'_>, names: &[String]) -> Option<[usize; 2]> {
    let ColumnRoles::SourceAndTarget = columns.roles else { return None };
    let usual = columns.roles.names();
    if columns.names != usual || usual.iter().any(|usual| names.iter().any(|name| name == usual)) {
        return None;
    }
    let is_language = |(_, name): &(usize, &String)| name.starts_with("translation.");
    let places: Vec<usize> = names.iter().enumerate().filter(is_language).map(|(place, _)| place).collect();
    places.try_into().ok()
}

/// Whether a table of these columns holds sentence pairs.
pub(super) fn are_pairs(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let columns =
        Columns { names: ColumnRoles::SourceAndTarget.names(), roles: ColumnRoles::SourceAndTarget };
    !has("text") && (has("source") && has("target") || languages(columns, names).is_some())
}

fn missing(head: &Head<'_>, wanted: &str) -> ColumnFault {
    if !head.is_header {
        return ColumnFault::Unnamed { found: head.first.to_vec() };
    }
    ColumnFault::Missing {
        wanted: wanted.into(),
        nearest: did_you_mean(wanted, head.first.iter().map(String::as_str)),
        found: head.first.to_vec(),
        headerless: head.looks_like_a_row(),
    }
}

/// The columns of a table without a header, where it is plain which they are: of sentence pairs the first two; of two columns
/// the one with the longer values is the text.
fn guess(head: &Head<'_>, roles: ColumnRoles) -> Option<Chosen> {
    let columns = head.first.len();
    if roles == ColumnRoles::SourceAndTarget && columns >= 2 {
        return Some(Chosen { first: vec![0], second: 1 });
    }
    if columns != 2 {
        return None;
    }
    let rows = || std::iter::once(head.first).chain(head.sample.iter().map(Vec::as_slice));
    let length = |place: usize| rows().filter_map(|row| row.get(place)).map(String::len).sum::<usize>();
    let text = usize::from(length(1) > length(0));
    Some(Chosen { first: vec![text], second: 1 - text })
}
