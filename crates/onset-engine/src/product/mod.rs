//! Matrix products, after Goto and van de Geijn (2008, "Anatomy of high-performance matrix multiplication"): operands
//! are packed, and a kernel computes one tile after the other in registers.
//!
//! We have our own products because training needs three things that a general library does not give. Nothing is
//! allocated once scratch space has grown. A right-hand side that is used at every time step is packed once. The order
//! of the sum over k depends on k alone, so that neither the threads nor the rest of a batch change a bit.

mod kernel;
mod pack;
mod rows;
mod sparse;

use std::cell::RefCell;
use std::sync::LazyLock;

use rayon::prelude::*;

use crate::instructions::InstructionSet;
use crate::matrix::{Mat, MatMut, Mode};
use crate::pool::{Buffer, Pool};
use kernel::{Kernel, LARGEST_TILE};
use pack::{pack_columns, pack_rows, packed_len};
use rows::{Rows, Strip};
pub use sparse::SparseRows;

static KERNEL: LazyLock<Kernel> = LazyLock::new(|| Kernel::of(InstructionSet::current()));

/// Largest depth (range of k) that is packed at once; strips of this length stay in the caches.
const DEPTH: usize = 512;

/// Packed numbers of A that are processed at once; they stay in the L2 cache.
const BLOCK: usize = 48 * 1024;

/// Up to this many packed numbers, all rows of A stay in the L2 cache. Each strip of B is then used as soon as it is
/// packed, and does not go to memory and back.
const WHOLE: usize = 192 * 1024;

/// Up to this many columns of B, a strip of A is used too few times to be worth packing; of so many, all strips at one depth stay in
/// the L2 cache.
const NARROW: usize = 512;

/// Strips of B that are packed together, so that whole lines are read from each of its rows.
const SIDE_BY_SIDE: usize = 4;

/// Numbers that stay in the L1 and L2 caches, of packed B while all rows of A are multiplied by them, or of A in place.
const SMALL: usize = 16 * 1024;

/// Rows of A, in strips of a kernel, that are multiplied by one strip of B after the other if A is not packed.
const GROUP: usize = 4;

thread_local! {
    /// Scratch space for packed A and packed B of the current product; it only grows.
    static SCRATCH: RefCell<[Buffer; 2]> = RefCell::default();
}

/// A right-hand side, packed for several products.
#[derive(Debug)]
pub struct Packed {
    strips: Buffer,
    k: usize,
    cols: usize,
}

impl Packed {
    /// The number of entries of `b` when it is packed.
    pub fn len_of(b: Mat<'_>) -> usize {
        let (k, cols) = b.shape();
        packed_len(cols, k, KERNEL.cols)
    }

    /// Packs `b` into a buffer of [`Packed::len_of`] numbers.
    pub fn new(mut strips: Buffer, b: Mat<'_>) -> Self {
        let (k, cols) = b.shape();
        pack_depths(&mut strips, b);
        Self { strips, k, cols }
    }

    /// Returns the buffer to the pool.
    pub fn release(self, pool: &mut Pool) {
        pool.give(self.strips);
    }
}

/// Packs `b`, one depth after the other.
fn pack_depths(strips: &mut [f32], b: Mat<'_>) {
    let (k, cols) = b.shape();
    let per_k = packed_len(cols, 1, KERNEL.cols);
    for first in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - first);
        pack_columns(&mut strips[first * per_k..][..depth * per_k], b.rows(first, depth), KERNEL.cols);
    }
}

/// The values to which a product is added.
#[derive(Debug, Clone, Copy)]
enum Base<'a> {
    Nothing,
    /// The contents of the destination.
    Out,
    /// The same row for every row of the destination.
    Row(&'a [f32]),
}

impl Base<'_> {
    /// Of the columns from `first` on.
    fn columns_from(self, first: usize) -> Self {
        match self {
            Self::Row(row) => Self::Row(&row[first..]),
            base => base,
        }
    }
}

impl From<Mode> for Base<'_> {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Write => Self::Nothing,
            Mode::Add => Self::Out,
        }
    }
}

