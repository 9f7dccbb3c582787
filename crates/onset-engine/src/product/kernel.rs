//! The innermost loop: one tile of a product, kept in registers while the sum runs over k.
//!
//! A tile has at most `rows` × `cols` numbers. For each k it reads up to `rows` numbers of A and `cols` of packed B.
//! The tile size and the instruction set are chosen once, at run time.

use crate::instructions::InstructionSet;

/// The largest tile, in numbers.
pub const LARGEST_TILE: usize = 12 * 32;

/// Rows of A as a tile reads them, packed or in place. It has two fields, so that it is passed in registers: written to memory and
/// read at once, it would wait for the stores of the tile before.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Number 0 of row 0.
    pub first: *const f32,
    /// The distance in numbers from one p to the next ([`Order::Across`]) or from one row to the next ([`Order::Along`]).
    pub stride: usize,
}

/// What lies side by side in A. Each order has tiles of its own, since an address that the compiler knows but for one
/// pointer costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The numbers of one p, as in packed strips and where a transposed matrix is read in place.
    Across,
    /// The numbers of one row.
    Along,
}

/// c\[i·stride + j\] = base\[i·base_stride + j\] + Σ_p a\[i, p\]·b\[p·cols + j\] over p < k, for the rows i and the
/// columns j of its tile. A null pointer means no base; the base may be c itself.
///
/// # Safety
/// `a` must have k numbers of each of the tile's rows, and `b` k·cols numbers, with the kernel's `cols`. `c` and the
/// base must have the tile's rows and columns, their strides apart. The processor must support the instructions that
/// the function was compiled for.
pub type Tile = unsafe fn(
    k: usize,
    a: Left,
    b: *const f32,
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
);

/// As [`Tile`], for a sum over some p only: c\[i, j\] = row\[j\] + Σ_q a\[q·rows + i\]·b\[places\[q\]·cols + j\] over q
/// < `count`, for all of `rows` rows.
///
/// # Safety
/// For each q, `a` must have `rows` numbers, `places` one number, and `b` `cols` numbers at this place. `row` and `c`
/// must satisfy the requirements of a [`Tile`].
pub type SparseTile = unsafe fn(
    count: usize,
    a: *const f32,
    places: *const u32,
    b: *const f32,
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
);

