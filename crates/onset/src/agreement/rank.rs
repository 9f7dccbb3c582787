//! Kendall's τ-b and Spearman's ρ, with ties as SciPy counts them.
//!
//! τ-b = (C − D) / √((n₀ − n₁)(n₀ − n₂)) for C concordant and D discordant of n₀ = n(n−1)/2 pairs, where n₁ and n₂ are
//! the pairs tied in each row (Kendall 1945). D is the number of inversions of a merge sort (Knight 1966). ρ is
//! Pearson's correlation of ranks, with the mean rank for tied entries. Both are undefined if a row is constant. All
//! counts are integers, so that no result depends on the order of summation.

/// The ranks of a row of numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranked {
    /// Twice the rank of each entry minus (n + 1), with the mean rank for ties. These are integers with mean 0.
    centred: Vec<i32>,
    /// Pairs of equal entries.
    tied_pairs: u64,
}

/// Ranks rows; reuses its buffers.
#[derive(Debug, Default)]
pub struct Ranker {
    keys: Vec<u64>,
    pairs: Vec<u64>,
    order: Vec<u32>,
    spare: Vec<u32>,
}

/// An integer in the order of `x`; −0 maps to the integer of 0.
fn key(x: f32) -> u32 {
    let bits = (x + 0.0).to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

impl Ranker {
    /// Writes the ranks of `row` into `ranked`; returns false if an entry is NaN.
    pub fn rank(&mut self, row: &[f32], ranked: &mut Ranked) -> bool {
        if row.iter().any(|x| x.is_nan()) {
            return false;
        }
        self.keys.clear();
        self.keys.extend(row.iter().zip(0u64..).map(|(&x, place)| u64::from(key(x)) << 32 | place));
        self.keys.sort_unstable();
        let n = row.len();
        ranked.tied_pairs = 0;
        ranked.centred.clear();
        ranked.centred.resize(n, 0);
        let mut first = 0;
        while first < n {
            let value = self.keys[first] >> 32;
            let count = self.keys[first..].iter().take_while(|&&key| key >> 32 == value).count();
            // Ranks first + 1 to first + count have the mean first + (count + 1) / 2.
            let twice = (2 * first + count + 1) as i32 - (n as i32 + 1);
            for &key in &self.keys[first..first + count] {
                ranked.centred[key as u32 as usize] = twice;
            }
            ranked.tied_pairs += pairs_of(count);
            first += count;
        }
        true
    }

    /// Kendall's τ-b; `None` if a row is constant or shorter than 2.
    ///
    /// # Panics
    /// If the rows have different lengths.
    pub fn kendall(&mut self, a: &Ranked, b: &Ranked) -> Option<f64> {
        assert_eq!(a.centred.len(), b.centred.len(), "rows of equal length");
        let all = pairs_of(a.centred.len());
        let (untied_a, untied_b) = (all - a.tied_pairs, all - b.tied_pairs);
        if untied_a == 0 || untied_b == 0 {
            return None;
        }
        // Sorted by a, then by b, so that pairs tied in a make no inversion.
        let half = |rank: i32| u64::from(rank as u32 ^ 1 << 31);
        self.pairs.clear();
        self.pairs.extend(a.centred.iter().zip(&b.centred).map(|(&a, &b)| half(a) << 32 | half(b)));
        self.pairs.sort_unstable();
        let tied_in_both: u64 = self.pairs.chunk_by(|x, y| x == y).map(|run| pairs_of(run.len())).sum();
        self.order.clear();
        self.order.extend(self.pairs.iter().map(|&pair| pair as u32));
        let discordant = inversions(&mut self.order, &mut self.spare);
        let difference =
            (all + tied_in_both) as i64 - (a.tied_pairs + b.tied_pairs) as i64 - 2 * discordant as i64;
        let tau = difference as f64 / (untied_a as f64 * untied_b as f64).sqrt();
        Some(tau.clamp(-1.0, 1.0))
    }

    /// Spearman's ρ; `None` if a row is constant or shorter than 2.
    ///
    /// # Panics
    /// If the rows have different lengths.
    pub fn spearman(&self, a: &Ranked, b: &Ranked) -> Option<f64> {
        assert_eq!(a.centred.len(), b.centred.len(), "rows of equal length");
        let dot = |x: &[i32], y: &[i32]| -> i64 {
            x.iter().zip(y).map(|(&x, &y)| i64::from(x) * i64::from(y)).sum()
        };
        let variances = [dot(&a.centred, &a.centred), dot(&b.centred, &b.centred)];
        if variances.contains(&0) {
            return None;
        }
        let scale = (variances[0] as f64 * variances[1] as f64).sqrt();
        Some((dot(&a.centred, &b.centred) as f64 / scale).clamp(-1.0, 1.0))
    }
}

/// n(n−1)/2.
fn pairs_of(n: usize) -> u64 {
    (n as u64) * (n as u64).saturating_sub(1) / 2
}

/// Rows up to this length are sorted by insertion, which is faster for short rows.
const SHORT: usize = 24;

/// Sorts `row` and returns the number of inversions.
fn inversions(row: &mut [u32], spare: &mut Vec<u32>) -> u64 {
    if row.len() <= SHORT {
        let mut count = 0;
        for end in 1..row.len() {
            let x = row[end];
            let mut place = end;
            while place > 0 && row[place - 1] > x {
                row[place] = row[place - 1];
                place -= 1;
            }
            row[place] = x;
            count += (end - place) as u64;
        }
        return count;
    }
    let middle = row.len() / 2;
    let mut count = inversions(&mut row[..middle], spare) + inversions(&mut row[middle..], spare);
    spare.clear();
    spare.extend_from_slice(&row[..middle]);
    let (mut left, mut right) = (0, middle);
    for place in 0..row.len() {
        if left < spare.len() && (right == row.len() || spare[left] <= row[right]) {
            row[place] = spare[left];
            left += 1;
        } else if right < row.len() {
            row[place] = row[right];
            right += 1;
            count += (spare.len() - left) as u64;
        }
    }
    count
}

/// Spearman's ρ of two lists of equal length; `None` if one of them has NaN or does not vary.
pub fn spearman(a: &[f32], b: &[f32]) -> Option<f64> {
    let (ranker, [first, second]) = ranked(a, b)?;
    ranker.spearman(&first, &second)
}

/// Kendall's τ-b of two lists of equal length; `None` if one of them has NaN or does not vary. Unlike
/// [`score_rows`](super::score_rows) it starts no work on other threads, so that it may be called within a run of a sweep.
pub fn kendall(a: &[f32], b: &[f32]) -> Option<f64> {
    let (mut ranker, [first, second]) = ranked(a, b)?;
    ranker.kendall(&first, &second)
}

/// The ranks of two lists; `None` if one of them has NaN.
fn ranked(a: &[f32], b: &[f32]) -> Option<(Ranker, [Ranked; 2])> {
    let (mut ranker, [mut first, mut second]) = (Ranker::default(), [Ranked::default(), Ranked::default()]);
    (ranker.rank(a, &mut first) && ranker.rank(b, &mut second)).then_some((ranker, [first, second]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn both(a: &[f32], b: &[f32]) -> (Option<f64>, Option<f64>) {
        let mut ranker = Ranker::default();
        let (mut ranked_a, mut ranked_b) = (Ranked::default(), Ranked::default());
        assert!(ranker.rank(a, &mut ranked_a) && ranker.rank(b, &mut ranked_b));
        (ranker.kendall(&ranked_a, &ranked_b), ranker.spearman(&ranked_a, &ranked_b))
    }

    /// τ-b by comparing every pair.
    fn plain_kendall(a: &[f32], b: &[f32]) -> Option<f64> {
        let (mut difference, mut untied) = (0.0, [0.0; 2]);
        for i in 0..a.len() {
            for j in 0..i {
                let sign = |x: f32, y: f32| f64::from(i8::from(x > y) - i8::from(x < y));
                let (in_a, in_b) = (sign(a[i], a[j]), sign(b[i], b[j]));
                difference += in_a * in_b;
                untied[0] += in_a * in_a;
                untied[1] += in_b * in_b;
            }
        }
        (untied[0] * untied[1] > 0.0).then(|| difference / (untied[0] * untied[1]).sqrt())
    }

    /// ρ by the definition of mean ranks and Pearson's correlation.
    fn plain_spearman(a: &[f32], b: &[f32]) -> Option<f64> {
        let ranks = |row: &[f32]| -> Vec<f64> {
            let count = |x: f32, of: fn(f32, f32) -> bool| row.iter().filter(|&&y| of(y, x)).count() as f64;
            row.iter().map(|&x| count(x, |y, x| y < x) + (count(x, |y, x| y == x) + 1.0) / 2.0).collect()
        };
        let (a, b, mean) = (ranks(a), ranks(b), (a.len() as f64 + 1.0) / 2.0);
        let dot =
            |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum() };
        let scale = (dot(&a, &a) * dot(&b, &b)).sqrt();
        (scale > 0.0).then(|| dot(&a, &b) / scale)
    }

    fn close(got: Option<f64>, want: Option<f64>) -> bool {
        match (got, want) {
            (Some(got), Some(want)) => (got - want).abs() < 1e-12,
            (got, want) => got == want,
        }
    }

    #[test]
    fn rows_that_are_constant_or_too_short_have_no_correlation() {
        assert_eq!(both(&[], &[]), (None, None));
        assert_eq!(both(&[1.0], &[2.0]), (None, None));
        assert_eq!(both(&[1.0, 1.0], &[2.0, 3.0]), (None, None));
        assert_eq!(both(&[0.0, -0.0], &[2.0, 3.0]), (None, None));
        assert_eq!(both(&[1.0, 2.0], &[2.0, 3.0]), (Some(1.0), Some(1.0)));
        assert_eq!(both(&[1.0, 2.0, 3.0], &[9.0, 5.0, -4.0]), (Some(-1.0), Some(-1.0)));
    }

    #[test]
    fn a_row_that_holds_no_number_is_refused() {
        assert!(!Ranker::default().rank(&[1.0, f32::NAN], &mut Ranked::default()));
    }

    proptest! {
        #[test]
        fn both_agree_with_plain_loops_with_and_without_ties(
            pairs in proptest::collection::vec((-4i8..4, -30i8..30), 0..90),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().map(|&(a, b)| (f32::from(a), f32::from(b))).unzip();
            let (tau, rho) = both(&a, &b);
            prop_assert!(close(tau, plain_kendall(&a, &b)), "{tau:?} {:?}", plain_kendall(&a, &b));
            prop_assert!(close(rho, plain_spearman(&a, &b)), "{rho:?} {:?}", plain_spearman(&a, &b));
        }

        #[test]
        fn a_row_agrees_with_itself_and_is_opposed_to_its_negative(
            row in proptest::collection::vec(-1e6f32..1e6, 2..60),
        ) {
            prop_assume!(row.iter().any(|&x| x != row[0]));
            let negative: Vec<f32> = row.iter().map(|x| -x).collect();
            let (own, opposed) = (both(&row, &row), both(&row, &negative));
            prop_assert!(close(own.0, Some(1.0)) && close(own.1, Some(1.0)));
            prop_assert!(close(opposed.0, Some(-1.0)) && close(opposed.1, Some(-1.0)));
        }
    }
}
