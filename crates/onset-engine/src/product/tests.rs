//! Products against a plain loop, in every layout and with any number of threads.

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

fn transposed(a: &[f32], rows: usize, cols: usize) -> Vec<f32> {
    (0..rows * cols).map(|place| a[(place % rows) * cols + place / rows]).collect()
}

#[test]
fn products_agree_with_a_plain_loop_in_every_layout() {
    for (m, k, n) in
        [(1, 1, 1), (5, 3, 7), (41, 256, 41), (128, 33, 65), (3, 1300, 1), (7, 0, 3), (70, 600, 1100)]
    {
        let (a, b) = (random(m * k, 0), random(k * n, 1));
        let expected = plain(&a, &b, m, k, n);
        let (at, bt) = (transposed(&a, m, k), transposed(&b, k, n));
        for a in [Mat::new(&a, m, k), Mat::new(&at, k, m).t()] {
            for b in [Mat::new(&b, k, n), Mat::new(&bt, n, k).t()] {
                let mut out = vec![1.0; m * n];
                matmul(MatMut::new(&mut out, m, n), a, b, Mode::Add, 1);
                for (got, want) in out.iter().zip(&expected) {
                    assert!((got - want - 1.0).abs() < 1e-4, "{m} × {k} × {n}: {got} {want}");
                }
                let packed = Packed::new(Pool::default().take(Packed::len_of(b)), b);
                let mut again = vec![1.0; m * n];
                matmul_packed(MatMut::new(&mut again, m, n), a, &packed, Mode::Add, 1);
                assert_eq!(out, again);
                let row = vec![1.0; n];
                matmul_onto_row(MatMut::new(&mut again, m, n), a, b, &row, 1);
                assert_eq!(out, again);
                matmul_packed_onto_row(MatMut::new(&mut again, m, n), a, &packed, &row, 1);
                assert_eq!(out, again);
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
            matmul(MatMut::new(&mut out, m, n), Mat::new(&a, m, k), Mat::new(&b, k, n), Mode::Write, threads);
            out
        };
        assert!(product(1) == product(2), "{m} × {k} × {n}");
        assert!(product(1) == product(3), "{m} × {k} × {n}");
    }
}

#[test]
fn a_row_does_not_depend_on_the_rows_beside_it() {
    let (m, k, n) = (29, 700, 50);
    let (a, b) = (random(m * k, 0), random(k * n, 1));
    let mut all = vec![0.0; m * n];
    matmul(MatMut::new(&mut all, m, n), Mat::new(&a, m, k), Mat::new(&b, k, n), Mode::Write, 1);
    for row in 0..m {
        let mut alone = vec![0.0; n];
        let a = Mat::new(&a, m, k).rows(row, 1);
        matmul(MatMut::new(&mut alone, 1, n), a, Mat::new(&b, k, n), Mode::Write, 1);
        assert!(alone == all[row * n..(row + 1) * n], "row {row}");
    }
}
