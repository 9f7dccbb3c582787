//! Each kernel's tiles against a plain sum, in both orders of A.

use super::*;

#[test]
fn every_kernel_computes_its_tiles_and_nothing_beside_them() {
    for kernel in InstructionSet::available().map(Kernel::of) {
        let (strip, cols, k) = (kernel.rows, kernel.cols, 23);
        assert!(
            strip * cols <= LARGEST_TILE && kernel.tiles.iter().flatten().all(|tiles| tiles.len() == strip)
        );
        let a: Vec<f32> = (0..k * strip).map(|i| (i % 7) as f32 - 3.0).collect();
        let turned: Vec<f32> = (0..k * strip).map(|x| a[x % k * strip + x / k]).collect();
        let lefts = [
            (Order::Across, Left { first: a.as_ptr(), stride: strip }),
            (Order::Along, Left { first: turned.as_ptr(), stride: k }),
        ];
        let b: Vec<f32> = (0..k * cols).map(|i| (i % 5) as f32 - 2.0).collect();
        let row: Vec<f32> = (0..cols).map(|j| j as f32).collect();
        let cases = (1..=strip).flat_map(|rows| [(rows, "nothing"), (rows, "itself"), (rows, "a row")]);
        let cases = cases.flat_map(|case| lefts.map(|left| (case, left)));
        for (((rows, onto), (order, left)), half) in cases.flat_map(|case| [0, 1].map(|half| (case, half))) {
            let width = cols / 2 * (1 + half);
            let stride = cols + 3;
            let mut c = vec![10.0; (strip + 1) * stride];
            let (base, base_stride) = match onto {
                "nothing" => (std::ptr::null(), 0),
                "itself" => (c.as_ptr(), stride),
                _ => (row.as_ptr(), 0),
            };
            let out = c.as_mut_ptr();
            // SAFETY: the slices have the lengths that the kernel requires.
            unsafe {
                kernel.tiles[order as usize][half][rows - 1](
                    k,
                    left,
                    b.as_ptr(),
                    out,
                    stride,
                    base,
                    base_stride,
                )
            };
            for (place, &got) in c.iter().enumerate() {
                let (i, j) = (place / stride, place % stride);
                let inside = i < rows && j < width;
                let sum: f32 = (0..k).filter(|_| inside).map(|p| a[p * strip + i] * b[p * cols + j]).sum();
                let before = match onto {
                    _ if !inside => 10.0,
                    "nothing" => 0.0,
                    "itself" => 10.0,
                    _ => j as f32,
                };
                assert_eq!(got, before + sum, "{rows} of {strip} × {width}, {i}, {j}, onto {onto}");
            }
        }
    }
}
