//! What two files of sentence pairs hold.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Overlap;
use crate::stats::closest_rank;
use crate::task::pairs::{PairError, RawPair, TooFewPairs, read_pairs};

/// Pairs of which one side has so many times the words of the other are counted, from so many words on.
const MUCH_LONGER: usize = 3;
const LONG: usize = 6;

/// What is in a file of sentences and the file of their translations.
#[derive(Debug, Clone, Serialize)]
pub struct PairInspection {
    /// The file of sentences.
    pub source: PathBuf,
    /// The file of their translations.
    pub target: PathBuf,
    /// Lines of each.
    pub lines: usize,
    /// Lines on which a side is empty; training leaves them out.
    pub empty: usize,
    /// Words of a line, source and target: shortest, median, longest.
    pub words: [[usize; 3]; 2],
    /// Words of the target for each word of the source: 5 %, median, 95 %.
    pub ratio: [f64; 3],
    /// Pairs of which one side is more than three times as long as the other.
    pub uneven: Overlap,
    /// Pairs above `limit` words on a side.
    pub over_long: usize,
    /// Subwords beyond which training leaves a pair out; a word has at least one.
    pub limit: usize,
    /// Pairs that are the same as an earlier one.
    pub repeated: Overlap,
    /// Sentences that occur again with another translation.
    pub translated_anew: Overlap,
}

/// Looks into the files `source` and `target`; `limit` is that of subwords. Errors are those of reading.
pub fn inspect_pairs(source: &Path, target: &Path, limit: usize) -> Result<PairInspection, PairError> {
    let all = read_pairs(source, Some(target), ["", ""], &mut Sha256::new())?;
    let lines = all.len();
    let is_filled = |pair: &RawPair| !pair.source.trim().is_empty() && !pair.target.trim().is_empty();
    let pairs: Vec<RawPair> = all.into_iter().filter(is_filled).collect();
    if pairs.is_empty() {
        return Err(PairError::TooFew { origin: source.into(), fault: TooFewPairs::OneSided });
    }
    let counts = |side: fn(&RawPair) -> &str| -> Vec<usize> {
        pairs.iter().map(|pair| side(pair).split_whitespace().count()).collect()
    };
    let [ours, theirs] = [counts(|pair| &pair.source), counts(|pair| &pair.target)];
    let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(&a, &b)| b as f64 / a as f64).collect();
    ratios.sort_by(f64::total_cmp);
    let quantile = |share: f64| closest_rank(&ratios, share).expect("there are pairs");
    let mut uneven = Overlap::default();
    for ((pair, &a), &b) in pairs.iter().zip(&ours).zip(&theirs) {
        if a.max(b) >= LONG && a.max(b) > MUCH_LONGER * a.min(b) {
            uneven.note(|| both(pair), pair.line, pair.line);
        }
    }
    let over_long = ours.iter().zip(&theirs).filter(|&(&a, &b)| a.max(b) + 2 > limit).count();
    let [repeated, translated_anew] = overlaps(&pairs);
    Ok(PairInspection {
        source: source.into(),
        target: target.into(),
        lines,
        empty: lines - pairs.len(),
        words: [spread(ours), spread(theirs)],
        ratio: [quantile(0.05), quantile(0.5), quantile(0.95)],
        uneven,
        over_long,
        limit,
        repeated,
        translated_anew,
    })
}

/// Both sides on one line.
fn both(pair: &RawPair) -> String {
    format!("{} | {}", pair.source, pair.target)
}

fn spread(mut counts: Vec<usize>) -> [usize; 3] {
    counts.sort_unstable();
    [counts[0], counts[counts.len() / 2], counts[counts.len() - 1]]
}

/// Pairs that are there already, and sentences that are, with another translation.
fn overlaps(pairs: &[RawPair]) -> [Overlap; 2] {
    let mut seen: HashMap<&str, Vec<&RawPair>> = HashMap::new();
    let mut found = [Overlap::default(), Overlap::default()];
    for pair in pairs {
        let before = seen.entry(pair.source.trim()).or_default();
        let same = before.iter().find(|other| other.target.trim() == pair.target.trim());
        match (same, before.first()) {
            (Some(other), _) => found[0].note(|| both(pair), other.line, pair.line),
            (None, Some(other)) => found[1].note(|| both(pair), other.line, pair.line),
            (None, None) => {}
        }
        before.push(pair);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_uneven_long_and_repeated_pairs_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let german = "ein Hund\nein Hund\nein Hund\n\nja\nlang lang lang lang\n";
        let english =
            "a dog\na dog\na hound\nnothing\none two three four five six seven\nlong long long long\n";
        let paths = [("a.de", german), ("a.en", english)].map(|(name, text)| {
            std::fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        });
        let found = inspect_pairs(&paths[0], &paths[1], 5).unwrap();
        assert_eq!((found.lines, found.empty, found.over_long), (6, 1, 2));
        assert_eq!((found.uneven.count, found.uneven.examples[0].first_line), (1, 5));
        assert_eq!((found.repeated.count, found.translated_anew.count), (1, 1));
        assert_eq!(found.translated_anew.examples[0].second_line, 3);
        assert_eq!(found.words, [[1, 2, 4], [2, 2, 7]]);
    }
}