/// The largest size of a tile, and the functions that compute it.
#[derive(Debug, Clone, Copy)]
pub struct Kernel {
    /// Rows of the largest tile.
    pub rows: usize,
    /// Columns of every tile.
    pub cols: usize,
    /// The functions for tiles of 1, 2, … `rows` rows, for either [`Order`] of A: for the first half of the columns, and for all.
    pub tiles: [[&'static [Tile]; 2]; 2],
    /// The same for 1, 2 and 3 rows of an A with many zeros.
    pub sparse: &'static [SparseTile],
}

/// The functions for tiles of these numbers of rows, in the layout of [`Kernel::tiles`].
macro_rules! tiles {
    ($name:ident, [$half:literal, $whole:literal], $($rows:literal)*) => {
        [
            [&[$($name::<$rows, $half, false>),*], &[$($name::<$rows, $whole, false>),*]],
            [&[$($name::<$rows, $half, true>),*], &[$($name::<$rows, $whole, true>),*]],
        ]
    };
}

/// The kernel for any processor; the compiler vectorises it with the baseline instructions.
const PLAIN: Kernel = Kernel {
    rows: 4,
    cols: 16,
    tiles: tiles!(plain, [8, 16], 1 2 3 4),
    sparse: &[plain_sparse::<1>, plain_sparse::<2>, plain_sparse::<3>],
};

impl Kernel {
    /// The kernel that is made of these instructions.
    pub fn of(instructions: InstructionSet) -> Self {
        match instructions {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => x86::AVX512,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => x86::AVX2,
            _ => PLAIN,
        }
    }
}

unsafe fn plain<const ROWS: usize, const COLS: usize, const ALONG: bool>(
    k: usize,
    a: Left,
    b: *const f32,
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
) {
    let mut tile = [[0.0f32; COLS]; ROWS];
    // SAFETY: the caller guarantees the requirements on a, b and c.
    unsafe {
        let b = std::slice::from_raw_parts(b, k * PLAIN.cols);
        for (p, b) in b.chunks_exact(PLAIN.cols).enumerate() {
            for (i, row) in tile.iter_mut().enumerate() {
                let factor = *a.first.add(if ALONG { i * a.stride + p } else { i + p * a.stride });
                row.iter_mut().zip(b).for_each(|(sum, b)| *sum += factor * b);
            }
        }
        plain_store(&tile, c, stride, base, base_stride);
    }
}

#[allow(clippy::too_many_arguments)]
unsafe fn plain_sparse<const ROWS: usize>(
    count: usize,
    a: *const f32,
    places: *const u32,
    b: *const f32,
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
) {
    const COLS: usize = PLAIN.cols;
    let mut tile = [[0.0f32; COLS]; ROWS];
    // SAFETY: the caller guarantees the requirements on a, its places, b and c.
    unsafe {
        for q in 0..count {
            let b = std::slice::from_raw_parts(b.add(*places.add(q) as usize * COLS), COLS);
            for (i, row) in tile.iter_mut().enumerate() {
                let factor = *a.add(q * ROWS + i);
                row.iter_mut().zip(b).for_each(|(sum, b)| *sum += factor * b);
            }
        }
        plain_store(&tile, c, stride, base, base_stride);
    }
}

/// Stores a tile, added to its base.
///
/// # Safety
/// The requirements of a [`Tile`] on `c` and the base.
unsafe fn plain_store<const ROWS: usize, const COLS: usize>(
    tile: &[[f32; COLS]; ROWS],
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
) {
    // SAFETY: the caller guarantees the requirements.
    unsafe {
        for (i, row) in tile.iter().enumerate() {
            for (j, &sum) in row.iter().enumerate() {
                let before = if base.is_null() { 0.0 } else { *base.add(i * base_stride + j) };
                *c.add(i * stride + j) = if base.is_null() { sum } else { before + sum };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Kernel, Left};

    /// Numbers in a cache line.
    const LINE: usize = 16;

    /// Terms of a sum between two changes of pointers.
    const UNROLLED: usize = 4;

    /// Tiles of up to 12 × 32: 24 sums, 2 vectors of B and a factor in 32 registers.
    pub const AVX512: Kernel = Kernel {
        rows: 12,
        cols: 32,
        tiles: tiles!(avx512, [1, 2], 1 2 3 4 5 6 7 8 9 10 11 12),
        sparse: &[avx512_sparse::<1>, avx512_sparse::<2>, avx512_sparse::<3>],
    };

    /// Tiles of up to 6 × 16: 12 sums, 2 vectors of B and a factor in 16 registers.
    pub const AVX2: Kernel = Kernel {
        rows: 6,
        cols: 16,
        tiles: tiles!(avx2, [1, 2], 1 2 3 4 5 6),
        sparse: &[avx2_sparse::<1>, avx2_sparse::<2>, avx2_sparse::<3>],
    };

    /// Stores a tile, added to its base. It is a macro, because a function would receive its tile in memory.
    macro_rules! put {
        (
            $tile:ident, $c:ident, $stride:ident, ($base:ident, $base_stride:ident), $width:literal,
            $load:ident, $store:ident, $add:ident
        ) => {
            for (i, row) in $tile.iter().enumerate() {
                for (half, &sum) in row.iter().enumerate() {
                    // SAFETY: the caller guarantees that c and base have this many rows and columns.
                    unsafe {
                        let before = $base.wrapping_add(i * $base_stride + half * $width);
                        let sum = if $base.is_null() { sum } else { $add($load(before), sum) };
                        $store($c.add(i * $stride + half * $width), sum);
                    }
                }
            }
        };
    }

    /// Declares tiles of `ROWS` × 1 or 2 vectors of `$width` numbers.
    macro_rules! tile {
        (
            $name:ident, $sparse:ident, $features:literal, $width:literal,
            $zero:ident, $load:ident, $store:ident, $splat:ident, $fma:ident, $add:ident
        ) => {
            #[target_feature(enable = $features)]
            unsafe fn $name<const ROWS: usize, const VECTORS: usize, const ALONG: bool>(
                k: usize,
                a: Left,
                mut b: *const f32,
                c: *mut f32,
                stride: usize,
                base: *const f32,
                base_stride: usize,
            ) {
                // Prefetch the destination into the L1 cache while the sums are computed.
                for i in 0..ROWS {
                    let row = c.wrapping_add(i * stride);
                    _mm_prefetch::<_MM_HINT_ET0>(row.cast());
                    _mm_prefetch::<_MM_HINT_ET0>(row.wrapping_add(VECTORS * $width - 1).cast());
                }
                let mut tile = [[$zero(); VECTORS]; ROWS];
                // Where rows are far apart, one pointer for three of them, which are reached with one more register.
                let three = if ALONG { 3 * a.stride } else { 0 };
                let mut rows: [*const f32; 4] = std::array::from_fn(|i| a.first.wrapping_add(i * three));
                let mut rest = k;
                while rest > 0 {
                    let run = rest.min(LINE);
                    rest -= run;
                    // Rows that are read in place are too short for the processor's own prefetching, so we prefetch
                    // those of the next tile.
                    if ALONG {
                        for i in 0..ROWS {
                            let next = rows[i / 3].wrapping_add((i % 3 + ROWS) * a.stride);
                            _mm_prefetch::<_MM_HINT_T0>(next.cast());
                        }
                    }
                    for (times, terms) in [(run / UNROLLED, UNROLLED), (run % UNROLLED, 1)] {
                        for _ in 0..times {
                            for p in 0..terms {
                                // SAFETY: the caller guarantees that a and b have k numbers of these rows.
                                unsafe {
                                    let mut columns = [$zero(); VECTORS];
                                    for (half, column) in columns.iter_mut().enumerate() {
                                        *column = $load(b.add((2 * p + half) * $width));
                                    }
                                    for (i, row) in tile.iter_mut().enumerate() {
                                        let factor = $splat(match ALONG {
                                            true => *rows[i / 3].add(i % 3 * a.stride + p),
                                            false => *rows[0].add(p * a.stride + i),
                                        });
                                        for (sum, &column) in row.iter_mut().zip(&columns) {
                                            *sum = $fma(factor, column, *sum);
                                        }
                                    }
                                }
                            }
                            let passed = if ALONG { terms } else { terms * a.stride };
                            rows.iter_mut().for_each(|row| *row = row.wrapping_add(passed));
                            b = b.wrapping_add(terms * 2 * $width);
                        }
                    }
                }
                put!(tile, c, stride, (base, base_stride), $width, $load, $store, $add);
            }

            #[target_feature(enable = $features)]
            #[allow(clippy::too_many_arguments)]
            unsafe fn $sparse<const ROWS: usize>(
                count: usize,
                mut a: *const f32,
                places: *const u32,
                b: *const f32,
                c: *mut f32,
                stride: usize,
                base: *const f32,
                base_stride: usize,
            ) {
                let mut tile = [[$zero(); 2]; ROWS];
                for q in 0..count {
                    // SAFETY: the caller guarantees that a and b have numbers at this place.
                    unsafe {
                        let b = b.add(*places.add(q) as usize * (2 * $width));
                        let (left, right) = ($load(b), $load(b.add($width)));
                        for (i, row) in tile.iter_mut().enumerate() {
                            let factor = $splat(*a.add(i));
                            row[0] = $fma(factor, left, row[0]);
                            row[1] = $fma(factor, right, row[1]);
                        }
                        a = a.add(ROWS);
                    }
                }
                put!(tile, c, stride, (base, base_stride), $width, $load, $store, $add);
            }
        };
    }

    tile!(
        avx512,
        avx512_sparse,
        "avx512f",
        16,
        _mm512_setzero_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_set1_ps,
        _mm512_fmadd_ps,
        _mm512_add_ps
    );
    tile!(
        avx2,
        avx2_sparse,
        "avx2,fma",
        8,
        _mm256_setzero_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_set1_ps,
        _mm256_fmadd_ps,
        _mm256_add_ps
    );
}

#[cfg(test)]
mod tests;
