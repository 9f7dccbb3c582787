//! Files of rows as they are: from any format to a header and rows with their lines.
//!
//! A path is a file, a pattern or a folder (`folder`: its parts). The way of each part is `unpack` (bytes), `form` (what its
//! name tells), and then a file a format: `encoding` and `separated` (TSV, CSV and their kin; `separator` finds what
//! separates), `json` (lines and arrays), `columnar` (Parquet and Arrow), `sheet` (xlsx, ods). `columns` finds the two
//! columns that are read. [`Reading`] holds the settings. Nothing here knows what rows are read for: texts with labels and
//! sentence pairs both come this way.

#[cfg(feature = "formats")]
mod cell;
#[cfg(feature = "formats")]
mod columnar;
mod columns;
mod encoding;
mod error;
mod folder;
mod form;
mod json;
mod lines;
mod peek;
mod reading;
mod separated;
mod separator;
#[cfg(feature = "formats")]
mod sheet;
mod shown;
mod sniff;
mod unpack;

use std::path::Path;

use sha2::{Digest, Sha256};

pub use columns::ColumnRoles;
pub(crate) use columns::Columns;
pub use error::{ColumnFault, FileError, LineFault, NoRows, Origin, RowPlace};
pub(crate) use folder::{splits, test_split_remark};
pub use form::is_row_file;
pub(crate) use lines::{lines, lines_of, text};
pub(crate) use peek::{holds_labels, holds_pairs, holds_prose};
pub use reading::Reading;
pub use shown::{shown, shown_lines};
pub use sniff::ending_of;
pub use unpack::read_bytes;

use self::form::Form;
use self::unpack::Unpacked;

/// One row of two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    /// Its line in the (unpacked) file, or its number where a format has no lines; counted from 1.
    pub line: usize,
    /// The first column: a text, or a sentence to translate.
    pub text: &'a str,
    /// The second column: a label, or a translation.
    pub label: &'a str,
}

/// Takes each row, or why it is refused. An error ends the reading.
pub(crate) type EachRow<'a, E> = &'a mut dyn FnMut(Result<Row<'_>, FileError>) -> Result<(), E>;

/// One file that is being read: where it is, how, and what is to be said about it.
struct Part<'a> {
    path: &'a Path,
    reading: &'a Reading,
    columns: Columns<'a>,
    remarks: Vec<String>,
}

impl Part<'_> {
    fn wrong(&self, line: usize, fault: LineFault) -> FileError {
        FileError::Row { place: RowPlace { origin: self.path.into(), line }, fault }
    }

    /// Keeps a sentence that whoever reads the file should know.
    fn remark(&mut self, sentence: impl std::fmt::Display) {
        self.remarks.push(format!("{}: {sentence}", self.path.display()));
    }
}

/// Hands the rows of the files at `path` to `each` and their bytes to `hash`. Fields may be empty. Returns what should be
/// known about how the files were read, as sentences. Errors if there are no rows at all, and when `each` returns one.
pub(crate) fn each_row<E: From<FileError>>(
    path: &Path,
    reading: &Reading,
    columns: Columns<'_>,
    hash: &mut Sha256,
    each: EachRow<'_, E>,
) -> Result<Vec<String>, E> {
    let mut remarks = Vec::new();
    for path in folder::parts(path)? {
        let file = Unpacked::read(&path)?;
        hash.update(&file.bytes);
        remarks.extend(each_row_of(&path, &file, reading, columns, each)?);
    }
    Ok(remarks)
}

/// As [`each_row`], of one file that is read already.
fn each_row_of<E: From<FileError>>(
    path: &Path,
    file: &Unpacked,
    reading: &Reading,
    columns: Columns<'_>,
    each: EachRow<'_, E>,
) -> Result<Vec<String>, E> {
    let form = Form::of(&file.name).ok_or_else(|| FileError::UnknownForm { path: path.into() })?;
    let mut part = Part { path, reading, columns, remarks: Vec::new() };
    let mut rows = 0;
    let counted: EachRow<'_, E> = &mut |row| {
        rows += 1;
        each(row)
    };
    match form {
        Form::Separated(defaults) => separated::each_row(&mut part, &file.bytes, defaults, counted)?,
        Form::Json => json::each_row(&mut part, &file.bytes, counted)?,
        #[cfg(feature = "formats")]
        Form::Parquet => columnar::each_parquet_row(&mut part, &file.bytes, counted)?,
        #[cfg(feature = "formats")]
        Form::Arrow => columnar::each_arrow_row(&mut part, &file.bytes, counted)?,
        #[cfg(feature = "formats")]
        Form::Sheet => sheet::each_row(&mut part, &file.bytes, counted)?,
        #[cfg(not(feature = "formats"))]
        Form::Parquet | Form::Arrow | Form::Sheet => {
            return Err(FileError::NotBuilt { path: path.into() }.into());
        }
    }
    if rows == 0 {
        let fault = NoRows::OnlyHeader;
        return Err(FileError::Empty { path: path.into(), fault, roles: columns.roles }.into());
    }
    Ok(part.remarks)
}

#[cfg(test)]
mod tests;
