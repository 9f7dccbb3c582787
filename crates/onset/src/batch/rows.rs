//! Rows of numbers of different lengths, end to end in one list.

/// Rows of f32, such as attention weights: a row for each query, a number for each position that it sees.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    numbers: Vec<f32>,
    ends: Vec<usize>,
}

impl Rows {
    /// No rows yet, with room for so many rows and numbers in all.
    pub fn with_capacity(rows: usize, numbers: usize) -> Self {
        Self { numbers: Vec::with_capacity(numbers), ends: Vec::with_capacity(rows) }
    }

    /// Appends a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = f32>) {
        self.numbers.extend(row);
        self.ends.push(self.numbers.len());
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The row at `index`.
    pub fn row(&self, index: usize) -> &[f32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start..self.ends[index]]
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// All numbers, row after row.
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }
}

impl<R: IntoIterator<Item = f32>> FromIterator<R> for Rows {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}
