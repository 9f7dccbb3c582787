//! What can be wrong with labelled texts, as data: a shell may add advice in its own words.

use std::fmt;

use crate::task::rows::{FileError, Origin, RowPlace};
use crate::task::subwords::SubwordsError;

/// Why texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A file cannot be read, or a row of it.
    #[error(transparent)]
    File(#[from] FileError),
    /// No row can be used.
    #[error("{origin} has no row that can be used{}", because(first))]
    NoUsableRow {
        /// Where rows were looked for.
        origin: Origin,
        /// How many rows are refused.
        refused: usize,
        /// Why the first of them is.
        first: Option<Box<TextError>>,
    },
    /// A row cannot be used.
    #[error("{place}: {fault}; {}", fault.remedy())]
    Row {
        /// The row.
        place: RowPlace,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// The labels do not make two classes.
    #[error("{origin} has {fault}; {}", fault.remedy())]
    Labels {
        /// Where the labels come from.
        origin: Origin,
        /// What is wrong with them.
        fault: LabelFault,
    },
    /// The subwords cannot be learned or read.
    #[error(transparent)]
    Subwords(#[from] SubwordsError),
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

/// `: ` and the first refusal, or what was expected.
fn because(first: &Option<Box<TextError>>) -> String {
    first.as_ref().map_or("; expected a row for each text".into(), |first| format!("; the first is {first}"))
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
    /// A field has no characters but white space.
    EmptyField(Field),
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
            Self::EmptyField(_) | Self::NoWords => "remove the row or fill it in".into(),
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
            Self::EmptyField(field) => write!(f, "the {field} is empty"),
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
    /// Two labels are called the same.
    SameName(String),
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
            Self::SameName(_) => "give each a name of its own (task.label_names)".into(),
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
            Self::SameName(name) => write!(f, "two labels are called `{name}`"),
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