/// `out` = `a`·`b`, or `out` += `a`·`b`, with `threads` threads; the result does not depend on their number.
pub fn matmul(out: MatMut<'_>, a: Mat<'_>, b: Mat<'_>, mode: Mode, threads: usize) {
    matmul_onto(out, a, b, mode.into(), threads);
}

/// Every row of `out` = `row` + the row of `a`·`b`.
pub fn matmul_onto_row(out: MatMut<'_>, a: Mat<'_>, b: Mat<'_>, row: &[f32], threads: usize) {
    matmul_onto(out, a, b, Base::Row(row), threads);
}

fn matmul_onto(out: MatMut<'_>, a: Mat<'_>, b: Mat<'_>, base: Base<'_>, threads: usize) {
    let (k, cols) = b.shape();
    let rows = a.shape().0;
    if threads <= 1 && k > 0 && lies_well(a) {
        return multiply_where_it_lies(out, a, b, base);
    }
    if threads <= 1 && k > 0 && packed_len(rows, k.min(DEPTH), KERNEL.rows) <= WHOLE {
        return multiply_strip_by_strip(out, a, b, base);
    }
    with_scratch(1, packed_len(cols, k, KERNEL.cols), |strips| {
        pack_depths(strips, b);
        multiply(out, a, strips, (k, cols), base, threads);
    });
}

/// As [`matmul`], with a packed right-hand side.
pub fn matmul_packed(out: MatMut<'_>, a: Mat<'_>, b: &Packed, mode: Mode, threads: usize) {
    multiply(out, a, &b.strips, (b.k, b.cols), mode.into(), threads);
}

/// As [`matmul_onto_row`], with a packed right-hand side.
pub fn matmul_packed_onto_row(out: MatMut<'_>, a: Mat<'_>, b: &Packed, row: &[f32], threads: usize) {
    multiply(out, a, &b.strips, (b.k, b.cols), Base::Row(row), threads);
}

/// Calls `work` with a slice of this thread's scratch space.
fn with_scratch(which: usize, len: usize, work: impl FnOnce(&mut [f32])) {
    // It is taken out while it is used, so that a nested product does not get the same space.
    let mut scratch = SCRATCH.with_borrow_mut(|scratch| std::mem::take(&mut scratch[which]));
    if scratch.len() < len {
        scratch = Pool::default().take(len);
    }
    work(&mut scratch[..len]);
    SCRATCH.with_borrow_mut(|kept| kept[which] = scratch);
}

/// Whether the rows of `a` can be read in place: not if successive numbers of a tile are pages apart and compete for
/// the same cache lines. Of a transposed matrix they are a row apart, which only a small one bears: of a large one, each number
/// would come from another line that is no longer in the L1 cache.
fn lies_well(a: Mat<'_>) -> bool {
    let ((row_stride, col_stride), depth) = (a.strides(), a.shape().1);
    let near = col_stride == 1 || depth * col_stride <= SMALL;
    near && !row_stride.max(col_stride).is_multiple_of(1024)
}

fn multiply(
    out: MatMut<'_>,
    a: Mat<'_>,
    strips: &[f32],
    (k, cols): (usize, usize),
    base: Base<'_>,
    threads: usize,
) {
    let rows = check_shapes(&out, a, (k, cols), base);
    if rows == 0 || cols == 0 {
        return;
    }
    let stride = out.stride();
    let data = out.into_data();
    if k == 0 {
        let rows = data.chunks_mut(stride).take(rows);
        match base {
            Base::Nothing => rows.for_each(|row| row[..cols].fill(0.0)),
            Base::Out => {}
            Base::Row(base) => rows.for_each(|row| row[..cols].copy_from_slice(base)),
        }
        return;
    }
    // Blocks of whole strips of A, small enough for the cache, and enough of them for all threads.
    let per_thread = rows.div_ceil(threads.max(1)).next_multiple_of(KERNEL.rows);
    let block = (BLOCK / DEPTH.min(k) / KERNEL.rows * KERNEL.rows).clamp(KERNEL.rows, per_thread);
    let per_k = packed_len(cols, 1, KERNEL.cols);
    for first in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - first);
        let a = a.columns(first, depth);
        let strips = &strips[first * per_k..][..depth * per_k];
        let base = if first > 0 { Base::Out } else { base };
        let in_place = (cols <= NARROW || rows <= 2 * KERNEL.rows) && lies_well(a);
        let work = |(index, data): (usize, &mut [f32])| {
            let a = a.rows(index * block, block.min(rows - index * block));
            if in_place {
                multiply_group(data, stride, Rows::Lying(a), strips, cols, base);
            } else {
                multiply_block(data, stride, a, strips, cols, base);
            }
        };
        let blocks = rows.div_ceil(block);
        if threads > 1 {
            data.par_chunks_mut(block * stride).take(blocks).enumerate().for_each(work);
        } else {
            data.chunks_mut(block * stride).take(blocks).enumerate().for_each(work);
        }
    }
}

