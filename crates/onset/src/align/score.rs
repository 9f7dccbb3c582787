//! How well links agree with gold.

use serde::Serialize;

use super::Links;

/// Precision, recall and alignment error rate of links, over all pairs together (Och and Ney 2003, all gold links being sure).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct AlignmentScore {
    /// Links that were found.
    pub found: usize,
    /// Links of gold.
    pub gold: usize,
    /// Links that are in both.
    pub right: usize,
    /// right / found; 0 if nothing was found.
    pub precision: f64,
    /// right / gold; 0 if gold has none.
    pub recall: f64,
    /// 1 − 2·right / (found + gold).
    pub aer: f64,
}

impl AlignmentScore {
    /// Compares the links of pairs with gold, pair by pair.
    pub fn of(found: &[Links], gold: &[Links]) -> Self {
        let sum = |sizes: &mut dyn Iterator<Item = usize>| sizes.sum::<usize>();
        let right = sum(&mut found.iter().zip(gold).map(|(a, b)| a.intersection(b).count()));
        let [found, gold] = [found, gold].map(|all| sum(&mut all.iter().map(Links::len)));
        let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let aer = 1.0 - share(2 * right, found + gold);
        Self { found, gold, right, precision: share(right, found), recall: share(right, gold), aer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_counted_over_all_pairs() {
        let all = |links: &[&[(u32, u32)]]| -> Vec<Links> {
            links.iter().map(|own| own.iter().copied().collect()).collect()
        };
        let found = all(&[&[(0, 0), (1, 1)], &[(0, 0)]]);
        let gold = all(&[&[(0, 0)], &[(0, 0), (0, 1), (1, 1)]]);
        let score = AlignmentScore::of(&found, &gold);
        assert_eq!((score.found, score.gold, score.right), (3, 4, 2));
        assert!((score.aer - (1.0 - 4.0 / 7.0)).abs() < 1e-12);
        assert_eq!(AlignmentScore::of(&gold, &gold).aer, 0.0);
        assert_eq!(AlignmentScore::of(&all(&[&[]]), &all(&[&[]])).aer, 1.0);
    }
}
