//! Loops over entries that are added or multiplied, compiled for each instruction set.

use crate::instructions::for_each_instruction_set;

for_each_instruction_set! {
    /// `y` = `a` + `b`, entry by entry.
    pub fn add(y: &mut [f32], a: &[f32], b: &[f32]) {
        for (y, (a, b)) in y.iter_mut().zip(a.iter().zip(b)) {
            *y = a + b;
        }
    }
}

for_each_instruction_set! {
    /// `y` = `y` ∘ `x`.
    pub fn multiply(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y *= x;
        }
    }
}

for_each_instruction_set! {
    /// `sum` += each row of `rows`, one after the other.
    pub fn add_rows(sum: &mut [f32], rows: &[f32]) {
        for row in rows.chunks_exact(sum.len()) {
            for (sum, x) in sum.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_rows_are_added_and_multiplied_one_by_one() {
        let (a, b): (Vec<f32>, Vec<f32>) = (0..74).map(|i| (i as f32, 0.5 * i as f32)).unzip();
        let (mut sum, mut product, mut rows) = (vec![f32::NAN; 74], a.clone(), vec![1.0; 37]);
        add(&mut sum, &a, &b);
        multiply(&mut product, &b);
        add_rows(&mut rows, &a);
        for i in 0..74 {
            assert_eq!((sum[i], product[i]), (1.5 * i as f32, 0.5 * (i * i) as f32));
        }
        assert!((0..37).all(|i| rows[i] == 1.0 + (2 * i + 37) as f32));
    }
}
