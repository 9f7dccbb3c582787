//! The settings that say how a file of rows is read, where its name does not tell it.

use std::path::Path;

use encoding_rs::Encoding;

use super::form::{Form, form_of};
use crate::settings::{SpecError, require};

/// How a file of rows is read. None of it is needed where the file is what its ending says, in UTF-8, with a header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What separates fields: a character, or `tab`; none means that it is found in the first lines.
    pub separator: Option<String>,
    /// Whether the first line names the columns; none means that it does.
    pub header: Option<bool>,
    /// Whether quotation marks quote; none means in CSV only.
    pub quotes: Option<bool>,
    /// The encoding, by a name of the Encoding Standard; none means UTF-8.
    pub encoding: Option<String>,
}

impl Reading {
    /// Checks every value, and that it applies to the file at `path` so far as its name tells.
    pub fn check(&self, path: &Path) -> Result<(), SpecError> {
        if let Some(separator) = &self.separator {
            let expected = "expected one character that is no letter, digit or quotation mark, or `tab`";
            require(byte_of(separator).is_some(), "task.separator", separator, expected)?;
        }
        if let Some(encoding) = &self.encoding {
            let expected =
                "expected a name of the Encoding Standard, such as utf-8, windows-1252 or shift_jis";
            require(Encoding::for_label(encoding.as_bytes()).is_some(), "task.encoding", encoding, expected)?;
        }
        let Some(form) = form_of(path) else { return Ok(()) };
        let is_separated = matches!(form, Form::Separated(_));
        let has_header = is_separated || form == Form::Sheet;
        let is_text = is_separated || form == Form::Json;
        let given = |value: Option<bool>| value.map(|value| value.to_string());
        for (key, value, applies) in [
            ("task.separator", self.separator.clone(), is_separated),
            ("task.header", given(self.header), has_header),
            ("task.quotes", given(self.quotes), is_separated),
            ("task.encoding", self.encoding.clone(), is_text),
        ] {
            let reason =
                format!("{} is {}, which has no use for it; leave it out", path.display(), form.name());
            require(value.is_none() || applies, key, value.unwrap_or_default(), &reason)?;
        }
        Ok(())
    }

    /// The first key that is given, and its value: for what reads no such file.
    pub fn given(&self) -> Option<(&'static str, String)> {
        let Self { separator, header, quotes, encoding } = self;
        let switch = |value: &Option<bool>| value.map(|value| value.to_string());
        let all = [
            ("task.separator", separator.clone()),
            ("task.header", switch(header)),
            ("task.quotes", switch(quotes)),
            ("task.encoding", encoding.clone()),
        ];
        all.into_iter().find_map(|(key, value)| value.map(|value| (key, value)))
    }

    /// Refuses what applies to tables only, where two files of lines are read side by side.
    pub fn check_lines(&self) -> Result<(), SpecError> {
        let tables_only = Self { encoding: None, ..self.clone() };
        let Some((key, value)) = tables_only.given() else { return Ok(()) };
        require(false, key, value, "two files of lines, side by side, have no use for it; leave it out")
    }

    /// What separates fields, if it is given.
    pub(super) fn separator(&self) -> Option<u8> {
        self.separator.as_deref().and_then(byte_of)
    }
}

/// The character that a separator is given by.
fn byte_of(separator: &str) -> Option<u8> {
    match separator {
        "tab" | "\\t" => Some(b'\t'),
        _ => match *separator.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n\0".contains(&byte) => {
                Some(byte)
            }
            _ => None,
        },
    }
}
