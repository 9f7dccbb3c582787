//! What can be wrong with labelled texts, as data: a shell may add advice in its own words.

use std::fmt;
use std::path::{Path, PathBuf};

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

/// What the two columns that are read hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRoles {
    /// A text and its label.
    TextAndLabel,
    /// A sentence and its translation.
    SourceAndTarget,
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

/// Why texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}; check the path")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file should be gzip, and is not, or is not complete.
    #[error("cannot unpack {path}: {source}; it is not gzip, or it is incomplete: get the file again")]
    Unpackable {
        /// The file.
        path: PathBuf,
        /// The error of the decompression.
        source: std::io::Error,
    },
    /// The file's name does not tell its format.
    #[error(
        "{path} has no known ending; expected .tsv, .csv, .jsonl or .ndjson, each also with .gz behind it"
    )]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// There are no rows.
    #[error("{origin} {fault}; expected {}", fault.expected(origin))]
    Empty {
        /// Where rows were looked for.
        origin: Origin,
        /// In which way there are none.
        fault: EmptyFault,
    },
    /// A row cannot be used.
    #[error("{place}: {fault}; {}", fault.remedy())]
    Row {
        /// The row.
        place: RowPlace,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// A column is missing.
    #[error("{path} has no column `{wanted}`{nearest} (it has {}); name the columns with {roles}", found.join(", "))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The name of the column.
        wanted: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// The columns that are there.
        found: Vec<String>,
        /// What the columns are read for.
        roles: ColumnRoles,
    },
    /// The labels do not make two classes.
    #[error("{origin} has {fault}; {}", fault.remedy())]
    Labels {
        /// Where the labels come from.
        origin: Origin,
        /// What is wrong with them.
        fault: LabelFault,
    },
    /// Nothing is left to train on, or to validate on.
    #[error(
        "{origin}: {fault}; give more rows, or change task.validation_fraction, task.split_seed or task.labels"
    )]
    TooFew {
        /// Where the texts come from.
        origin: Origin,
        /// What is missing.
        fault: TooFewFault,
    },
}

/// In which way there are no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyFault {
    /// Nothing at all.
    Nothing,
    /// A header without rows.
    OnlyHeader,
    /// Rows, none of which can be used.
    NoUsableRow,
}

impl EmptyFault {
    fn expected(self, origin: &Origin) -> &'static str {
        match origin {
            Origin::File(_) => "a header with a text and a label column, and a row for each text",
            _ => "a row for each text",
        }
    }
}

impl fmt::Display for EmptyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "is empty",
            Self::OnlyHeader => "has a header but no rows",
            Self::NoUsableRow => "has no row that can be used",
        })
    }
}

/// One of the two fields of a labelled text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The text.
    Text,
    /// The label.
    Label,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Label => "label",
        })
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// It holds bytes that are not UTF-8.
    NotUtf8,
    /// It has another number of fields than the header.
    Width {
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A field has no characters but white space.
    EmptyField(Field),
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
    /// The tokenizer finds no words in the text.
    NoWords,
    /// The label is none of those to train on.
    OtherLabel {
        /// The label.
        label: String,
        /// The labels to train on.
        names: Vec<String>,
    },
}

impl RowFault {
    /// What was expected, and what to do.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotUtf8 => "save the file as UTF-8".into(),
            Self::Width { .. } => "check its separators".into(),
            Self::EmptyField(_) | Self::NoWords => "remove the row or fill it in".into(),
            Self::Csv(_) => "check its quotation marks".into(),
            Self::OpenQuotation => "close it, or double it if it is text".into(),
            Self::NotAnObject(_) => "expected one object a line".into(),
            Self::MissingKey { roles, .. } => format!("name the keys with {roles}"),
            Self::NotAString { .. } => "expected the text in quotation marks".into(),
            Self::NotALabel { .. } => "expected a string, a number, true or false".into(),
            Self::OtherLabel { .. } => {
                "correct it, or choose the labels to keep (task.labels), or set some against all others (task.positive)"
                    .into()
            }
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("a byte that is not UTF-8"),
            Self::Width { found, expected } => write!(f, "{found} fields where the header has {expected}"),
            Self::EmptyField(field) => write!(f, "the {field} is empty"),
            Self::Csv(message) => f.write_str(message),
            Self::OpenQuotation => f.write_str("a quotation mark is never closed"),
            Self::NotAnObject(message) => write!(f, "not a JSON object ({message})"),
            Self::MissingKey { wanted, nearest, found, .. } => {
                write!(f, "no key `{wanted}`{nearest} (there are {})", found.join(", "))
            }
            Self::NotAString { key } => write!(f, "`{key}` is not a string"),
            Self::NotALabel { key, found } => write!(f, "`{key}` is {found}"),
            Self::NoWords => f.write_str("the text has no words"),
            Self::OtherLabel { label, names } => {
                write!(f, "the label {label} is not among those to train on, {}", shortened(names))
            }
        }
    }
}

/// A label and its rows.
pub type LabelRows = (String, usize);

/// Why labels do not make classes; each with the labels that are there, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelFault {
    /// There is only one, or none.
    One(Vec<LabelRows>),
    /// A label that was chosen does not occur.
    Unknown {
        /// The label.
        wanted: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// The labels that do.
        found: Vec<LabelRows>,
    },
    /// There are so many different values that they cannot be labels.
    NotLabels {
        /// Different values.
        values: usize,
        /// Rows.
        rows: usize,
        /// The values.
        found: Vec<LabelRows>,
    },
    /// Every label is among the positive ones.
    AllPositive(Vec<LabelRows>),
}

impl LabelFault {
    fn remedy(&self) -> String {
        match self {
            Self::One(_) => "a classifier needs texts of at least two labels".into(),
            Self::Unknown { found, .. } => format!("the labels are {}", listed(found)),
            Self::NotLabels { .. } => {
                "name the column of the labels (task.label), or choose the labels to keep (task.labels)"
                    .into()
            }
            Self::AllPositive(_) => "leave at least one label out of task.positive".into(),
        }
    }
}

impl fmt::Display for LabelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(found) => write!(f, "only one label, {}", listed(found)),
            Self::Unknown { wanted, nearest, .. } => write!(f, "no label `{wanted}`{nearest}"),
            Self::NotLabels { values, rows, found } => {
                write!(
                    f,
                    "{values} different values in {rows} rows where labels should be, {}",
                    listed(found)
                )
            }
            Self::AllPositive(found) => write!(f, "every label is positive, {}", listed(found)),
        }
    }
}

/// Names, at most twelve.
fn shortened(names: &[String]) -> String {
    names[..names.len().min(12)].join(", ") + if names.len() > 12 { ", …" } else { "" }
}

/// Labels with their rows, at most twelve.
fn listed(labels: &[LabelRows]) -> String {
    let shown: Vec<String> =
        labels.iter().take(12).map(|(label, rows)| format!("{label} ({rows})")).collect();
    shown.join(", ") + if labels.len() > 12 { ", …" } else { "" }
}

/// What is missing where too few texts are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TooFewFault {
    /// Fewer than two texts, so that none can be held out; how many.
    Texts(usize),
    /// A class without a text to train on; its name.
    Class(String),
    /// Nothing to validate on.
    Validation,
}

impl fmt::Display for TooFewFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Texts(count) => write!(f, "only {count} text is left"),
            Self::Class(name) => write!(f, "no text labelled {name} is left to train on"),
            Self::Validation => f.write_str("no text is left to validate on"),
        }
    }
}
