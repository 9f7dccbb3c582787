//! Pairs of lines: two files side by side, or one with two columns; plain or gzip.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{PairError, TooFewPairs};
use crate::task::text::{ColumnRoles, Columns, RowFault, RowPlace, TextError, each_pair, read_bytes};

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

/// A side that is so many times as long as the other is suspicious, from so many characters on.
const MUCH_LONGER: usize = 3;
const LONG: usize = 30;

/// Reads the pairs of `source` and `target`, line by line, or of the columns of `source` alone. Sides may be
/// empty. The bytes go to `hash`.
pub fn read_pairs(
    source: &Path,
    target: Option<&Path>,
    columns: [&str; 2],
    hash: &mut Sha256,
) -> Result<Vec<RawPair>, PairError> {
    let Some(target) = target else { return read_columns(source, columns, hash) };
    let [sources, targets] = [lines(source, hash)?, lines(target, hash)?];
    if sources.len() != targets.len() {
        return Err(PairError::LineCounts {
            source_path: source.into(),
            source_lines: sources.len(),
            target_path: target.into(),
            target_lines: targets.len(),
            suspicious: suspicious(&sources, &targets),
        });
    }
    let pairs = sources.into_iter().zip(targets).enumerate();
    Ok(pairs.map(|(index, (source, target))| RawPair { line: index + 1, source, target }).collect())
}

fn read_columns(path: &Path, columns: [&str; 2], hash: &mut Sha256) -> Result<Vec<RawPair>, PairError> {
    let bytes = read_bytes(path)?;
    hash.update(&bytes);
    let mut pairs = Vec::new();
    each_pair(path, &bytes, Columns { names: columns, roles: ColumnRoles::SourceAndTarget }, &mut |row| {
        let row = row?;
        pairs.push(RawPair { line: row.line, source: row.text.into(), target: row.label.into() });
        Ok(())
    })?;
    Ok(pairs)
}

/// The lines of a file of sentences, as those of training are read: plain or gzip, UTF-8, a byte order mark left out.
pub fn read_lines(path: &Path) -> Result<Vec<String>, PairError> {
    any_lines(path, &mut Sha256::new())
}

/// The lines of a file, which must be UTF-8 and hold something.
fn lines(path: &Path, hash: &mut Sha256) -> Result<Vec<String>, PairError> {
    let lines = any_lines(path, hash)?;
    match lines.iter().all(|line| line.trim().is_empty()) {
        true => Err(PairError::TooFew { origin: path.into(), fault: TooFewPairs::EmptyFile }),
        false => Ok(lines),
    }
}

/// The lines of a file, which must be UTF-8.
fn any_lines(path: &Path, hash: &mut Sha256) -> Result<Vec<String>, PairError> {
    let bytes = read_bytes(path)?;
    hash.update(&bytes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let content = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        TextError::Row { place: RowPlace { origin: path.into(), line }, fault: RowFault::NotUtf8 }
    })?;
    Ok(content.lines().map(String::from).collect())
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
    use super::*;

    fn read(files: [(&str, &[u8]); 2]) -> Result<Vec<RawPair>, PairError> {
        let folder = tempfile::tempdir().unwrap();
        let paths = files.map(|(name, bytes)| {
            let path = folder.path().join(if name.is_empty() { "unused" } else { name });
            std::fs::write(&path, bytes).unwrap();
            path
        });
        let target = (!files[1].0.is_empty()).then_some(paths[1].as_path());
        read_pairs(&paths[0], target, ["source", "target"], &mut Sha256::new())
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
