//! Softmax of rows and its gradient, with the exp of [`activation`](crate::activation).

use crate::activation::{LANES, dot, exp, exp_shifted, largest, sum, sum_of_lanes};
use crate::instructions::for_each_instruction_set;

/// Replaces `x` by softmax(`x`), which is positive and sums to 1.
pub fn softmax(x: &mut [f32]) {
    exp_shifted(x, largest(x));
    let scale = 1.0 / sum(x);
    x.iter_mut().for_each(|value| *value *= scale);
}

for_each_instruction_set! {
    /// Turns dα, the gradient of a row of a softmax, into that of its scores before they were multiplied by `scale`: scale·α∘(dα − Σ α·dα).
    pub fn softmax_backward(dalpha: &mut [f32], alpha: &[f32], scale: f32) {
        let mean = dot(dalpha, alpha);
        for (d, a) in dalpha.iter_mut().zip(alpha) {
            *d = scale * a * (*d - mean);
        }
    }
}

/// Columns that [`softmax_rows`] and [`softmax_rows_backward`] want of a row with `count` numbers.
pub fn whole_lanes(count: usize) -> usize {
    count.next_multiple_of(LANES)
}

/// How many of each row's numbers count, from the first on: the positions that the queries of one block see.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Of the first row.
    pub first: usize,
    /// Added for each row behind it.
    pub step: usize,
}

for_each_instruction_set! {
    /// Replaces each row of `x`, `stride` numbers long, by the softmax of `scale` times those of its numbers that are seen, and 0
    /// elsewhere. `stride` is a multiple of 16. `kept` receives what [`softmax_rows_again`] needs of each row, two numbers.
    /// A row with NaN becomes NaN.
    pub fn softmax_rows(x: &mut [f32], stride: usize, scale: f32, seen: Seen, kept: &mut [f32]) {
        for (row, (x, kept)) in x.chunks_exact_mut(stride).zip(kept.chunks_exact_mut(2)).enumerate() {
            let count = seen.first + row * seen.step;
            x[count..].fill(f32::NEG_INFINITY);
            let (visible, hidden) = x.split_at_mut(count.next_multiple_of(LANES));
            let mut lanes = [f32::NEG_INFINITY; LANES];
            for chunk in visible.as_chunks::<LANES>().0 {
                for lane in 0..LANES {
                    lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
                }
            }
            for half in [8, 4, 2, 1] {
                for lane in 0..half {
                    let other = lanes[lane + half];
                    lanes[lane] = if other > lanes[lane] { other } else { lanes[lane] };
                }
            }
            let shift = scale * lanes[0];
            let mut sums = [0.0f32; LANES];
            for chunk in visible.as_chunks_mut::<LANES>().0 {
                for lane in 0..LANES {
                    let weight = exp(scale * chunk[lane] - shift);
                    chunk[lane] = weight;
                    sums[lane] += weight;
                }
            }
            let share = 1.0 / sum_of_lanes(sums);
            visible.iter_mut().for_each(|weight| *weight *= share);
            hidden.fill(0.0);
            kept.copy_from_slice(&[shift, share]);
        }
    }
}

for_each_instruction_set! {
    /// The same from what the first time was `kept`; the same bits.
    pub fn softmax_rows_again(x: &mut [f32], stride: usize, scale: f32, seen: Seen, kept: &[f32]) {
        for (row, (x, kept)) in x.chunks_exact_mut(stride).zip(kept.chunks_exact(2)).enumerate() {
            let count = seen.first + row * seen.step;
            x[count..].fill(f32::NEG_INFINITY);
            let (visible, hidden) = x.split_at_mut(count.next_multiple_of(LANES));
            let (shift, share) = (kept[0], kept[1]);
            for weight in visible {
                *weight = exp(scale * *weight - shift) * share;
            }
            hidden.fill(0.0);
        }
    }
}

for_each_instruction_set! {
    /// [`softmax_backward`] for rows of `stride` numbers, a multiple of 16, of which the first `count` have been written.
    pub fn softmax_rows_backward(dalpha: &mut [f32], alpha: &[f32], stride: usize, count: usize, scale: f32) {
        for (dalpha, alpha) in dalpha.chunks_exact_mut(stride).zip(alpha.chunks_exact(stride)) {
            dalpha[count..].fill(0.0);
            let mut lanes = [0.0f32; LANES];
            for (d, a) in dalpha.as_chunks::<LANES>().0.iter().zip(alpha.as_chunks::<LANES>().0) {
                for lane in 0..LANES {
                    lanes[lane] += d[lane] * a[lane];
                }
            }
            let mean = sum_of_lanes(lanes);
            for (d, a) in dalpha.iter_mut().zip(alpha) {
                *d = scale * a * (*d - mean);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_softmax_of_what_is_seen_also_again_and_its_gradient() {
        let (stride, count, scale) = (48, 37, 0.7);
        let scores: Vec<f32> = (0..3 * stride).map(|i| ((i * 31) % 17) as f32 * 0.9 - 4.0).collect();
        for seen in [Seen { first: 1, step: 1 }, Seen { first: count, step: 0 }, Seen { first: 15, step: 1 }]
        {
            let (mut alpha, mut kept) = (scores.clone(), [0.0; 6]);
            softmax_rows(&mut alpha, stride, scale, seen, &mut kept);
            let mut again = scores.clone();
            softmax_rows_again(&mut again, stride, scale, seen, &kept);
            assert_eq!(alpha, again);
            let mut slopes: Vec<f32> = (0..3 * stride).map(|i| ((i * 7) % 13) as f32 - 6.0).collect();
            let given = slopes.clone();
            softmax_rows_backward(&mut slopes, &alpha, stride, count, scale);
            for row in 0..3 {
                let (first, visible) = (row * stride, seen.first + row * seen.step);
                let mut own: Vec<f32> = scores[first..first + visible].iter().map(|x| x * scale).collect();
                softmax(&mut own);
                let mut slope = given[first..first + visible].to_vec();
                softmax_backward(&mut slope, &own, scale);
                own.resize(stride, 0.0);
                slope.resize(stride, 0.0);
                let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
                assert!(close(&alpha[first..first + stride], &own), "{seen:?}");
                assert!(close(&slopes[first..first + stride], &slope), "{seen:?}");
            }
        }
        let (mut odd, mut kept) = ([1.0; 16], [0.0; 2]);
        odd[1] = f32::NAN;
        softmax_rows(&mut odd, 16, 1.0, Seen { first: 3, step: 0 }, &mut kept);
        assert!(odd[..3].iter().all(|weight| weight.is_nan()));
    }

    #[test]
    fn softmax_sums_to_one_and_passes_nan_on() {
        let mut x = [1.0, 2.0, -300.0, 2.0];
        softmax(&mut x);
        assert!((x.iter().sum::<f32>() - 1.0).abs() < 1e-6 && x[1] == x[3] && x[2] == 0.0);
        let mut x = [1.0, f32::NAN, 5.0];
        softmax(&mut x);
        assert!(x.iter().all(|v| v.is_nan()));
    }
}