/// Checks that the shapes of a product fit each other, and returns its number of rows.
fn check_shapes(out: &MatMut<'_>, a: Mat<'_>, (k, cols): (usize, usize), base: Base<'_>) -> usize {
    let ((rows, inner), (out_rows, out_cols)) = (a.shape(), out.shape());
    assert!(
        inner == k && out_rows == rows && out_cols == cols,
        "cannot multiply {rows} × {inner} by {k} × {cols} into {out_rows} × {out_cols}"
    );
    if let Base::Row(row) = base {
        assert_eq!(row.len(), cols, "a row of the destination's width");
    }
    rows
}

/// As [`multiply`], with A in place and [`NARROW`] columns of B packed at one depth; k is not 0.
fn multiply_where_it_lies(out: MatMut<'_>, a: Mat<'_>, b: Mat<'_>, base: Base<'_>) {
    let (k, cols) = b.shape();
    let rows = check_shapes(&out, a, (k, cols), base);
    if rows == 0 {
        return;
    }
    let stride = out.stride();
    let data = out.into_data();
    let group = GROUP * KERNEL.rows;
    let panels = (0..cols).step_by(NARROW);
    for (col, first) in panels.flat_map(|col| (0..k).step_by(DEPTH).map(move |first| (col, first))) {
        let (depth, width) = (DEPTH.min(k - first), NARROW.min(cols - col));
        let (a, b) = (a.columns(first, depth), b.rows(first, depth).columns(col, width));
        let base = if first > 0 { Base::Out } else { base.columns_from(col) };
        with_scratch(1, packed_len(width, depth, KERNEL.cols), |strips| {
            pack_columns(strips, b, KERNEL.cols);
            let groups = data[col..].chunks_mut(group * stride).take(rows.div_ceil(group));
            for (index, data) in groups.enumerate() {
                let a = a.rows(index * group, group.min(rows - index * group));
                multiply_group(data, stride, Rows::Lying(a), strips, width, base);
            }
        });
    }
}

/// The same for rows that are packed or read in place.
fn multiply_group(data: &mut [f32], stride: usize, a: Rows<'_>, strips: &[f32], cols: usize, base: Base<'_>) {
    let (rows, depth) = a.shape();
    // A small B stays in the L1 cache, and whole rows of the destination are written one after the other.
    let step = if strips.len() <= SMALL { KERNEL.rows } else { rows.max(1) };
    for row in (0..rows).step_by(step) {
        let (a, data) = (a.rows(row, step.min(rows - row)), &mut data[row * stride..]);
        for (j, strip) in strips.chunks_exact(depth * KERNEL.cols).enumerate() {
            let col = j * KERNEL.cols;
            let width = KERNEL.cols.min(cols - col);
            multiply_strip(data, stride, (a, strip), (col, width), base);
        }
    }
}

