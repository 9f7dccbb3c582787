//! Matrix views over slices, and their product by the `gemm` crate.

use gemm::Parallelism;

/// A matrix that is read: `rows` × `cols`, with a stride for each.
#[derive(Debug, Clone, Copy)]
pub struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

/// A row-major matrix that is written, with `row_stride` ≥ `cols`.
#[derive(Debug)]
pub struct MatMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

/// What happens to the old contents of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are overwritten, and may be anything.
    Write,
    /// The result is added to them.
    Add,
}

impl<'a> Mat<'a> {
    /// `data` read as `rows` × `cols`, row by row.
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

    /// The transposed matrix, without moving a number.
    pub fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    fn fits(&self) -> bool {
        self.rows == 0
            || self.cols == 0
            || (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride < self.data.len()
    }
}

impl<'a> MatMut<'a> {
    /// `data` written as `rows` × `cols`, row by row.
    pub fn new(data: &'a mut [f32], rows: usize, cols: usize) -> Self {
        assert!(data.len() >= rows * cols, "{rows} × {cols} needs more than {} numbers", data.len());
        Self { data, rows, cols, row_stride: cols }
    }

    /// The columns `first..first + count`.
    pub fn columns(self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.cols, "columns {first}+{count} of {}", self.cols);
        Self { data: self.data.get_mut(first..).unwrap_or(&mut []), cols: count, ..self }
    }
}

/// `out` = `a`·`b`, or `out` += `a`·`b`.
///
/// The result does not depend on `threads`: work is divided over the elements of `out`, never over
/// the sum that makes one of them. Fastest where `b` is row-major.
pub fn matmul(out: MatMut<'_>, a: Mat<'_>, b: Mat<'_>, mode: Mode, threads: usize) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert!(
        b.rows == k && out.rows == m && out.cols == n,
        "cannot multiply {m} × {k} by {} × {n} into {} × {}",
        b.rows,
        out.rows,
        out.cols
    );
    assert!(a.fits() && b.fits(), "a matrix view reaches past its data");
    assert!(m == 0 || n == 0 || (m - 1) * out.row_stride + n <= out.data.len(), "destination too small");
    let parallelism = if threads > 1 { Parallelism::Rayon(threads) } else { Parallelism::None };
    // SAFETY: the assertions above hold every element that the three views name inside its slice, and
    // the destination is borrowed mutably, so it overlaps neither source.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.data.as_mut_ptr(),
            1,
            out.row_stride as isize,
            mode == Mode::Add,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Writes the transpose of `from` into `to`, row by row.
pub fn transpose(to: &mut [f32], from: Mat<'_>) {
    /// Side of the square tiles that keep both matrices in cache.
    const TILE: usize = 16;
    let (rows, cols) = (from.rows, from.cols);
    assert!(from.fits() && to.len() == rows * cols, "transpose of {rows} × {cols}");
    for row_tile in (0..rows).step_by(TILE) {
        for col_tile in (0..cols).step_by(TILE) {
            for col in col_tile..(col_tile + TILE).min(cols) {
                for row in row_tile..(row_tile + TILE).min(rows) {
                    to[col * rows + row] = from.data[row * from.row_stride + col * from.col_stride];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Random, Stream};

    fn random(len: usize, place: u64) -> Vec<f32> {
        let mut random = Random::at(5, Stream::Data, place);
        (0..len).map(|_| random.within(1.0)).collect()
    }

    fn plain(a: &[f32], b: &[f32], m: usize, k: usize, n: usize) -> Vec<f32> {
        let mut out = vec![0.0; m * n];
        for i in 0..m {
            for j in 0..n {
                out[i * n + j] =
                    (0..k).map(|p| f64::from(a[i * k + p]) * f64::from(b[p * n + j])).sum::<f64>() as f32;
            }
        }
        out
    }

    #[test]
    fn products_agree_with_a_plain_loop_in_every_layout() {
        for (m, k, n) in [(1, 1, 1), (5, 3, 7), (41, 256, 41), (128, 33, 65), (3, 300, 1)] {
            let (a, b) = (random(m * k, 0), random(k * n, 1));
            let expected = plain(&a, &b, m, k, n);
            let (mut at, mut bt) = (vec![0.0; m * k], vec![0.0; k * n]);
            transpose(&mut at, Mat::new(&a, m, k));
            transpose(&mut bt, Mat::new(&b, k, n));
            for a in [Mat::new(&a, m, k), Mat::new(&at, k, m).t()] {
                for b in [Mat::new(&b, k, n), Mat::new(&bt, n, k).t()] {
                    let mut out = vec![1.0; m * n];
                    matmul(MatMut::new(&mut out, m, n), a, b, Mode::Add, 1);
                    for (got, want) in out.iter().zip(&expected) {
                        assert!((got - want - 1.0).abs() < 1e-4, "{got} {want}");
                    }
                }
            }
        }
    }

    #[test]
    fn views_name_the_block_they_say() {
        let data: Vec<f32> = (0..12).map(|x| x as f32).collect();
        let block = Mat::new(&data, 3, 4).rows(1, 2).columns(2, 2);
        let mut out = vec![9.0; 8];
        let identity = [1.0, 0.0, 0.0, 1.0];
        matmul(MatMut::new(&mut out, 2, 4).columns(1, 2), block, Mat::new(&identity, 2, 2), Mode::Write, 1);
        assert_eq!(out, [9.0, 6.0, 7.0, 9.0, 9.0, 10.0, 11.0, 9.0]);
    }

    #[test]
    fn two_threads_give_the_bytes_of_one() {
        for (m, k, n) in [(128, 256, 1024), (128, 1024, 256), (1024, 999, 256), (700, 300, 1), (41, 7, 513)] {
            let (a, b) = (random(m * k, 0), random(k * n, 1));
            let product = |threads| {
                let mut out = vec![0.0; m * n];
                matmul(
                    MatMut::new(&mut out, m, n),
                    Mat::new(&a, m, k),
                    Mat::new(&b, k, n),
                    Mode::Write,
                    threads,
                );
                out
            };
            assert!(product(1) == product(2), "{m} × {k} × {n}");
            assert!(product(1) == product(3), "{m} × {k} × {n}");
        }
    }
}
