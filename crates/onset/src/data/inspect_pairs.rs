//! Reports the contents of one or two files of sentence pairs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Overlap;
use crate::stats::closest_rank;
use crate::task::pairs::{PairError, PairSource, RawPair, TooFewPairs, read_pairs};

/// A pair is uneven if one side has at least `LONG` words, and more than `MUCH_LONGER` times the words of the other.
const MUCH_LONGER: usize = 3;
const LONG: usize = 6;

/// The contents of a file of sentences and of the file of their translations, or of a table of both.
#[derive(Debug, Clone, Serialize)]
pub struct PairInspection {
    /// The file of sentences.
    pub source: PathBuf,
    /// The file of their translations; none if both sides are in one table.
    pub target: Option<PathBuf>,
    /// Lines of each, or rows.
    pub lines: usize,
    /// Lines with an empty side; training omits them.
    pub empty: usize,
    /// Words in a line, for source and target: shortest, median, longest.
    pub words: [[usize; 3]; 2],
    /// Target words per source word: 5th percentile, median, 95th percentile.
    pub ratio: [f64; 3],
    /// Pairs with one side more than three times as long as the other.
    pub uneven: Overlap,
    /// Pairs with more than `limit` words on a side.
    pub over_long: usize,
    /// Training omits pairs with more subwords than this; a word has at least one subword.
    pub limit: usize,
    /// Pairs that repeat an earlier pair.
    pub repeated: Overlap,
    /// Sentences that repeat with a different translation.
    pub translated_anew: Overlap,
    /// What should be known about how the files were read, as sentences.
    pub remarks: Vec<String>,
}

/// Looks into the files to train on of `settings`. Errors are those of reading.
pub fn inspect_pairs(settings: &PairSource) -> Result<PairInspection, PairError> {
    let source = settings.source.as_deref().unwrap_or(Path::new("task.source"));
    let limit = settings.max_subwords;
    let (all, remarks) = read_pairs(source, settings.target.as_deref(), settings, &mut Sha256::new())?;
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
        target: settings.target.clone(),
        lines,
        empty: lines - pairs.len(),
        words: [spread(ours), spread(theirs)],
        ratio: [quantile(0.05), quantile(0.5), quantile(0.95)],
        uneven,
        over_long,
        limit,
        repeated,
        translated_anew,
        remarks,
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

/// Pairs that repeat an earlier pair, and sentences that repeat with a different translation.
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
            Some(folder.path().join(name))
        });
        let [source, target] = paths;
        let settings = PairSource { source, target, max_subwords: 5, ..PairSource::default() };
        let found = inspect_pairs(&settings).unwrap();
        assert_eq!((found.lines, found.empty, found.over_long), (6, 1, 2));
        assert_eq!((found.uneven.count, found.uneven.examples[0].first_line), (1, 5));
        assert_eq!((found.repeated.count, found.translated_anew.count), (1, 1));
        assert_eq!(found.translated_anew.examples[0].second_line, 3);
        assert_eq!(found.words, [[1, 2, 4], [2, 2, 7]]);
    }
}
