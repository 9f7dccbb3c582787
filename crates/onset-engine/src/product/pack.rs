//! Packs operands into the layout that a kernel reads: strips of `width` rows (of A) or columns (of B). Within a strip,
//! the `width` numbers of each k are together, in the order of k. A last strip that is not full is padded with zeros.

use crate::matrix::Mat;

/// The packed size of `extent` rows or columns, in strips of `width` over `k`.
pub fn packed_len(extent: usize, k: usize, width: usize) -> usize {
    extent.div_ceil(width) * width * k
}

/// Packs the rows of `a` in strips of `width`, which must be the width of some kernel.
pub fn pack_rows(to: &mut [f32], a: Mat<'_>, width: usize) {
    // Copies of a length known at compile time become a few moves; others are calls.
    match width {
        32 => pack::<32>(to, a),
        16 => pack::<16>(to, a),
        12 => pack::<12>(to, a),
        6 => pack::<6>(to, a),
        4 => pack::<4>(to, a),
        _ => unreachable!("no kernel has strips of {width}"),
    }
}

/// Packs the columns of `b` in strips.
pub fn pack_columns(to: &mut [f32], b: Mat<'_>, width: usize) {
    pack_rows(to, b.t(), width);
}

fn pack<const WIDTH: usize>(to: &mut [f32], a: Mat<'_>) {
    let (rows, k) = a.shape();
    if a.strides().0 == 1 {
        return pack_transposed::<WIDTH>(to, a);
    }
    for (strip, to) in to.chunks_exact_mut((WIDTH * k).max(1)).enumerate() {
        let first = strip * WIDTH;
        pack_strip::<WIDTH>(to.as_chunks_mut().0, a.rows(first, WIDTH.min(rows - first)));
    }
}

/// Packs a matrix whose transpose is row-major, k after k, so that it is read in memory order.
fn pack_transposed<const WIDTH: usize>(to: &mut [f32], a: Mat<'_>) {
    let ((rows, k), stride) = (a.shape(), a.strides().1);
    assert!(to.len() >= packed_len(rows, k, WIDTH), "too little room");
    #[cfg(target_arch = "x86_64")]
    if turn::applies(WIDTH) {
        // SAFETY: `applies` checked that the processor supports the instructions.
        return unsafe { turn::copy::<WIDTH>(to, a.data(), (rows, k), stride) };
    }
    #[cfg(target_arch = "x86_64")]
    if turn_eight::applies(WIDTH) {
        // SAFETY: `applies` checked that the processor supports the instructions.
        return unsafe { turn_eight::copy::<WIDTH>(to, a.data(), (rows, k), stride) };
    }
    copy::<WIDTH>(to, a.data(), (rows, k), stride);
}

/// Copies `k` lines of `rows` numbers, `stride` apart, piece by piece to the strips; of so many strips at a time that writing to all
/// of them leaves the lines of each in the L1 cache, although they compete for the same places in it.
#[inline(always)]
fn copy<const WIDTH: usize>(to: &mut [f32], data: &[f32], (rows, k): (usize, usize), stride: usize) {
    let most = (TOGETHER / WIDTH).max(1) * WIDTH;
    for first in (0..rows).step_by(most) {
        let count = most.min(rows - first);
        let whole = count / WIDTH;
        let to = &mut to[first * k..];
        for p in 0..k {
            let (pieces, rest) = data[p * stride + first..][..count].as_chunks::<WIDTH>();
            // The processor does not prefetch lines that are far apart.
            for place in (0..count).step_by(LINE) {
                fetch(data, (p + AHEAD) * stride + first + place);
            }
            for (strip, piece) in pieces.iter().enumerate() {
                to[(strip * k + p) * WIDTH..][..WIDTH].copy_from_slice(piece);
            }
            if !rest.is_empty() {
                let last = &mut to[(whole * k + p) * WIDTH..][..WIDTH];
                last[..rest.len()].copy_from_slice(rest);
                last[rest.len()..].fill(0.0);
            }
        }
    }
}

/// Numbers of a line that are copied to strips before the next line.
const TOGETHER: usize = 96;

/// Numbers in a cache line.
const LINE: usize = 16;

/// The number of lines by which prefetching is ahead of the copy.
const AHEAD: usize = 8;

