//! Spreadsheets: the rows of the first sheet. A row's line is its number in the sheet.

use std::io::Cursor;

use calamine::{Data, Ods, Range, Reader, Xlsx, open_workbook_from_rs};

use super::columns::{Head, choose};
use super::{EachRow, FileError, LineFault, NoRows, Part};

/// Rows that tell whether the first is a header.
const LOOKED_AT: usize = 20;

/// Hands the rows of the first sheet to `each`. Rows without any value are passed over.
pub(super) fn each_row<E: From<FileError>>(
    part: &mut Part<'_>,
    bytes: &[u8],
    each: EachRow<'_, E>,
) -> Result<(), E> {
    let path = part.path;
    let damaged = |reason: String| FileError::Damaged { path: path.into(), form: "a spreadsheet", reason };
    let (sheets, range) = first_sheet(bytes).map_err(damaged)?;
    if let [first, _, ..] = &sheets[..] {
        part.remark(format_args!("its first sheet, {first}, is read; it has {}", sheets.join(", ")));
    }
    let above = range.start().map_or(0, |(row, _)| row as usize);
    let is_filled = |row: &&[Data]| row.iter().any(|cell| !cell.to_string().trim().is_empty());
    let mut rows = range.rows().enumerate().filter(|(_, row)| is_filled(row)).peekable();
    let is_header = part.reading.header.unwrap_or(true);
    let Some((_, first)) = rows.peek() else {
        let fault = NoRows::Nothing;
        return Err(FileError::Empty { path: path.into(), fault, roles: part.columns.roles }.into());
    };
    let first = strings(first);
    let sample: Vec<Vec<String>> =
        range.rows().filter(is_filled).skip(1).take(LOOKED_AT).map(strings).collect();
    let chosen = choose(part, &Head { first: &first, is_header, sample: &sample })?;
    let mut joined = String::new();
    for (index, row) in rows.skip(usize::from(is_header)) {
        let (line, values) = (above + index + 1, strings(row));
        if values.len() != first.len() {
            let fault = LineFault::Width { found: values.len(), expected: first.len() };
            each(Err(part.wrong(line, fault)))?;
            continue;
        }
        each(Ok(chosen.row(line, |place| &values[place], &mut joined)))?;
    }
    Ok(())
}

/// The first row of the first sheet.
pub(super) fn names(bytes: &[u8]) -> Option<Vec<String>> {
    let (_, range) = first_sheet(bytes).ok()?;
    range.rows().next().map(strings)
}

fn strings(row: &[Data]) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

/// The names of all sheets, and the cells of the first.
fn first_sheet(bytes: &[u8]) -> Result<(Vec<String>, Range<Data>), String> {
    let xlsx: Result<Xlsx<_>, _> = open_workbook_from_rs(Cursor::new(bytes));
    let (names, range) = match xlsx {
        Ok(mut book) => {
            (book.sheet_names(), book.worksheet_range_at(0).map(|range| range.map_err(|e| e.to_string())))
        }
        Err(error) => {
            let ods: Result<Ods<_>, _> = open_workbook_from_rs(Cursor::new(bytes));
            let mut book = ods.map_err(|_| error.to_string())?;
            (book.sheet_names(), book.worksheet_range_at(0).map(|range| range.map_err(|e| e.to_string())))
        }
    };
    Ok((names, range.ok_or("it has no sheet")??))
}
