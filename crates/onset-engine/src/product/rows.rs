//! Rows of A as tiles read them: packed or in place, and never beyond their end.

use std::marker::PhantomData;

use super::kernel::{Left, Order};
use crate::matrix::Mat;

/// Rows of A.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// Strips of the kernel's rows over a depth, and the number of rows to use.
    Packed { strips: &'a [f32], depth: usize, rows: usize },
    /// Rows that are read in place.
    Lying(Mat<'a>),
}

impl<'a> Rows<'a> {
    /// (rows, depth).
    pub fn shape(self) -> (usize, usize) {
        match self {
            Self::Packed { rows, depth, .. } => (rows, depth),
            Self::Lying(a) => a.shape(),
        }
    }

    /// `count` rows from `row` on, which must be the first of a strip.
    pub fn rows(self, row: usize, count: usize) -> Self {
        match self {
            Self::Packed { strips, depth, .. } => {
                Self::Packed { strips: &strips[row * depth..], depth, rows: count }
            }
            Self::Lying(a) => Self::Lying(a.rows(row, count)),
        }
    }

    /// `count` rows from `row` on, which must be the first of a strip of `most` rows.
    #[inline(always)]
    pub fn strip(self, row: usize, count: usize, most: usize) -> Strip<'a> {
        let (numbers, order, stride, rows, depth) = match self {
            Self::Packed { strips, depth, .. } => (&strips[row * depth..], Order::Across, most, most, depth),
            Self::Lying(a) => {
                let ((row_stride, step), depth) = (a.strides(), a.shape().1);
                let (order, stride) =
                    if step == 1 { (Order::Along, row_stride) } else { (Order::Across, step) };
                (a.rows(row, count).data(), order, stride, count, depth)
            }
        };
        Strip::new(numbers, (order, stride), (rows, depth))
    }
}

/// Rows that a tile may read while their numbers are borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Strip<'a> {
    left: Left,
    order: Order,
    rows: usize,
    depth: usize,
    numbers: PhantomData<&'a [f32]>,
}

impl<'a> Strip<'a> {
    /// `rows` rows of `depth` numbers each, in this order with this stride. Panics if `numbers` is too short.
    #[inline(always)]
    fn new(numbers: &'a [f32], (order, stride): (Order, usize), (rows, depth): (usize, usize)) -> Self {
        assert!(rows > 0 && depth > 0, "a strip of {rows} rows of {depth} numbers");
        let last = match order {
            Order::Across => rows - 1 + (depth - 1) * stride,
            Order::Along => (rows - 1) * stride + depth - 1,
        };
        assert!(numbers.len() > last, "rows that are too short");
        let left = Left { first: numbers.as_ptr(), stride };
        Self { left, order, rows, depth, numbers: PhantomData }
    }

    /// What lies side by side.
    #[inline(always)]
    pub fn order(&self) -> Order {
        self.order
    }

    /// The first `count` rows in the form that a kernel takes, and their depth. Panics if there are fewer rows.
    #[inline(always)]
    pub fn first_rows(self, count: usize) -> (Left, usize) {
        assert!(count <= self.rows, "{count} rows of a strip of {}", self.rows);
        (self.left, self.depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_of_packed_and_of_lying_rows_end_with_their_numbers() {
        let numbers = [0.0; 12];
        // Strips of 4 rows over a depth of 3.
        let packed = Rows::Packed { strips: &numbers, depth: 3, rows: 4 };
        assert_eq!(packed.strip(0, 2, 4).first_rows(4).1, 3);
        let lying = Rows::Lying(Mat::new(&numbers, 4, 3));
        assert_eq!(lying.strip(1, 3, 4).first_rows(3).1, 3);
    }

    #[test]
    #[should_panic(expected = "rows that are too short")]
    fn a_strip_beyond_the_numbers_is_refused() {
        Strip::new(&[0.0; 11], (Order::Across, 4), (4, 3));
    }

    #[test]
    #[should_panic(expected = "3 rows of a strip of 2")]
    fn more_rows_than_a_strip_has_are_refused() {
        Strip::new(&[0.0; 6], (Order::Along, 3), (2, 3)).first_rows(3);
    }
}
