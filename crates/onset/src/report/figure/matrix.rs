//! A matrix of numbers as shades; as `charts/heatmap.js` does it.

use super::sheet::{Anchor, Colour, HEAT, INK, Mark, OPPOSE, SUPPORT, Sheet, Text, WARM, cut_to, width_of};

const ROOM: f64 = 720.0;
const SIZE: f64 = 11.0;
/// The widest name of a row or column.
const NAME: f64 = 92.0;
const MARGIN: f64 = 14.0;

/// A matrix of numbers with names of its rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// What it shows.
    pub title: String,
    /// What its numbers are called.
    pub name: String,
    /// What rows and columns are called in a table: place and name of a row, place and name of a column.
    pub fields: [&'static str; 4],
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The numbers, row by row; NaN where there is none.
    pub values: Vec<f32>,
    /// Whether numbers have a sign, which is shown by the colour.
    pub signed: bool,
    /// The number with the strongest shade.
    pub largest: f32,
    /// Rows whose name is struck through.
    pub wrong: Vec<bool>,
}

impl Matrix {
    /// As a drawing.
    pub fn sheet(&self) -> Sheet {
        let widest = |names: &[String]| {
            names.iter().map(|name| width_of(name, SIZE).min(NAME)).fold(8.0, f64::max) + 8.0
        };
        let left = MARGIN + widest(&self.rows);
        let cell = ((ROOM - left) / self.columns.len().max(1) as f64).min(26.0);
        let upright = self.stand_upright(cell);
        let top = 40.0 + if upright { SIZE + 8.0 } else { widest(&self.columns) };
        // Names that would lie on each other are left out.
        let named = cell >= 8.0;
        let (left, top) = if named { (left, top) } else { (MARGIN, 40.0) };
        let title = Text { colour: INK, bold: true, ..Text::new([MARGIN, 20.0], self.title.as_str(), 14.0) };
        let width =
            (left + cell * self.columns.len() as f64).max(MARGIN + width_of(&self.title, 15.0)) + MARGIN;
        let mut marks = vec![Mark::Text(title)];
        let gap = if cell > 7.0 { 1.0 } else { 0.0 };
        for (place, &value) in self.values.iter().enumerate() {
            let (row, column) = (place / self.columns.len(), place % self.columns.len());
            let [x, y] = [left + column as f64 * cell, top + row as f64 * cell];
            marks.push(Mark::Rectangle([x, y, cell - gap, cell - gap], self.shade(value)));
        }
        if named {
            self.names(&mut marks, [left, top], cell);
        }
        let height = top + cell * self.rows.len() as f64 + MARGIN;
        Sheet { width, height, title: self.title.clone(), marks }
    }

    fn names(&self, marks: &mut Vec<Mark>, [left, top]: [f64; 2], cell: f64) {
        let middle = |place: usize| (place as f64 + 0.5) * cell + SIZE * 0.34;
        for (row, name) in self.rows.iter().enumerate() {
            let struck = self.wrong.get(row).copied().unwrap_or(false);
            let name = Text::new([left - 5.0, top + middle(row)], cut_to(name, SIZE, NAME), SIZE);
            let colour = if struck { WARM } else { INK };
            marks.push(Mark::Text(Text { colour, struck, ..name.anchored(Anchor::End) }));
        }
        for (column, name) in self.columns.iter().enumerate() {
            let upright = self.stand_upright(cell);
            // A name that is written upwards has the middle of its letters beside its base line.
            let place = if upright { middle(column) - SIZE * 0.34 } else { middle(column) };
            let name = Text::new([left + place, top - 5.0], cut_to(name, SIZE, NAME), SIZE);
            let anchor = if upright { Anchor::Middle } else { Anchor::Start };
            marks.push(Mark::Text(Text { colour: INK, upwards: !upright, ..name.anchored(anchor) }));
        }
    }

    /// Whether the names of columns are as narrow as their columns; longer ones are written upwards.
    fn stand_upright(&self, cell: f64) -> bool {
        self.columns.iter().all(|name| width_of(name, SIZE) + 2.0 <= cell)
    }

    /// The square root shows small weights, which fill most of a matrix.
    fn shade(&self, value: f32) -> Colour {
        let share = if value.is_nan() { 0.0 } else { (value.abs() / self.largest.max(1e-9)).min(1.0).sqrt() };
        let strongest = match (self.signed, value < 0.0) {
            (false, _) => HEAT[1],
            (true, false) => SUPPORT,
            (true, true) => OPPOSE,
        };
        let mix =
            |low: u8, high: u8| (f32::from(low) + (f32::from(high) - f32::from(low)) * share).round() as u8;
        std::array::from_fn(|part| mix(HEAT[0][part], strongest[part]))
    }

    /// As CSV, a number a line.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = self.fields.into_iter().chain([self.name.as_str()]);
        writer.write_record(header).expect("memory takes it");
        for (place, value) in self.values.iter().enumerate() {
            let (row, column) = (place / self.columns.len(), place % self.columns.len());
            let value = if value.is_nan() { String::new() } else { value.to_string() };
            let line = [
                row.to_string(),
                self.rows[row].clone(),
                column.to_string(),
                self.columns[column].clone(),
                value,
            ];
            writer.write_record(line).expect("memory takes it");
        }
        String::from_utf8(writer.into_inner().expect("memory takes it")).expect("all fields are UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(signed: bool) -> Matrix {
        Matrix {
            title: "α".into(),
            name: "α".into(),
            fields: ["target_position", "target", "source_position", "source"],
            rows: ["a", "b, c"].map(String::from).into(),
            columns: ["x"].map(String::from).into(),
            values: vec![1.0, -0.25],
            signed,
            largest: 1.0,
            wrong: vec![false, true],
        }
    }

    #[test]
    fn every_number_is_a_cell_and_a_line() {
        let cells =
            |sheet: &Sheet| sheet.marks.iter().filter(|mark| matches!(mark, Mark::Rectangle(..))).count();
        assert_eq!(cells(&matrix(true).sheet()), 2);
        assert_eq!(
            matrix(true).csv(),
            "target_position,target,source_position,source,α\n0,a,0,x,1\n1,\"b, c\",0,x,-0.25\n"
        );
    }

    #[test]
    fn shades_tell_the_sign_where_there_is_one() {
        assert_eq!(matrix(true).shade(1.0), SUPPORT);
        assert_eq!(matrix(true).shade(-1.0), OPPOSE);
        assert_eq!(matrix(false).shade(1.0), HEAT[1]);
        assert_eq!(matrix(false).shade(f32::NAN), HEAT[0]);
    }
}
