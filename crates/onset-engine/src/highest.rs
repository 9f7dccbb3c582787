//! The largest number of each chunk of a row, so that a search for the highest numbers can skip whole chunks.

use crate::instructions::for_each_instruction_set;

/// Numbers in a chunk.
pub const CHUNK: usize = 64;

/// Numbers compared in parallel.
const LANES: usize = 16;

for_each_instruction_set! {
    /// Writes the largest number of each [`CHUNK`] of `x` to `largest`; the last chunk may be shorter. NaN is skipped; a
    /// chunk of NaN alone gives −∞.
    pub fn largest_of_chunks(x: &[f32], largest: &mut Vec<f32>) {
        largest.clear();
        for chunk in x.chunks(CHUNK) {
            let (parts, rest) = chunk.as_chunks::<LANES>();
            let mut lanes = [f32::NEG_INFINITY; LANES];
            for part in parts {
                for lane in 0..LANES {
                    lanes[lane] = if part[lane] > lanes[lane] { part[lane] } else { lanes[lane] };
                }
            }
            // The two halves are compared until one number is left, which avoids a chain of sixteen comparisons.
            for width in [8, 4, 2, 1] {
                for lane in 0..width {
                    let other = lanes[lane + width];
                    lanes[lane] = if other > lanes[lane] { other } else { lanes[lane] };
                }
            }
            largest.push(rest.iter().fold(lanes[0], |a, &b| if b > a { b } else { a }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chunk_has_its_largest_and_nan_is_passed_over() {
        for len in [0, 1, 15, 16, 63, 64, 65, 200, 256] {
            let mut x: Vec<f32> = (0..len).map(|i| ((i * 37) % 101) as f32 - 50.0).collect();
            if len > 3 {
                x[3] = f32::NAN;
            }
            let mut largest = vec![9.0];
            largest_of_chunks(&x, &mut largest);
            let expected =
                x.chunks(CHUNK).map(|chunk| chunk.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            assert_eq!(largest, expected.collect::<Vec<_>>(), "{len}");
        }
    }
}
