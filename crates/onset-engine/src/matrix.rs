//! Matrix views over slices.

/// A read-only matrix: `rows` × `cols`, with a stride for each.
#[derive(Debug, Clone, Copy)]
pub struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

/// A writable row-major matrix, with `row_stride` ≥ `cols`.
#[derive(Debug)]
pub struct MatMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

/// The treatment of a destination's old contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are overwritten and never read.
    Write,
    /// The result is added to them.
    Add,
}

impl<'a> Mat<'a> {
    /// `data` as a row-major `rows` × `cols` matrix.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        assert!(data.len() >= rows * cols, "{rows} × {cols} needs more than {} numbers", data.len());
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The columns `first..first + count`.
    pub fn columns(self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.cols, "columns {first}+{count} of {}", self.cols);
        Self { data: self.data.get(first * self.col_stride..).unwrap_or(&[]), cols: count, ..self }
    }

    /// The rows `first..first + count`.
    pub fn rows(self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.rows, "rows {first}+{count} of {}", self.rows);
        Self { data: self.data.get(first * self.row_stride..).unwrap_or(&[]), rows: count, ..self }
    }

    /// The transposed matrix, without copying.
    pub fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// (rows, columns).
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// (row stride, column stride), in numbers.
    pub fn strides(&self) -> (usize, usize) {
        (self.row_stride, self.col_stride)
    }

    /// The underlying numbers, starting with the first of the matrix.
    pub fn data(&self) -> &'a [f32] {
        self.data
    }
}

impl<'a> MatMut<'a> {
    /// `data` as a row-major `rows` × `cols` matrix.
    pub fn new(data: &'a mut [f32], rows: usize, cols: usize) -> Self {
        assert!(data.len() >= rows * cols, "{rows} × {cols} needs more than {} numbers", data.len());
        Self { data, rows, cols, row_stride: cols }
    }

    /// The columns `first..first + count`.
    pub fn columns(self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.cols, "columns {first}+{count} of {}", self.cols);
        Self { data: self.data.get_mut(first..).unwrap_or(&mut []), cols: count, ..self }
    }

    /// (rows, columns).
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// Row stride, in numbers.
    pub fn stride(&self) -> usize {
        self.row_stride
    }

    /// The underlying numbers, starting with the first of the matrix.
    pub fn into_data(self) -> &'a mut [f32] {
        self.data
    }
}
