//! Three measures of how similarly two rows rank their positions.

use onset_engine::argmax;
use serde::{Deserialize, Serialize};

use super::rank::{Ranked, Ranker};

/// A measure of the agreement of two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Whether the position that the first row ranks first is among the top 5 % of the second.
    Top,
    /// Kendall's τ-b.
    Kendall,
    /// Spearman's ρ.
    Spearman,
}

impl Measure {
    /// All of them, the paper's first.
    pub const ALL: [Self; 3] = [Self::Top, Self::Kendall, Self::Spearman];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Top => "top 5 %",
            Self::Kendall => "Kendall's τ-b",
            Self::Spearman => "Spearman's ρ",
        }
    }
}

/// The agreement of two attribution records on each text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    /// The value for each text; NaN where the measure is undefined (a constant row for τ-b and ρ, or a NaN entry).
    pub rows: Vec<f64>,
    /// Texts on which the largest value of the first record occurs more than once; the first occurrence counts.
    pub tied: usize,
}

impl Scored {
    /// The agreement A: the mean over the texts where it is defined; `None` if there are none.
    pub fn mean(&self) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0usize);
        self.rows.iter().filter(|score| !score.is_nan()).for_each(|score| {
            sum += score;
            count += 1;
        });
        (count > 0).then(|| sum / count as f64)
    }

    /// The number of texts on which the measure is undefined; the mean excludes them.
    pub fn undefined(&self) -> usize {
        self.rows.iter().filter(|score| score.is_nan()).count()
    }
}

/// Whether fewer than ⌈0.05·n⌉ entries of `b` are strictly larger than the entry at the position where `a` is largest
/// (paper, "Agreement"). If `a` has several largest entries, the first counts.
///
/// # Panics
/// If the rows are empty or of different lengths.
pub fn top_match(a: &[f32], b: &[f32]) -> bool {
    assert!(!a.is_empty() && a.len() == b.len(), "rows of equal length, at least 1");
    is_at_top(b, argmax(a))
}

/// Whether fewer than ⌈0.05·n⌉ entries of `row` are strictly larger than the entry at `place`.
///
/// # Panics
/// If `place` is out of bounds.
pub fn is_at_top(row: &[f32], place: usize) -> bool {
    let larger = row.iter().filter(|&&x| x > row[place]).count();
    // ⌈n / 20⌉ in integers, because 0.05 has no exact binary representation.
    larger < row.len().div_ceil(20)
}

/// Measures each row of `a` against the row of `b` with the same index.
///
/// # Panics
/// If `a` and `b` have different numbers of rows, or if two rows are empty or of different lengths.
pub fn score_rows<A: AsRef<[f32]>, B: AsRef<[f32]>>(measure: Measure, a: &[A], b: &[B]) -> Scored {
    assert_eq!(a.len(), b.len(), "a row of b for each row of a");
    let mut ranker = Ranker::default();
    let (mut ranked_a, mut ranked_b) = (Ranked::default(), Ranked::default());
    let mut scored = Scored { rows: Vec::with_capacity(a.len()), tied: 0 };
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a.as_ref(), b.as_ref());
        scored.tied += usize::from(is_tied(a));
        let score = match measure {
            Measure::Top if a.iter().chain(b).any(|x| x.is_nan()) => None,
            Measure::Top => Some(f64::from(u8::from(top_match(a, b)))),
            _ if !(ranker.rank(a, &mut ranked_a) && ranker.rank(b, &mut ranked_b)) => None,
            Measure::Kendall => ranker.kendall(&ranked_a, &ranked_b),
            Measure::Spearman => ranker.spearman(&ranked_a, &ranked_b),
        };
        scored.rows.push(score.unwrap_or(f64::NAN));
    }
    scored
}

/// Whether the largest entry occurs more than once.
fn is_tied(row: &[f32]) -> bool {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter().filter(|&&x| x == largest).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_holds_one_in_twenty_rounded_up() {
        let row = |n: usize| -> Vec<f32> { (0..n).map(|x| x as f32).collect() };
        // `a` is largest where `b` has its `rank`th largest entry.
        let at = |n: usize, rank: usize| {
            let mut a = vec![0.0; n];
            a[n - rank] = 1.0;
            top_match(&a, &row(n))
        };
        assert!(at(20, 1) && !at(20, 2));
        assert!(at(21, 2) && !at(21, 3));
        assert!(at(40, 2) && !at(40, 3));
        assert!(at(1, 1));
    }

    #[test]
    fn ties_count_for_the_second_row_and_by_place_for_the_first() {
        assert!(top_match(&[0.0, 1.0, 0.0], &[5.0, 5.0, 5.0]));
        assert!(top_match(&[1.0, 1.0, 0.0], &[5.0, 4.0, 3.0]));
        assert!(!top_match(&[1.0, 1.0, 0.0], &[4.0, 5.0, 3.0]));
    }

    #[test]
    fn undefined_rows_are_counted_and_left_out() {
        let a = [vec![1.0, 2.0, 3.0], vec![1.0, 1.0, 1.0], vec![f32::NAN, 0.0, 1.0]];
        let b = [vec![1.0, 2.0, 3.0], vec![3.0, 2.0, 1.0], vec![3.0, 2.0, 1.0]];
        for (measure, undefined) in [(Measure::Top, 1), (Measure::Kendall, 2), (Measure::Spearman, 2)] {
            let scored = score_rows(measure, &a, &b);
            assert_eq!((scored.undefined(), scored.mean()), (undefined, Some(1.0)), "{measure:?}");
            assert_eq!(scored.tied, 1);
        }
        assert_eq!(score_rows(Measure::Kendall, &a[1..2], &b[1..2]).mean(), None);
    }

    #[test]
    fn a_record_agrees_with_itself() {
        let rows: Vec<Vec<f32>> =
            (2..50).map(|n| (0..n).map(|x| ((x * 7919) as f32).sin()).collect()).collect();
        for measure in Measure::ALL {
            assert!((score_rows(measure, &rows, &rows).mean().unwrap() - 1.0).abs() < 1e-12, "{measure:?}");
        }
    }
}
