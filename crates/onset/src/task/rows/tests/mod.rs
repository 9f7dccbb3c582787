//! What each format reads as, and what is refused.

mod folders;
#[cfg(feature = "formats")]
mod formats;
mod json;
mod separated;

use std::path::Path;

use super::*;

/// Line, text and label of each row, or why it is refused.
type Rows = Vec<Result<(usize, String, String), FileError>>;

/// The rows of a file of this name and content, and what is remarked.
fn read(
    name: &str,
    content: &[u8],
    reading: &Reading,
    names: [&str; 2],
) -> Result<(Rows, Vec<String>), FileError> {
    let mut rows = Vec::new();
    let file = Unpacked { name: name.into(), bytes: content.to_vec().into() };
    let columns = Columns { names, roles: ColumnRoles::TextAndLabel };
    let remarks = each_row_of(Path::new(name), &file, reading, columns, &mut |row| {
        rows.push(row.map(|row| (row.line, row.text.to_owned(), row.label.to_owned())));
        Ok::<(), FileError>(())
    })?;
    Ok((rows, remarks))
}

/// As [`read`], with the usual columns and settings.
fn each(name: &str, content: &[u8]) -> Result<Rows, FileError> {
    Ok(read(name, content, &Reading::default(), ["text", "label"])?.0)
}

/// The first refusal, as a message.
fn message(name: &str, content: &[u8], reading: &Reading, names: [&str; 2]) -> String {
    let rows = read(name, content, reading, names);
    let refused = rows.and_then(|(rows, _)| rows.into_iter().collect::<Result<Vec<_>, _>>());
    refused.unwrap_err().to_string()
}

/// The rows as text, `text=label` with a space between, and the remarks in one.
fn plain(name: &str, content: &[u8], reading: &Reading, names: [&str; 2]) -> (String, String) {
    let (rows, remarks) = read(name, content, reading, names).unwrap();
    let rows: Vec<String> =
        rows.into_iter().map(|row| row.map(|(_, text, label)| format!("{text}={label}")).unwrap()).collect();
    (rows.join(" "), remarks.join("\n"))
}
