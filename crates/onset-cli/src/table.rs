//! Tables for the terminal.

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use onset::task::rows::shown;

/// A table style with one line under the header.
const PLAIN: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A row of a table.
pub struct Row {
    /// One text a column.
    pub cells: Vec<String>,
    /// Whether it is grey on a terminal.
    pub quiet: bool,
}

impl Row {
    /// As the table takes it. Words and labels come from files.
    fn styled(&self) -> Vec<Cell> {
        let quiet = self.quiet && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let cell = |text: &String| {
            let cell = Cell::new(shown(text));
            if quiet { cell.add_attribute(Attribute::Dim) } else { cell }
        };
        self.cells.iter().map(cell).collect()
    }
}

/// A table with a header; the first column is left-aligned, the others right-aligned.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    table_of(header, rows.into_iter().map(|cells| Row { cells, quiet: false }))
}

/// As [`table`], of rows some of which may be grey.
pub fn table_of(header: &[&str], rows: impl IntoIterator<Item = Row>) -> Table {
    let mut table = Table::new();
    // Cells wrap if the terminal is too narrow.
    table.load_style(PLAIN).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for row in rows {
        table.add_row(row.styled());
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_the_width_of_a_terminal_and_is_whole_without_one() {
        let row = vec![
            "name".into(),
            "a long sentence about what it is ".repeat(5),
            "a licence with a long name".into(),
        ];
        let mut table = table(&["name", "what", "licence"], [row]);
        assert_eq!(table.to_string().lines().count(), 3);
        table.set_width(80);
        assert!(table.to_string().lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn quiet_rows_are_grey_on_a_terminal_alone() {
        let rows = || [Row { cells: vec!["noise".into()], quiet: true }];
        assert!(!table_of(&["word"], rows()).force_no_tty().to_string().contains('\u{1b}'));
        if std::env::var_os("NO_COLOR").is_none() {
            assert!(table_of(&["word"], rows()).enforce_styling().to_string().contains("\u{1b}[2m"));
        }
    }
}
