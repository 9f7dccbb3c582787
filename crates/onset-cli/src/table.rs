//! Tables for the terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use onset::task::rows::shown;

/// A table style with one line under the header.
const PLAIN: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with a header; the first column is left-aligned, the others right-aligned.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    // Cells wrap if the terminal is too narrow.
    table.load_style(PLAIN).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for row in rows {
        // Words and labels come from files.
        table.add_row(row.iter().map(|cell| shown(cell)));
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
}
