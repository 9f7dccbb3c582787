//! What can be wrong with a file of rows, as data: a shell may add advice in its own words.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ColumnRoles;

/// Where rows come from, as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Rows that a caller gave.
    Memory,
    /// The built-in keyword task.
    Keyword,
}

impl From<&Path> for Origin {
    fn from(path: &Path) -> Self {
        Self::File(path.into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Memory => f.write_str("the given table"),
            Self::Keyword => f.write_str("the keyword task"),
        }
    }
}

/// A row's place: `messages.tsv:3`, or `row 3 of the given table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPlace {
    /// Where the row comes from.
    pub origin: Origin,
    /// Its line in the (unpacked) file, or its number; counted from 1.
    pub line: usize,
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::File(path) => write!(f, "{}:{}", path.display(), self.line),
            other => write!(f, "row {} of {other}", self.line),
        }
    }
}

/// Why a file of rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read {path}: {source}; check the path")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It should be packed, and is not, or is not complete.
    #[error("cannot unpack {path}: {source}; it is not {packing}, or it is incomplete: get the file again")]
    Unpackable {
        /// The file.
        path: PathBuf,
        /// What it should be packed with.
        packing: &'static str,
        /// The error of the decompression.
        source: std::io::Error,
    },
    /// A zip archive does not have just one file of rows.
    #[error(
        "{path} has {} files of rows{}; expected one: unpack it and name the file", found.len(), listed(found)
    )]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The files of rows in it.
        found: Vec<String>,
    },
    /// Its name does not tell its format.
    #[error(
        "{path} has no known ending; expected .tsv, .csv, .txt, .jsonl, .ndjson, .json, .parquet, .arrow, .feather, .xlsx \
         or .ods, each also with .gz, .xz, .zst or .zip behind it"
    )]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// This build cannot read its format.
    #[error(
        "{path}: this program was built without the feature `formats`, which reads this format; save it as .csv"
    )]
    NotBuilt {
        /// The file.
        path: PathBuf,
    },
    /// It is not what its ending says.
    #[error("{path} cannot be read as {form}: {reason}; check that it is complete, or save it anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The format.
        form: &'static str,
        /// The reader's message.
        reason: String,
    },
    /// A folder or a pattern with no file of rows in it.
    #[error(
        "{path} has no file of rows in it; expected .parquet, .arrow, .csv, .tsv or .jsonl files, or a folder saved by `datasets`"
    )]
    NoParts {
        /// The folder, or the pattern.
        path: PathBuf,
    },
    /// There are no rows.
    #[error("{path} {fault}; expected {}", roles.expected())]
    Empty {
        /// The file.
        path: PathBuf,
        /// In which way there are none.
        fault: NoRows,
        /// What its columns are read for.
        roles: ColumnRoles,
    },
    /// A column cannot be found.
    #[error("{path} {fault}; {}", fault.remedy(*roles))]
    Column {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: Box<ColumnFault>,
        /// What the columns are read for.
        roles: ColumnRoles,
    },
    /// A row cannot be read.
    #[error("{place}: {fault}; {}", fault.remedy())]
    Row {
        /// The row.
        place: RowPlace,
        /// What is wrong with it.
        fault: LineFault,
    },
}

/// `: a, b`, or nothing.
fn listed(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

/// In which way a file has no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRows {
    /// Nothing at all.
    Nothing,
    /// A header without rows.
    OnlyHeader,
}

impl fmt::Display for NoRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "is empty",
            Self::OnlyHeader => "has a header but no rows",
        })
    }
}

/// Why a column cannot be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnFault {
    /// There is none of that name.
    Missing {
        /// The name.
        wanted: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// The columns that are there.
        found: Vec<String>,
        /// Whether the first line looks like a row rather than a header.
        headerless: bool,
    },
    /// Several have that name.
    Several {
        /// The name.
        wanted: String,
        /// Their numbers, from 1.
        numbers: Vec<usize>,
    },
    /// A number is above that of the last column.
    Number {
        /// The number.
        wanted: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// Columns are chosen by number, and what should be the header looks like a row.
    Headerless {
        /// The first line's fields.
        found: Vec<String>,
    },
    /// There is no header, and it is not clear which columns are meant.
    Unnamed {
        /// The first line's fields.
        found: Vec<String>,
    },
    /// It holds values that are no text.
    Type {
        /// The column.
        name: String,
        /// The type of its values.
        found: String,
    },
}