/// Prefetches the cache line of a number, if there is one.
#[inline(always)]
fn fetch(data: &[f32], place: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64, and a prefetch accepts any address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(data.as_ptr().wrapping_add(place).cast());
    }
}

/// Packs up to `WIDTH` rows of `a`: `to[p][i]` = a\[i, p\].
fn pack_strip<const WIDTH: usize>(to: &mut [[f32; WIDTH]], a: Mat<'_>) {
    let (rows, _) = a.shape();
    let (row_stride, col_stride) = a.strides();
    let data = a.data();
    #[cfg(target_arch = "x86_64")]
    if col_stride == 1 && (turn::applies(WIDTH) || turn_eight::applies(WIDTH)) {
        assert!(data.len() >= (rows - 1) * row_stride + to.len(), "rows that are too short");
        // SAFETY: `applies` checked that the processor supports the instructions, and the rows are long enough.
        return unsafe {
            match turn::applies(WIDTH) {
                true => turn::interleave(to, data.as_ptr(), rows, row_stride),
                false => turn_eight::interleave(to, data.as_ptr(), rows, row_stride),
            }
        };
    }
    if rows == WIDTH && col_stride == 1 {
        return interleave(to, data, row_stride);
    }
    to.as_flattened_mut().fill(0.0);
    for i in 0..rows {
        for (p, to) in to.iter_mut().enumerate() {
            to[i] = data[i * row_stride + p * col_stride];
        }
    }
}

/// Transposes rows that are `stride` apart, one cache line of each row at a time.
fn interleave<const WIDTH: usize>(to: &mut [[f32; WIDTH]], data: &[f32], stride: usize) {
    const RUN: usize = 16;
    let k = to.len();
    let (runs, rest) = to.as_chunks_mut::<RUN>();
    for (run, to) in runs.iter_mut().enumerate() {
        for i in 0..WIDTH {
            let row: &[f32; RUN] =
                data[i * stride + run * RUN..].first_chunk().expect("a run inside the row");
            for p in 0..RUN {
                to[p][i] = row[p];
            }
        }
    }
    let done = k - rest.len();
    for (p, to) in rest.iter_mut().enumerate() {
        for (i, to) in to.iter_mut().enumerate() {
            *to = data[i * stride + done + p];
        }
    }
}

/// The same with AVX-512: squares of 16 × 16 are transposed in registers.
#[cfg(target_arch = "x86_64")]
mod turn {
    use std::arch::x86_64::*;

    const SIDE: usize = 16;

    /// Whether strips of `width` can be transposed here.
    pub fn applies(width: usize) -> bool {
        (width == 12 || width == 32) && is_x86_feature_detected!("avx512f")
    }

