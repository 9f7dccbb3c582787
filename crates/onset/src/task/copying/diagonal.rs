//! Attention against the diagonal, for tasks whose target repeats the source (paper, "Copying").

use onset_engine::argmax;

/// Collects attention matrices of one size.
#[derive(Debug, Clone)]
pub struct DiagonalAttention {
    size: usize,
    /// Whether the target is the source in reverse order (the last position excepted).
    reversed: bool,
    rows: usize,
    /// Rows whose largest weight lies at offset −1, 0, 1 from the diagonal.
    hits: [usize; 3],
    entropy: f64,
    peak: f64,
    offset_mass: Vec<f64>,
}

/// Means over all rows collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagonal {
    /// Share of target positions t with argmax_l α\[t,l\] = t.
    pub accuracy: f64,
    /// The same with l = t − 1, among the positions that have one.
    pub accuracy_before: f64,
    /// The same with l = t + 1, among the positions that have one.
    pub accuracy_after: f64,
    /// Entropy of α\[t,·\] in nats.
    pub entropy: f64,
    /// max_l α\[t,l\].
    pub peak: f64,
    /// Weight at l − (right position) = −(size − 1) … size − 1; sums to 1.
    pub offset_mass: Vec<f32>,
}

impl DiagonalAttention {
    /// Nothing collected, for matrices of `size` × `size`. With `reversed`, the right position of a word is counted
    /// from the end of the source, and everything else from there.
    pub fn new(size: usize, reversed: bool) -> Self {
        Self {
            size,
            reversed,
            rows: 0,
            hits: [0; 3],
            entropy: 0.0,
            peak: 0.0,
            offset_mass: vec![0.0; 2 * size - 1],
        }
    }

    /// Adds one example's α: for each target position, the weights of all source positions.
    pub fn add<'a>(&mut self, alpha: impl Iterator<Item = &'a [f32]>) {
        for (t, row) in alpha.enumerate() {
            assert!(t < self.size && row.len() == self.size, "attention of {0} × {0}", self.size);
            let place = argmax(row);
            let peak = row[place];
            let right = if self.reversed && t + 1 < self.size { self.size - 2 - t } else { t };
            if let Some(hits) = (place + 1).checked_sub(right).and_then(|offset| self.hits.get_mut(offset)) {
                *hits += 1;
            }
            self.peak += f64::from(peak);
            for (l, &weight) in row.iter().enumerate() {
                let weight = f64::from(weight);
                self.offset_mass[self.size - 1 + l - right] += weight;
                if weight > 0.0 {
                    self.entropy -= weight * weight.ln();
                }
            }
            self.rows += 1;
        }
    }

    /// The means.
    pub fn finish(self) -> Diagonal {
        let rows = self.rows.max(1) as f64;
        // One row of each matrix has no position before, one none after.
        let inner = (rows - rows / self.size as f64).max(1.0);
        Diagonal {
            accuracy: self.hits[1] as f64 / rows,
            accuracy_before: self.hits[0] as f64 / inner,
            accuracy_after: self.hits[2] as f64 / inner,
            entropy: self.entropy / rows,
            peak: self.peak / rows,
            offset_mass: self.offset_mass.iter().map(|mass| (mass / rows) as f32).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_diagonal_is_told_from_a_straight_one() {
        let size = 4;
        let matrix = |offset: isize| -> Vec<f32> {
            let weight = |t: isize, l: isize| f32::from(u8::from((t + offset).clamp(0, 3) == l));
            (0..16).map(|i| weight(i / 4, i % 4)).collect()
        };
        let measure = |offset| {
            let mut attention = DiagonalAttention::new(size, false);
            attention.add(matrix(offset).chunks_exact(size));
            attention.finish()
        };
        let straight = measure(0);
        assert_eq!((straight.accuracy, straight.entropy, straight.peak), (1.0, 0.0, 1.0));
        assert_eq!(straight.offset_mass, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        // The last row cannot look further and looks at itself.
        let after = measure(1);
        assert_eq!((after.accuracy, after.accuracy_after, after.accuracy_before), (0.25, 1.0, 0.0));
        let before = measure(-1);
        assert_eq!((before.accuracy_after, before.accuracy_before), (0.0, 1.0));
    }

    #[test]
    fn reversed_copying_has_its_diagonal_from_the_end_of_the_words() {
        let mut attention = DiagonalAttention::new(3, true);
        attention.add([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0].chunks_exact(3));
        let measured = attention.finish();
        assert_eq!((measured.accuracy, measured.offset_mass[2]), (1.0, 1.0));
    }

    #[test]
    fn uniform_attention_has_the_entropy_of_its_size() {
        let mut attention = DiagonalAttention::new(3, false);
        attention.add([1.0 / 3.0; 9].chunks_exact(3));
        let measured = attention.finish();
        assert!((measured.entropy - 3f64.ln()).abs() < 1e-6);
        assert!((measured.offset_mass.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((measured.offset_mass[2] - 1.0 / 3.0).abs() < 1e-6);
    }
}
