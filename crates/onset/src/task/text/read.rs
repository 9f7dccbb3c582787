//! Rows of text and label from a file, neither of them empty.

use std::path::Path;

use sha2::Sha256;

use super::{Field, RowFault, TextError, TextSource};
use crate::task::rows::{ColumnRoles, Columns, Row, RowPlace, each_row};

/// Takes each row, or why it is refused. An error ends the reading.
pub(super) type EachText<'a> = &'a mut dyn FnMut(Result<Row<'_>, TextError>) -> Result<(), TextError>;

/// Hands the labelled texts of the file at `path`, read as `source` says, to `each`, and its bytes to `hash`. Returns what
/// should be known about how it was read. Errors if there are no rows at all, and when `each` returns one.
pub(super) fn each_text(
    path: &Path,
    source: &TextSource,
    hash: &mut Sha256,
    each: EachText<'_>,
) -> Result<Vec<String>, TextError> {
    let columns = Columns { names: [&source.text, &source.label], roles: ColumnRoles::TextAndLabel };
    each_row(path, &source.reading(), columns, hash, &mut |row| match row {
        Ok(row) => each(match empty_field(row) {
            Some(field) => {
                let place = RowPlace { origin: path.into(), line: row.line };
                Err(TextError::Row { place, fault: RowFault::EmptyField(field) })
            }
            None => Ok(row),
        }),
        Err(error) => each(Err(error.into())),
    })
}

/// The first field of a row that holds nothing but white space.
pub(super) fn empty_field(row: Row<'_>) -> Option<Field> {
    [(Field::Text, row.text), (Field::Label, row.label)]
        .into_iter()
        .find_map(|(field, value)| value.trim().is_empty().then_some(field))
}
