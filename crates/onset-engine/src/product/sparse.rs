//! Products whose left side has many zeros, as after a ReLU; the terms of zeros are skipped.
//!
//! The skipped terms would add nothing, and the order of the others is the same, so the result has the same bits as
//! that of [`matmul`](super::matmul). Similar rows, such as hypotheses of one translation, share their zeros. A few of
//! them form a group, which skips the numbers that are 0 in all of its rows.

use super::{DEPTH, KERNEL, Packed, packed_len};

/// Rows in a group. More rows would share fewer zeros; fewer would wait for B.
const ALIKE: usize = 3;

/// Rows in small groups, without the numbers that are 0 in all rows of a group. The buffers are reused.
#[derive(Debug, Default)]
pub struct SparseRows {
    parts: Vec<Part>,
    /// For each group and each k that it keeps, the numbers of the group's rows.
    numbers: Vec<f32>,
    /// For each group, the k that it keeps, counted from the first k of its depth.
    places: Vec<u32>,
    rows: usize,
    width: usize,
}

/// A group at one depth.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// The first k of the depth.
    first: usize,
    row: usize,
    rows: usize,
    numbers: usize,
    places: usize,
    count: usize,
}

impl SparseRows {
    /// Copies `x` (rows × `width`). `groups` are the sizes of successive groups of similar rows.
    pub fn gather(&mut self, x: &[f32], width: usize, groups: impl IntoIterator<Item = usize>) {
        assert!(width > 0, "rows of no width");
        self.parts.clear();
        self.numbers.clear();
        self.places.clear();
        self.width = width;
        self.rows = 0;
        for group in groups {
            for first in (0..group).step_by(ALIKE) {
                let count = ALIKE.min(group - first);
                self.gather_group(&x[self.rows * width..][..count * width], count);
                self.rows += count;
            }
        }
        assert_eq!(self.rows * width, x.len(), "groups of other rows");
    }

    fn gather_group(&mut self, x: &[f32], rows: usize) {
        for first in (0..self.width).step_by(DEPTH) {
            let (numbers, places) = (self.numbers.len(), self.places.len());
            for place in 0..DEPTH.min(self.width - first) {
                let column = x[first + place..].iter().step_by(self.width);
                if column.clone().any(|&number| number != 0.0) {
                    self.numbers.extend(column);
                    self.places.push(place as u32);
                }
            }
            let count = self.places.len() - places;
            self.parts.push(Part { first, row: self.rows, rows, numbers, places, count });
        }
    }

    /// `out` = `row` + x·B for the columns `first..first + width` of `b`; `first` must be the start of a strip. The
    /// rows of `out` are whole strips, with the returned length; `row` must extend to at least `first` plus this
    /// length.
    pub(crate) fn multiply(
        &self,
        out: &mut [f32],
        b: &Packed,
        row: &[f32],
        first: usize,
        width: usize,
    ) -> usize {
        let stride = width.next_multiple_of(KERNEL.cols);
        assert!(self.width == b.k && first.is_multiple_of(KERNEL.cols), "rows or columns of another product");
        assert!(first + width <= b.cols && row.len() >= first + stride, "columns that are not there");
        assert!(out.len() >= self.rows * stride, "destination too small");
        let per_k = packed_len(b.cols, 1, KERNEL.cols);
        for col in (0..width).step_by(KERNEL.cols) {
            for part in &self.parts {
                let depth = DEPTH.min(b.k - part.first);
                let strip = &b.strips[part.first * per_k + (first + col) * depth..][..depth * KERNEL.cols];
                let numbers = &self.numbers[part.numbers..][..part.count * part.rows];
                let places = &self.places[part.places..][..part.count];
                let out = &mut out[part.row * stride + col..][..(part.rows - 1) * stride + KERNEL.cols];
                let out = out.as_mut_ptr();
                let (base, base_stride) = match part.first {
                    0 => (row[first + col..].as_ptr(), 0),
                    _ => (out.cast_const(), stride),
                };
                let run = KERNEL.sparse[part.rows - 1];
                // SAFETY: there is a number of each row and a place for each of `count`, and places are below the
                // strip's depth, as `gather_group` made them for this width. The slices above contain the tile and the
                // row. The kernel was chosen for this processor.
                unsafe {
                    run(
                        part.count,
                        numbers.as_ptr(),
                        places.as_ptr(),
                        strip.as_ptr(),
                        out,
                        stride,
                        base,
                        base_stride,
                    );
                }
            }
        }
        stride
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Mat, MatMut};
    use crate::pool::Pool;
    use crate::product::matmul_packed_onto_row;
    use crate::{Random, Stream};

    #[test]
    fn leaving_zeros_out_changes_no_bit() {
        let mut draw = Random::at(3, Stream::Data, 0);
        for (groups, k, cols) in
            [(vec![1], 1, 1), (vec![5, 2, 0, 30], 70, 300), (vec![3, 1], 1100, 65), (vec![4], 3, 256)]
        {
            let rows: usize = groups.iter().sum();
            let mut sometimes = |count: usize, share: f32| -> Vec<f32> {
                (0..count).map(|_| if draw.unit() < share { draw.within(1.0) } else { 0.0 }).collect()
            };
            let (x, w, mut bias) = (sometimes(rows * k, 0.3), sometimes(k * cols, 1.0), sometimes(cols, 1.0));
            let b = Mat::new(&w, k, cols);
            let packed = Packed::new(Pool::default().take(Packed::len_of(b)), b);
            let mut expected = vec![0.0; rows * cols];
            let target = MatMut::new(&mut expected, rows, cols);
            matmul_packed_onto_row(target, Mat::new(&x, rows, k), &packed, &bias, 1);
            bias.resize(cols.next_multiple_of(KERNEL.cols), 0.0);
            let mut sparse = SparseRows::default();
            sparse.gather(&x, k, groups);
            for first in (0..cols).step_by(4 * KERNEL.cols) {
                let width = (4 * KERNEL.cols).min(cols - first);
                let stride = width.next_multiple_of(KERNEL.cols);
                let mut out = vec![9.0; rows * stride];
                let _ = sparse.multiply(&mut out, &packed, &bias, first, width);
                for (out, expected) in out.chunks_exact(stride).zip(expected.chunks_exact(cols)) {
                    assert_eq!(out[..width], expected[first..first + width], "{rows} × {k} × {cols}");
                }
            }
        }
    }
}
