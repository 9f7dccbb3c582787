//! A small table by columns, as recorded and as read back.

use super::StoreError;

/// A column; in Parquet int64, double, utf8, `list<float>` or `list<utf8>`, never null.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Whole numbers.
    Int(Vec<i64>),
    /// Numbers.
    Float(Vec<f64>),
    /// Texts.
    Text(Vec<String>),
    /// Lists of numbers.
    Floats(Vec<Vec<f32>>),
    /// Lists of texts.
    Texts(Vec<Vec<String>>),
}

/// Applies the same expression to the vector of any column.
macro_rules! each {
    ($column:expr, $values:ident => $body:expr) => {
        match $column {
            Column::Int($values) => $body,
            Column::Float($values) => $body,
            Column::Text($values) => $body,
            Column::Floats($values) => $body,
            Column::Texts($values) => $body,
        }
    };
}

impl Column {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        each!(self, values => values.len())
    }

    fn retain(&mut self, keep: &[bool]) {
        let mut kept = keep.iter();
        each!(self, values => values.retain(|_| *kept.next().unwrap_or(&false)));
    }

    /// Appends a column of the same type; false if it is of another.
    fn append(&mut self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.extend(b),
            (Self::Float(a), Self::Float(b)) => a.extend(b),
            (Self::Text(a), Self::Text(b)) => a.extend(b),
            (Self::Floats(a), Self::Floats(b)) => a.extend(b),
            (Self::Texts(a), Self::Texts(b)) => a.extend(b),
            _ => return false,
        }
        true
    }
}

/// Named columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
}

impl Table {
    /// No columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// The table with one more column.
    ///
    /// # Panics
    /// If the column is not as long as those before.
    pub fn with(mut self, name: &str, column: Column) -> Self {
        assert!(
            self.columns.is_empty() || column.rows() == self.rows(),
            "column {name} has {} rows, the table {}",
            column.rows(),
            self.rows()
        );
        self.columns.push((name.into(), column));
        self
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.rows())
    }

    /// The columns' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The columns themselves, in order.
    pub fn into_columns(self) -> impl Iterator<Item = (String, Column)> {
        self.columns.into_iter()
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// Appends the rows of a table with the same columns; an empty table becomes the other.
    ///
    /// # Panics
    /// If the columns differ.
    pub fn append(&mut self, other: Self) {
        if self.columns.is_empty() {
            *self = other;
            return;
        }
        assert_eq!(self.columns.len(), other.columns.len(), "tables of different columns");
        for ((name, column), (other_name, other)) in self.columns.iter_mut().zip(other.columns) {
            assert!(*name == other_name && column.append(other), "column {name} meets {other_name}");
        }
    }

    /// Keeps the rows for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let kept: Vec<bool> = (0..self.rows()).map(keep).collect();
        self.columns.iter_mut().for_each(|(_, column)| column.retain(&kept));
    }

    fn missing(&self, name: &str, expected: &'static str) -> StoreError {
        StoreError::Column { name: name.into(), expected, found: self.names().collect::<Vec<_>>().join(", ") }
    }
}

/// Declares a typed look-up.
macro_rules! typed {
    ($(#[$doc:meta])* $function:ident, $variant:ident, $item:ty, $expected:literal) => {
        $(#[$doc])*
        pub fn $function(&self, name: &str) -> Result<&[$item], StoreError> {
            match self.column(name) {
                Some(Column::$variant(values)) => Ok(values),
                _ => Err(self.missing(name, $expected)),
            }
        }
    };
}

/// Typed columns; an error names the column, the type and what is there.
impl Table {
    typed!(
        /// A column of whole numbers.
        ints, Int, i64, "whole numbers"
    );
    typed!(
        /// A column of numbers.
        floats, Float, f64, "numbers"
    );
    typed!(
        /// A column of texts.
        texts, Text, String, "texts"
    );
    typed!(
        /// A column of lists of numbers.
        float_lists, Floats, Vec<f32>, "lists of numbers"
    );
    typed!(
        /// A column of lists of texts.
        text_lists, Texts, Vec<String>, "lists of texts"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_appended_and_dropped_in_every_column() {
        let row = |step: i64| {
            Table::new()
                .with("step", Column::Int(vec![step]))
                .with("mass", Column::Floats(vec![vec![step as f32; 2]]))
        };
        let mut table = Table::new();
        (0..4).for_each(|step| table.append(row(step)));
        table.retain(|i| i != 1);
        assert_eq!(table.ints("step").unwrap(), [0, 2, 3]);
        assert_eq!(table.float_lists("mass").unwrap()[1], [2.0, 2.0]);
        let error = table.floats("mas").unwrap_err().to_string();
        assert!(error.contains("`mas` of numbers (it has step, mass)"), "{error}");
    }
}
