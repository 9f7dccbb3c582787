//! Pairs of lines: two files side by side, or one with two columns.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{PairError, PairSource, TooFewPairs};
use crate::task::rows::{ColumnRoles, Columns, Reading, each_row, lines};

/// A sentence and its translation, as they stand in their files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPair {
    /// Its line, counted from 1.
    pub line: usize,
    /// The sentence to translate.
    pub source: String,
    /// Its translation.
    pub target: String,
}

impl PairSource {
    /// The pairs of the files to train on as they stand, with sentences that say how these were read. Sides may be empty.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(&self) -> Result<Remarked, PairError> {
        let first = self.source.as_deref().unwrap_or(Path::new("task.source"));
        read_pairs(first, self.target.as_deref(), self, &mut Sha256::new())
    }
}

/// A side that is so many times as long as the other is suspicious, from so many characters on.
const MUCH_LONGER: usize = 3;
const LONG: usize = 30;

/// Pairs as they stand in their files, with sentences that say how these were read.
pub type Remarked = (Vec<RawPair>, Vec<String>);

/// Reads the pairs of `first` and `second`, line by line, or of the columns of `first` alone, as `settings` say. Sides may be
/// empty. The bytes go to `hash`.
pub(crate) fn read_pairs(
    first: &Path,
    second: Option<&Path>,
    settings: &PairSource,
    hash: &mut Sha256,
) -> Result<Remarked, PairError> {
    let reading = settings.reading();
    let Some(second) = second else {
        let names = [&settings.source_column, &settings.target_column].map(String::as_str);
        return read_columns(first, &reading, names, hash);
    };
    let (sources, mut remarks) = filled_lines(first, &reading, hash)?;
    let (targets, more) = filled_lines(second, &reading, hash)?;
    if sources.len() != targets.len() {
        return Err(PairError::LineCounts {
            source_path: first.into(),
            source_lines: sources.len(),
            target_path: second.into(),
            target_lines: targets.len(),
            suspicious: suspicious(&sources, &targets),
        });
    }
    remarks.extend(more);
    let pairs = sources.into_iter().zip(targets).enumerate();
    let pairs = pairs.map(|(index, (source, target))| RawPair { line: index + 1, source, target });
    Ok((pairs.collect(), remarks))
}

fn read_columns(
    path: &Path,
    reading: &Reading,
    names: [&str; 2],
    hash: &mut Sha256,
) -> Result<Remarked, PairError> {
    let mut pairs = Vec::new();
    let columns = Columns { names, roles: ColumnRoles::SourceAndTarget };
    let remarks = each_row::<PairError>(path, reading, columns, hash, &mut |row| {
        let row = row?;
        pairs.push(RawPair { line: row.line, source: row.text.into(), target: row.label.into() });
        Ok(())
    })?;
    Ok((pairs, remarks))
}

/// The lines of a file of sentences, as those of training are read: plain or packed, UTF-8, a byte order mark left out.
pub fn read_lines(path: &Path) -> Result<Vec<String>, PairError> {
    lines(path, &Reading::default(), &mut Sha256::new()).map(|(lines, _)| lines).map_err(Into::into)
}

/// The lines of a file, which must hold something.
fn filled_lines(
    path: &Path,
    reading: &Reading,
    hash: &mut Sha256,
) -> Result<(Vec<String>, Vec<String>), PairError> {
    let (lines, remarks) = lines(path, reading, hash)?;
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Err(PairError::TooFew { origin: path.into(), fault: TooFewPairs::EmptyFile });
    }
    Ok((lines, remarks))
}

/// The first line at which two files look shifted against each other.
fn suspicious(sources: &[String], targets: &[String]) -> usize {
    let odd = |(source, target): (&String, &String)| {
        let [a, b] = [source, target].map(|side| side.trim().chars().count());
        (a == 0) != (b == 0) || (a.max(b) >= LONG && a.max(b) > MUCH_LONGER * a.min(b))
    };
    let first = sources.iter().zip(targets).position(odd);
    first.unwrap_or(sources.len().min(targets.len())) + 1
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    fn read(files: [(&str, &[u8]); 2]) -> Result<Vec<RawPair>, PairError> {
        let folder = tempfile::tempdir().unwrap();
        let paths = files.map(|(name, bytes)| {
            let path = folder.path().join(if name.is_empty() { "unused" } else { name });
            std::fs::write(&path, bytes).unwrap();
            path
        });
        let target = (!files[1].0.is_empty()).then_some(paths[1].as_path());
        let read = read_pairs(&paths[0], target, &PairSource::default(), &mut Sha256::new());
        read.map(|(pairs, _)| pairs)
    }

    #[test]
    fn two_files_one_table_and_json_lines_give_the_same_pairs() {
        let two = read([("a.de", b"ein Hund\r\nja\n"), ("a.en", b"a dog\nyes")]).unwrap();
        let tsv = "target\tsource\na dog\tein Hund\nyes\tja\n";
        let json = "{\"source\":\"ein Hund\",\"target\":\"a dog\"}\n{\"source\":\"ja\",\"target\":\"yes\"}";
        for (name, content) in [("a.tsv", tsv), ("a.jsonl", json)] {
            let pairs = read([(name, content.as_bytes()), ("", b"")]).unwrap();
            let sides = |pairs: &[RawPair]| -> Vec<[String; 2]> {
                pairs.iter().map(|pair| [pair.source.clone(), pair.target.clone()]).collect()
            };
            assert_eq!(sides(&pairs), sides(&two));
        }
    }

    #[test]
    fn files_of_different_lengths_are_refused_with_the_line_that_looks_shifted() {
        let german = b"eins\nzwei\nein sehr langer Satz, der lange nicht endet\nvier\n";
        let message = read([("a.de", german), ("a.en", b"one\ntwo\nfour\n")]).unwrap_err().to_string();
        for part in ["a.de has 4 lines", "a.en has 3", "line 3"] {
            assert!(message.contains(part), "{message}");
        }
        let message = read([("a.de", b"eins\nzwei\n"), ("a.en", b"one\n")]).unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        let message = read([("a.de", b"eins\n\xff\n"), ("a.en", b"one\ntwo\n")]).unwrap_err().to_string();
        assert!(message.contains("a.de:2: a byte that is not UTF-8"), "{message}");
        let message = read([("a.de", b" \n"), ("a.en", b"one\n")]).unwrap_err().to_string();
        assert!(message.contains("a.de: is empty"), "{message}");
        let message = read([("a.tsv", b"de\ten\n"), ("", b"")]).unwrap_err().to_string();
        assert!(message.contains("task.source_column"), "{message}");
    }
}