    /// As [`copy`](super::copy), with registers of 16 numbers.
    ///
    /// # Safety
    /// The processor must support AVX-512.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn copy<const WIDTH: usize>(
        to: &mut [f32],
        data: &[f32],
        shape: (usize, usize),
        stride: usize,
    ) {
        super::copy::<WIDTH>(to, data, shape, stride);
    }

    /// `to[p][i]` = data\[i·stride + p\] for i below `count`, and 0 beyond.
    ///
    /// # Safety
    /// The processor must support AVX-512. `WIDTH` must be a width that applies, and at least `count`. `count` rows of
    /// `to.len()` numbers must be `stride` apart from `data` on.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn interleave<const WIDTH: usize>(
        to: &mut [[f32; WIDTH]],
        data: *const f32,
        count: usize,
        stride: usize,
    ) {
        let k = to.len();
        let out = to.as_mut_ptr().cast::<f32>();
        for first in (0..k).step_by(SIDE) {
            let run = SIDE.min(k - first);
            let inside = ((1u32 << run) - 1) as __mmask16;
            for row in (0..WIDTH).step_by(SIDE) {
                let mut square = [_mm512_setzero_ps(); SIDE];
                for (i, line) in square.iter_mut().enumerate().take(count.saturating_sub(row)) {
                    let place = data.wrapping_add((row + i) * stride + first);
                    // Prefetch into the L2 cache: in the L1 cache, rows that are pages apart would evict each other.
                    _mm_prefetch::<_MM_HINT_T1>(place.wrapping_add(4 * SIDE).cast());
                    // SAFETY: masked numbers are not read, and the others are inside the row.
                    *line = unsafe { _mm512_maskz_loadu_ps(inside, place) };
                }
                let columns = turned(&square);
                for (p, &column) in columns.iter().enumerate().take(run) {
                    // SAFETY: the strip has this place. What is stored beyond its width is inside `to`, and the next p
                    // overwrites it; after the last p nothing is stored beyond.
                    unsafe {
                        let place = out.add((first + p) * WIDTH + row);
                        if WIDTH - row >= SIDE || first + p + 1 < k {
                            _mm512_storeu_ps(place, column);
                        } else {
                            _mm512_mask_storeu_ps(place, ((1u32 << (WIDTH - row)) - 1) as __mmask16, column);
                        }
                    }
                }
            }
        }
    }

    /// The transposed square: interleaves pairs of numbers, then pairs of pairs, then quarters of a register.
    #[target_feature(enable = "avx512f")]
    fn turned(rows: &[__m512; SIDE]) -> [__m512; SIDE] {
        let mut fours = [_mm512_setzero_ps(); SIDE];
        for (four, rows) in fours.as_chunks_mut::<4>().0.iter_mut().zip(rows.as_chunks::<4>().0) {
            let low = [_mm512_unpacklo_ps(rows[0], rows[1]), _mm512_unpacklo_ps(rows[2], rows[3])];
            let high = [_mm512_unpackhi_ps(rows[0], rows[1]), _mm512_unpackhi_ps(rows[2], rows[3])];
            let low = (_mm512_castps_pd(low[0]), _mm512_castps_pd(low[1]));
            let high = (_mm512_castps_pd(high[0]), _mm512_castps_pd(high[1]));
            *four = [
                _mm512_castpd_ps(_mm512_unpacklo_pd(low.0, low.1)),
                _mm512_castpd_ps(_mm512_unpackhi_pd(low.0, low.1)),
                _mm512_castpd_ps(_mm512_unpacklo_pd(high.0, high.1)),
                _mm512_castpd_ps(_mm512_unpackhi_pd(high.0, high.1)),
            ];
        }
        // fours[4g + c] holds, in quarter q, column 4q + c of the rows 4g to 4g + 3.
        let mut columns = [_mm512_setzero_ps(); SIDE];
        for c in 0..4 {
            let even = _mm512_shuffle_f32x4::<0x88>(fours[c], fours[4 + c]);
            let odd = _mm512_shuffle_f32x4::<0xdd>(fours[c], fours[4 + c]);
            let later_even = _mm512_shuffle_f32x4::<0x88>(fours[8 + c], fours[12 + c]);
            let later_odd = _mm512_shuffle_f32x4::<0xdd>(fours[8 + c], fours[12 + c]);
            columns[c] = _mm512_shuffle_f32x4::<0x88>(even, later_even);
            columns[4 + c] = _mm512_shuffle_f32x4::<0x88>(odd, later_odd);
            columns[8 + c] = _mm512_shuffle_f32x4::<0xdd>(even, later_even);
            columns[12 + c] = _mm512_shuffle_f32x4::<0xdd>(odd, later_odd);
        }
        columns
    }
}

/// The same with AVX2, by squares of 8 × 8.
#[cfg(target_arch = "x86_64")]
mod turn_eight {
    use std::arch::x86_64::*;

    const SIDE: usize = 8;

    /// Whether strips of `width` can be transposed here.
    pub fn applies(width: usize) -> bool {
        (width == 6 || width == 16) && is_x86_feature_detected!("avx2")
    }

    /// As [`copy`](super::copy), with registers of 8 numbers.
    ///
    /// # Safety
    /// The processor must support AVX2.
    #[target_feature(enable = "avx2")]
    pub unsafe fn copy<const WIDTH: usize>(
        to: &mut [f32],
        data: &[f32],
        shape: (usize, usize),
        stride: usize,
    ) {
        super::copy::<WIDTH>(to, data, shape, stride);
    }

