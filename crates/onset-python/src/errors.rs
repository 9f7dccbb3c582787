//! Errors of the library as exceptions of `onset.errors`, with kind, place and remedy.

use std::error::Error as StdError;

use onset::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The exception for `error`.
pub fn raised(py: Python<'_>, error: impl Into<Error>) -> PyErr {
    let error = error.into();
    let cause = innermost(&error);
    let remedy = onset_cli::advice(cause).map(|advice| in_python(&advice));
    exception(py, class_of(error.kind()), &in_python(&error.to_string()), place(cause), remedy)
}

/// An exception of the class `name` in `onset.errors`.
pub fn exception(
    py: Python<'_>,
    name: &str,
    message: &str,
    place: Option<String>,
    remedy: Option<String>,
) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let class = py.import("onset.errors")?.getattr(name)?;
        let keywords = PyDict::new(py);
        keywords.set_item("place", place)?;
        keywords.set_item("remedy", remedy)?;
        Ok(PyErr::from_value(class.call((message,), Some(&keywords))?))
    };
    made().unwrap_or_else(|error| error)
}

fn class_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Spec => "SpecError",
        ErrorKind::Target => "TargetError",
        ErrorKind::Data => "DataError",
        ErrorKind::Store => "StoreError",
        ErrorKind::Train | ErrorKind::Intervention => "TrainError",
        ErrorKind::Forecast => "ForecastError",
        ErrorKind::Record => "RecordError",
        _ => "Error",
    }
}

/// The error of the module that made it.
fn innermost(error: &Error) -> &(dyn StdError + 'static) {
    match error {
        Error::Spec(error) => error,
        Error::Target(error) => error,
        Error::Runs(onset::runs::RunsError::Target(error)) => &**error,
        Error::Runs(onset::runs::RunsError::Data(error)) => &**error,
        Error::Data(error) => error,
        Error::Text(error) => error,
        Error::Pairs(error) => error,
        Error::Store(error) => error,
        Error::Recorder(onset::recorder::RecorderError::Store(error)) => error,
        Error::Train(error) => error,
        Error::Forecast(error) => error,
        error => error,
    }
}

/// Where it went wrong: a file, a folder or a key, where the error has one.
fn place(error: &(dyn StdError + 'static)) -> Option<String> {
    use onset::spec::SpecError;
    use onset::store::StoreError;
    use onset::train::TrainError;
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return error.path().map(|path| path.display().to_string());
    }
    if let Some(error) = error.downcast_ref::<SpecError>() {
        return error.place();
    }
    match error.downcast_ref::<TrainError>() {
        Some(TrainError::Store(error)) => place(error),
        Some(TrainError::Spec(error)) => place(error),
        _ => None,
    }
}

/// Keys of the task that are arguments in Python.
const KEYS: [(&str, &str); 9] = [
    ("task.source_column", "source_column="),
    ("task.target_column", "target_column="),
    ("task.separator", "separator="),
    ("task.header", "header="),
    ("task.quotes", "quotes="),
    ("task.encoding", "encoding="),
    ("task.tokens", "tokens="),
    ("task.label", "label_column="),
    ("task.text", "text_column="),
];

/// `text` with the arguments that set the keys of the task which it names.
fn with_arguments(text: &str) -> String {
    let mut python = text.to_owned();
    for (key, argument) in KEYS {
        let parts: Vec<&str> = python.split(key).collect();
        let mut joined = parts[0].to_owned();
        for part in &parts[1..] {
            // A longer key that begins like this one is another.
            let longer = part.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            joined += if longer { key } else { argument };
            joined += if longer { part } else { part.strip_prefix(" = ").unwrap_or(part) };
        }
        python = joined;
    }
    python
}

/// Options of the command line and keys of the task as the arguments of a function, and commands as functions.
pub fn in_python(advice: &str) -> String {
    const WORDS: [(&str, &str); 13] = [
        ("`onset data list` shows", "`onset data list` in a terminal shows"),
        ("`onset train --help` lists", "help(onset.train) lists"),
        ("`onset keys` lists", "`onset keys` in a terminal lists"),
        ("`onset runs FOLDER` lists", "onset.open(FOLDER) lists"),
        ("`onset train`", "onset.train"),
        ("`onset predict`", "onset.predict"),
        ("--resume", "resume=True"),
        ("--no-header", "header=False"),
        ("--no-quotes", "quotes=False"),
        ("--set train.steps", "steps="),
        ("--from", "from_="),
        ("--set ", "set="),
        ("--labels A,B", "labels=[\"A\", \"B\"]"),
    ];
    let mut text = with_arguments(advice);
    for (option, argument) in WORDS {
        text = text.replace(option, argument);
    }
    // Any other option: its name with underscores.
    let mut python = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find("--") {
        let (before, option) = rest.split_at(start);
        let name: &str =
            option[2..].split(|c: char| !(c.is_ascii_lowercase() || c == '-')).next().unwrap_or("");
        let begins = before.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        python.push_str(before);
        if begins && !name.is_empty() {
            python.push_str(&name.replace('-', "_"));
            python.push('=');
        } else {
            python.push_str(&option[..2 + name.len()]);
        }
        rest = &option[2 + name.len()..];
    }
    python + rest
}