impl ColumnFault {
    /// What to do.
    pub fn remedy(&self, roles: ColumnRoles) -> String {
        match self {
            Self::Missing { headerless: false, .. } => format!("name the columns with {roles}"),
            Self::Missing { headerless: true, .. } | Self::Headerless { .. } => {
                format!(
                    "if it has no header, set task.header = false and give columns by number with {roles}"
                )
            }
            Self::Several { numbers, .. } => {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                format!("choose one by its number ({}) with {roles}", numbers.join(" or "))
            }
            Self::Number { .. } => "columns are counted from 1, or from 0 where one of them is 0".into(),
            Self::Unnamed { .. } => format!("give columns by number, counted from 1, with {roles}"),
            Self::Type { .. } => "expected strings, numbers, true or false".into(),
        }
    }
}

impl fmt::Display for ColumnFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { wanted, nearest, found, headerless } => {
                write!(f, "has no column `{wanted}`{nearest} (it has {})", found.join(", "))?;
                f.write_str(if *headerless { "; this looks like a file without a header" } else { "" })
            }
            Self::Several { wanted, numbers } => {
                write!(f, "has {} columns called `{wanted}`", numbers.len())
            }
            Self::Number { wanted, columns } => write!(f, "has no column {wanted}: it has {columns}"),
            Self::Headerless { found } => {
                write!(f, "looks like a file without a header: its first line is {}", numbered(found))
            }
            Self::Unnamed { found } => write!(f, "has no header, and the columns {}", numbered(found)),
            Self::Type { name, found } => write!(f, "has values of the type {found} in its column `{name}`"),
        }
    }
}

/// Fields with their numbers, each cut to a few words.
fn numbered(fields: &[String]) -> String {
    let short = |field: &String| -> String {
        let cut: String = field.chars().take(30).collect();
        if cut.len() < field.len() { cut + "…" } else { cut }
    };
    let all: Vec<String> =
        (1..).zip(fields).take(12).map(|(number, field)| format!("{number} (`{}`)", short(field))).collect();
    all.join(", ") + if fields.len() > 12 { ", …" } else { "" }
}

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFault {
    /// It holds bytes that are not of the file's encoding.
    Encoding {
        /// The encoding that it was read in.
        encoding: &'static str,
        /// An encoding in which it could be.
        guess: Option<&'static str>,
    },
    /// It has another number of fields than the header.
    Width {
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// It is not CSV; the reader's message.
    Csv(String),
    /// A quotation mark is opened and never closed.
    OpenQuotation,
    /// It is no JSON object; the reader's message.
    NotAnObject(String),
    /// The JSON object lacks a key.
    MissingKey {
        /// The key.
        wanted: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// The keys that are there.
        found: Vec<String>,
        /// What the keys are read for.
        roles: ColumnRoles,
    },
    /// The JSON object has a key twice.
    KeyTwice {
        /// The key.
        key: String,
    },
    /// The value that should be a text is no string.
    NotAString {
        /// Its key.
        key: String,
    },
    /// The value that should be a label is a list, an object or null.
    NotALabel {
        /// Its key.
        key: String,
        /// The value, as JSON.
        found: String,
    },
}

impl LineFault {
    /// What was expected, and what to do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Encoding { guess: Some(guess), .. } => {
                format!("save the file as UTF-8, or give its encoding with task.encoding; it could be {guess}")
            }
            Self::Encoding { .. } => "save the file as UTF-8, or give its encoding with task.encoding".into(),
            Self::Width { .. } => "check its separators".into(),
            Self::Csv(_) => "check its quotation marks".into(),
            Self::OpenQuotation => {
                "close it, or double it if it is text; where all quotation marks are text, set task.quotes = false".into()
            }
            Self::NotAnObject(_) => "expected one object a line, or one array of objects".into(),
            Self::MissingKey { roles, .. } => format!("name the keys with {roles}"),
            Self::KeyTwice { .. } => "remove one of them".into(),
            Self::NotAString { .. } => "expected the text in quotation marks".into(),
            Self::NotALabel { .. } => "expected a string, a number, true or false".into(),
        }
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding { encoding, .. } => write!(f, "a byte that is not {encoding}"),
            Self::Width { found, expected } => write!(f, "{found} fields where the header has {expected}"),
            Self::Csv(message) => f.write_str(message),
            Self::OpenQuotation => f.write_str("a quotation mark is never closed"),
            Self::NotAnObject(message) => write!(f, "not a JSON object ({message})"),
            Self::MissingKey { wanted, nearest, found, .. } => {
                write!(f, "no key `{wanted}`{nearest} (there are {})", found.join(", "))
            }
            Self::KeyTwice { key } => write!(f, "the key `{key}` is there twice"),
            Self::NotAString { key } => write!(f, "`{key}` is not a string"),
            Self::NotALabel { key, found } => write!(f, "`{key}` is {found}"),
        }
    }
}
