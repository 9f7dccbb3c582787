//! The innermost loop: one tile of a product, held in registers while the sum runs over k.
//!
//! A tile is up to `rows` × `cols`; per k it takes numbers of packed A and `cols` of packed B. Which tile
//! and which instructions are used is decided once, at run time.

/// The largest tile, in numbers.
pub const LARGEST_TILE: usize = 12 * 32;

/// c\[i·stride + j\] = base\[i·base_stride + j\] + Σ_p a\[p·strip + i\]·b\[p·cols + j\] over p < k, for the rows i
/// of its tile. The strip of A is as wide as the kernel's largest tile. No base is a null pointer; it may be c itself.
///
/// # Safety
/// `a` and `b` hold k·strip and k·cols numbers, `c` and the base hold the tile's rows of `cols` numbers, their strides
/// apart, and the processor has the instructions for which the function was compiled.
pub type Tile = unsafe fn(
    k: usize,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
);

/// A tile's largest size and the functions that compute it.
#[derive(Debug, Clone, Copy)]
pub struct Kernel {
    /// Rows of the largest tile.
    pub rows: usize,
    /// Columns of every tile.
    pub cols: usize,
    /// The function for tiles of 1, 2, … `rows` rows.
    pub tiles: &'static [Tile],
}

/// Any processor; the compiler vectorises it with what is always there.
const PLAIN: Kernel = Kernel { rows: 4, cols: 16, tiles: &[plain::<1>, plain::<2>, plain::<3>, plain::<4>] };

/// The kernels that this processor can run, the fastest first.
pub fn available() -> impl Iterator<Item = Kernel> {
    #[cfg(target_arch = "x86_64")]
    let special = [
        is_x86_feature_detected!("avx512f").then_some(x86::AVX512),
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(x86::AVX2),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let special = [None];
    special.into_iter().flatten().chain([PLAIN])
}

unsafe fn plain<const ROWS: usize>(
    k: usize,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
    stride: usize,
    base: *const f32,
    base_stride: usize,
) {
    const STRIP: usize = PLAIN.rows;
    const COLS: usize = PLAIN.cols;
    let mut tile = [[0.0f32; COLS]; ROWS];
    // SAFETY: the caller's promises about a, b and c.
    unsafe {
        let a = std::slice::from_raw_parts(a, k * STRIP);
        let b = std::slice::from_raw_parts(b, k * COLS);
        for (a, b) in a.chunks_exact(STRIP).zip(b.chunks_exact(COLS)) {
            for (row, &factor) in tile.iter_mut().zip(a) {
                row.iter_mut().zip(b).for_each(|(sum, b)| *sum += factor * b);
            }
        }
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

    use super::Kernel;

    /// Tiles of up to 12 × 32: 24 sums, 2 numbers of B and a factor in 32 registers.
    pub const AVX512: Kernel = Kernel {
        rows: 12,
        cols: 32,
        tiles: &[
            avx512::<1>,
            avx512::<2>,
            avx512::<3>,
            avx512::<4>,
            avx512::<5>,
            avx512::<6>,
            avx512::<7>,
            avx512::<8>,
            avx512::<9>,
            avx512::<10>,
            avx512::<11>,
            avx512::<12>,
        ],
    };

    /// Tiles of up to 6 × 16: 12 sums, 2 numbers of B and a factor in 16 registers.
    pub const AVX2: Kernel = Kernel {
        rows: 6,
        cols: 16,
        tiles: &[avx2::<1>, avx2::<2>, avx2::<3>, avx2::<4>, avx2::<5>, avx2::<6>],
    };

    /// Declares tiles of `ROWS` × 2 vectors of `$width` numbers.
    macro_rules! tile {
        (
            $name:ident, $kernel:ident, $features:literal, $width:literal,
            $zero:ident, $load:ident, $store:ident, $splat:ident, $fma:ident, $add:ident
        ) => {
            #[target_feature(enable = $features)]
            unsafe fn $name<const ROWS: usize>(
                k: usize,
                mut a: *const f32,
                mut b: *const f32,
                c: *mut f32,
                stride: usize,
                base: *const f32,
                base_stride: usize,
            ) {
                let mut tile = [[$zero(); 2]; ROWS];
                for _ in 0..k {
                    // SAFETY: a and b hold k rows of these widths, by the caller's promise.
                    unsafe {
                        let (left, right) = ($load(b), $load(b.add($width)));
                        for (i, row) in tile.iter_mut().enumerate() {
                            let factor = $splat(*a.add(i));
                            row[0] = $fma(factor, left, row[0]);
                            row[1] = $fma(factor, right, row[1]);
                        }
                        a = a.add($kernel.rows);
                        b = b.add(2 * $width);
                    }
                }
                for (i, row) in tile.iter().enumerate() {
                    for (half, &sum) in row.iter().enumerate() {
                        // SAFETY: c and base hold this many rows and columns, by the caller's promise.
                        unsafe {
                            let before = base.wrapping_add(i * base_stride + half * $width);
                            let sum = if base.is_null() { sum } else { $add($load(before), sum) };
                            $store(c.add(i * stride + half * $width), sum);
                        }
                    }
                }
            }
        };
    }

    tile!(
        avx512,
        AVX512,
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
        AVX2,
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
mod tests {
    use super::*;

    #[test]
    fn every_kernel_computes_its_tiles_and_nothing_beside_them() {
        for kernel in available() {
            let (strip, cols, k) = (kernel.rows, kernel.cols, 5);
            assert!(strip * cols <= LARGEST_TILE && kernel.tiles.len() == strip);
            let a: Vec<f32> = (0..k * strip).map(|i| (i % 7) as f32 - 3.0).collect();
            let b: Vec<f32> = (0..k * cols).map(|i| (i % 5) as f32 - 2.0).collect();
            let row: Vec<f32> = (0..cols).map(|j| j as f32).collect();
            for (rows, onto) in
                (1..=strip).flat_map(|rows| [(rows, "nothing"), (rows, "itself"), (rows, "a row")])
            {
                let stride = cols + 3;
                let mut c = vec![10.0; (strip + 1) * stride];
                let (base, base_stride) = match onto {
                    "nothing" => (std::ptr::null(), 0),
                    "itself" => (c.as_ptr(), stride),
                    _ => (row.as_ptr(), 0),
                };
                let out = c.as_mut_ptr();
                // SAFETY: the slices have the lengths that the kernel asks for.
                unsafe { kernel.tiles[rows - 1](k, a.as_ptr(), b.as_ptr(), out, stride, base, base_stride) };
                for (place, &got) in c.iter().enumerate() {
                    let (i, j) = (place / stride, place % stride);
                    let inside = i < rows && j < cols;
                    let sum: f32 =
                        (0..k).filter(|_| inside).map(|p| a[p * strip + i] * b[p * cols + j]).sum();
                    let before = match onto {
                        _ if !inside => 10.0,
                        "nothing" => 0.0,
                        "itself" => 10.0,
                        _ => j as f32,
                    };
                    assert_eq!(got, before + sum, "{rows} of {strip} × {cols}, {i}, {j}, onto {onto}");
                }
            }
        }
    }
}
