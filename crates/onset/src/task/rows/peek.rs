//! The columns of a file, from its beginning alone.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;

use super::columns::{ColumnRoles, Columns, are_pairs};
use super::encoding::decode;
use super::folder::parts;
use super::form::{Form, Packing, form_of, name_of};
use super::separator::{CANDIDATES, Dialect, is_even};
use super::unpack::{Unpacked, reader};
use super::{Part, Reading, json};

/// A header is not longer.
const LONGEST: u64 = 1 << 16;

/// Whether the file at `path` holds sentence pairs, for any separator that it could have: it has the columns `source` and
/// `target`, or a `translation` of two languages, and no `text`. A file that cannot be read has not: why is told by what reads
/// it next.
pub(crate) fn holds_pairs(path: &Path, reading: &Reading) -> bool {
    column_names(path, reading).iter().any(|names| are_pairs(names))
}

/// Whether the file at `path` holds running text: its name ends in `.txt` (and what it is packed with), and its first lines are no
/// table for any separator. A file that cannot be read does not: why is told by what reads it next.
pub(crate) fn holds_prose(path: &Path, reading: &Reading) -> bool {
    let name = Packing::split(name_of(path)).0;
    let is_text = name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("txt"));
    let Some((Form::Separated(_), bytes)) =
        Some(path).filter(|path| is_text && path.is_file()).and_then(beginning)
    else {
        return false;
    };
    let roles = ColumnRoles::TextAndLabel;
    let mut part =
        Part { path, reading, columns: Columns { names: roles.names(), roles }, remarks: Vec::new() };
    let content = decode(&mut part, &bytes).content;
    !CANDIDATES.into_iter().any(|separator| {
        let rows = Dialect { separator, quotes: false }.first_rows(&content);
        is_table(&rows, separator)
    })
}

/// Whether the file at `path` has the columns `text` and `label` between tabs, and in its first rows no other labels than these. A
/// file that cannot be read has not: why is told by what reads it next.
pub(crate) fn holds_labels(path: &Path, labels: &[&str]) -> bool {
    let Some((Form::Separated(_), bytes)) = beginning(path) else { return false };
    let content = String::from_utf8_lossy(&bytes);
    let mut rows = Dialect { separator: b'\t', quotes: false }.first_rows(&content);
    if bytes.len() as u64 == LONGEST {
        // What is read may end within a row.
        rows.pop();
    }
    let Some((first, rows)) = rows.split_first() else { return false };
    *first == ColumnRoles::TextAndLabel.names()
        && !rows.is_empty()
        && rows.iter().all(|row| matches!(&row[..], [_, label] if labels.contains(&label.as_str())))
}

/// Whether `rows` look like those of a table: the first has the columns of labelled texts, or fields between tabs, or all have as
/// many fields.
fn is_table(rows: &[Vec<String>], separator: u8) -> bool {
    let Some(first) = rows.first() else { return false };
    let has = |name: &&str| first.iter().any(|field| field.trim() == *name);
    let filled = first.iter().filter(|field| !field.trim().is_empty()).count();
    // One or two sentences with a comma each are no table yet.
    ColumnRoles::TextAndLabel.names().iter().all(has)
        || separator == b'\t' && filled >= 2
        || rows.len() >= 3 && is_even(rows)
}

/// The names of the columns of the file at `path`, for every separator that it could have; none where it cannot be read: why
/// is told by what reads it next.
pub(super) fn column_names(path: &Path, reading: &Reading) -> Vec<Vec<String>> {
    let Some(path) = parts(path).ok().and_then(|parts| parts.into_iter().next()) else { return Vec::new() };
    let Some((form, bytes)) = beginning(&path) else { return Vec::new() };
    let roles = ColumnRoles::SourceAndTarget;
    let columns = Columns { names: roles.names(), roles };
    let mut part = Part { path: &path, reading, columns, remarks: Vec::new() };
    match form {
        Form::Separated(defaults) => {
            let content = decode(&mut part, &bytes).content;
            let quotes = reading.quotes.unwrap_or(defaults.quotes);
            let given = reading.separator().map(|separator| vec![separator]);
            let separators = given.unwrap_or_else(|| CANDIDATES.into());
            let first = |separator| Dialect { separator, quotes }.first_rows(&content).into_iter().next();
            let all = separators.into_iter().filter_map(first);
            all.map(|fields| fields.iter().map(|field| field.trim().to_owned()).collect()).collect()
        }
        Form::Json => vec![json::first_keys(&decode(&mut part, &bytes).content)],
        #[cfg(feature = "formats")]
        Form::Parquet => super::columnar::parquet_names(bytes).into_iter().collect(),
        #[cfg(feature = "formats")]
        Form::Arrow => super::columnar::arrow_names(&bytes).into_iter().collect(),
        #[cfg(feature = "formats")]
        Form::Sheet => super::sheet::names(&bytes).into_iter().collect(),
        #[cfg(not(feature = "formats"))]
        Form::Parquet | Form::Arrow | Form::Sheet => Vec::new(),
    }
}

/// The format of a file and its first bytes; all of them where the format asks for it.
fn beginning(path: &Path) -> Option<(Form, Bytes)> {
    if Packing::split(name_of(path)).1 == Some(Packing::Zip) {
        let file = Unpacked::read(path).ok()?;
        return Some((Form::of(&file.name)?, file.bytes));
    }
    let form = form_of(path)?;
    if !matches!(form, Form::Separated(_) | Form::Json) {
        return Some((form, Unpacked::read(path).ok()?.bytes));
    }
    let mut bytes = Vec::new();
    // What is cut off within a packed file is of no account here.
    let _ = reader(path).ok()?.0.take(LONGEST).read_to_end(&mut bytes);
    Some((form, bytes.into()))
}