    /// A register whose first `count` numbers are chosen.
    #[target_feature(enable = "avx2")]
    fn first(count: usize) -> __m256i {
        let chosen = _mm256_set1_epi32(count as i32);
        _mm256_cmpgt_epi32(chosen, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
    }

    /// As [`turn::interleave`](super::turn::interleave).
    ///
    /// # Safety
    /// The processor must support AVX2. `WIDTH` must be a width that applies, and at least `count`. `count` rows of
    /// `to.len()` numbers must be `stride` apart from `data` on.
    #[target_feature(enable = "avx2")]
    pub unsafe fn interleave<const WIDTH: usize>(
        to: &mut [[f32; WIDTH]],
        data: *const f32,
        count: usize,
        stride: usize,
    ) {
        let k = to.len();
        let out = to.as_mut_ptr().cast::<f32>();
        for start in (0..k).step_by(SIDE) {
            let run = SIDE.min(k - start);
            for row in (0..WIDTH).step_by(SIDE) {
                let mut square = [_mm256_setzero_ps(); SIDE];
                for (i, line) in square.iter_mut().enumerate().take(count.saturating_sub(row)) {
                    let place = data.wrapping_add((row + i) * stride + start);
                    _mm_prefetch::<_MM_HINT_T1>(place.wrapping_add(8 * SIDE).cast());
                    // SAFETY: masked numbers are not read, and the others are inside the row.
                    *line = unsafe { _mm256_maskload_ps(place, first(run)) };
                }
                let columns = turned(&square);
                for (p, &column) in columns.iter().enumerate().take(run) {
                    // SAFETY: the strip has this place. What is stored beyond its width is inside `to`, and the next p
                    // overwrites it; after the last p nothing is stored beyond.
                    unsafe {
                        let place = out.add((start + p) * WIDTH + row);
                        if WIDTH - row >= SIDE || start + p + 1 < k {
                            _mm256_storeu_ps(place, column);
                        } else {
                            _mm256_maskstore_ps(place, first(WIDTH - row), column);
                        }
                    }
                }
            }
        }
    }

    /// The transposed square: interleaves pairs of numbers, then pairs of pairs, then halves of a register.
    #[target_feature(enable = "avx2")]
    fn turned(rows: &[__m256; SIDE]) -> [__m256; SIDE] {
        let mut fours = [_mm256_setzero_ps(); SIDE];
        for (four, rows) in fours.as_chunks_mut::<4>().0.iter_mut().zip(rows.as_chunks::<4>().0) {
            let low = [_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpacklo_ps(rows[2], rows[3])];
            let high = [_mm256_unpackhi_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[2], rows[3])];
            *four = [
                _mm256_shuffle_ps::<0x44>(low[0], low[1]),
                _mm256_shuffle_ps::<0xee>(low[0], low[1]),
                _mm256_shuffle_ps::<0x44>(high[0], high[1]),
                _mm256_shuffle_ps::<0xee>(high[0], high[1]),
            ];
        }
        // fours[4g + c] holds, in half h, column 4h + c of the rows 4g to 4g + 3.
        let mut columns = [_mm256_setzero_ps(); SIDE];
        for c in 0..4 {
            columns[c] = _mm256_permute2f128_ps::<0x20>(fours[c], fours[4 + c]);
            columns[4 + c] = _mm256_permute2f128_ps::<0x31>(fours[c], fours[4 + c]);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_packs_to_the_same_strips() {
        for (rows, k, width) in [
            (4, 3, 4),
            (9, 5, 4),
            (1, 1, 6),
            (13, 2, 12),
            (11, 17, 6),
            (12, 8, 6),
            (29, 21, 16),
            (24, 19, 12),
            (24, 32, 12),
            (64, 9, 32),
            (64, 33, 32),
            (40, 8, 16),
        ] {
            let a: Vec<f32> = (0..rows * k).map(|x| x as f32 + 1.0).collect();
            let transposed: Vec<f32> = (0..rows * k).map(|x| a[(x % rows) * k + x / rows]).collect();
            let mut expected = vec![0.0; packed_len(rows, k, width)];
            for i in 0..rows {
                for p in 0..k {
                    expected[(i / width) * width * k + p * width + i % width] = a[i * k + p];
                }
            }
            for view in [Mat::new(&a, rows, k), Mat::new(&transposed, k, rows).t()] {
                let mut packed = vec![9.0; expected.len()];
                pack_rows(&mut packed, view, width);
                assert_eq!(packed, expected, "{rows} × {k} by {width}");
                packed.fill(9.0);
                pack_columns(&mut packed, view.t(), width);
                assert_eq!(packed, expected);
            }
        }
    }
}