/// As [`multiply`], with all rows of A at once and a few strips of B at a time; k is not 0.
fn multiply_strip_by_strip(out: MatMut<'_>, a: Mat<'_>, b: Mat<'_>, base: Base<'_>) {
    let (k, cols) = b.shape();
    let rows = check_shapes(&out, a, (k, cols), base);
    if rows == 0 {
        return;
    }
    let stride = out.stride();
    let data = out.into_data();
    for first in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - first);
        let (a, b) = (a.columns(first, depth), b.rows(first, depth));
        let base = if first > 0 { Base::Out } else { base };
        with_scratch(0, packed_len(rows, depth, KERNEL.rows), |packed| {
            pack_rows(packed, a, KERNEL.rows);
            let a = Rows::Packed { strips: packed, depth, rows };
            for col in (0..cols).step_by(SIDE_BY_SIDE * KERNEL.cols) {
                let width = (SIDE_BY_SIDE * KERNEL.cols).min(cols - col);
                with_scratch(1, packed_len(width, depth, KERNEL.cols), |strips| {
                    pack_columns(strips, b.columns(col, width), KERNEL.cols);
                    for (j, strip) in strips.chunks_exact(depth * KERNEL.cols).enumerate() {
                        let (col, width) = (col + j * KERNEL.cols, KERNEL.cols.min(width - j * KERNEL.cols));
                        multiply_strip(data, stride, (a, strip), (col, width), base);
                    }
                });
            }
        });
    }
}

/// One block of rows at one depth: `data` = base + `a`·B, where the rows of `data` are `stride` apart.
fn multiply_block(data: &mut [f32], stride: usize, a: Mat<'_>, strips: &[f32], cols: usize, base: Base<'_>) {
    let (rows, depth) = a.shape();
    with_scratch(0, packed_len(rows, depth, KERNEL.rows), |packed| {
        pack_rows(packed, a, KERNEL.rows);
        let a = Rows::Packed { strips: packed, depth, rows };
        multiply_group(data, stride, a, strips, cols, base);
    });
}

/// Some rows of A times one strip of B of the same depth, for the `width` columns from `col` on.
fn multiply_strip(
    data: &mut [f32],
    stride: usize,
    (a, strip): (Rows<'_>, &[f32]),
    (col, width): (usize, usize),
    base: Base<'_>,
) {
    let base = match base {
        Base::Row(row) => Base::Row(&row[col..]),
        base => base,
    };
    let rows = a.shape().0;
    for row in (0..rows).step_by(KERNEL.rows) {
        let count = KERNEL.rows.min(rows - row);
        let left = a.strip(row, count, KERNEL.rows);
        multiply_tile(&mut data[row * stride + col..], stride, (left, strip), (count, width), base);
    }
}

/// One tile of `rows` × `cols`, from rows of A and a strip of B of the same depth.
#[inline(always)]
fn multiply_tile(
    data: &mut [f32],
    stride: usize,
    (strip, b): (Strip<'_>, &[f32]),
    (rows, cols): (usize, usize),
    base: Base<'_>,
) {
    let (order, (left, depth)) = (strip.order(), strip.first_rows(rows));
    assert!(b.len() == depth * KERNEL.cols, "a strip of another depth");
    let whole = cols > KERNEL.cols / 2;
    let (run, width) =
        (KERNEL.tiles[order as usize][usize::from(whole)][rows - 1], KERNEL.cols / if whole { 1 } else { 2 });
    if cols == width {
        assert!(data.len() >= (rows - 1) * stride + cols, "destination too small");
        let out = data.as_mut_ptr();
        let (base, base_stride) = match base {
            Base::Nothing => (std::ptr::null(), 0),
            Base::Out => (out.cast_const(), stride),
            Base::Row(row) => (row[..cols].as_ptr(), 0),
        };
        // SAFETY: `left` has this many rows of this depth, and `strip` borrows them. b is a whole strip of this depth.
        // The assertions keep the tile inside `data`, and the row is as wide as the tile. The kernel was chosen for
        // this processor.
        unsafe { run(depth, left, b.as_ptr(), out, stride, base, base_stride) };
        return;
    }
    let mut tile = [0.0; LARGEST_TILE];
    // SAFETY: as above; the tile has the kernel's largest size.
    unsafe { run(depth, left, b.as_ptr(), tile.as_mut_ptr(), width, std::ptr::null(), 0) };
    for (row, tile) in tile.chunks_exact(width).take(rows).enumerate() {
        for (j, (out, &sum)) in data[row * stride..][..cols].iter_mut().zip(tile).enumerate() {
            *out = match base {
                Base::Nothing => sum,
                Base::Out => *out + sum,
                Base::Row(row) => row[j] + sum,
            };
        }
    }
}

#[cfg(test)]
mod tests;
