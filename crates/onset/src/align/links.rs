//! Links between the words of a pair, in Pharaoh form: `0-0 1-2`, source word and target word, counted from 0.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::task::pairs::{PairError, read_lines};

/// A source word and a target word that belong together, counted from 0.
pub type Link = (u32, u32);

/// The links of one pair.
pub type Links = BTreeSet<Link>;

/// Why alignments cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AlignmentError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] PairError),
    /// Text that is not links.
    #[error(
        "{path}:{line}: {found:?} is not a link; expected SOURCE-TARGET such as 0-2, separated by spaces"
    )]
    NotALink {
        /// The file.
        path: PathBuf,
        /// Its line, counted from 1.
        line: usize,
        /// What was found.
        found: String,
    },
    /// A link to a word that its sentence does not have.
    #[error(
        "{path}:{line}: the link {source_word}-{target_word} points beyond its pair, which has {source_words} source and \
         {target_words} target words (words are separated by spaces and counted from 0)"
    )]
    Beyond {
        /// The file.
        path: PathBuf,
        /// Its line, counted from 1.
        line: usize,
        /// The link's source word.
        source_word: u32,
        /// The link's target word.
        target_word: u32,
        /// Words of the source.
        source_words: usize,
        /// Words of the target.
        target_words: usize,
    },
    /// Another number of lines than there are pairs.
    #[error("{path} has {lines} lines, but there are {pairs} pairs; expected a line for each pair")]
    LineCount {
        /// The file.
        path: PathBuf,
        /// Its lines.
        lines: usize,
        /// The pairs.
        pairs: usize,
    },
}

/// The links of one pair in Pharaoh form.
pub fn linked(links: &Links) -> String {
    let mut line = String::new();
    for (source, target) in links {
        let _ = write!(line, "{}{source}-{target}", if line.is_empty() { "" } else { " " });
    }
    line
}

/// Reads the links of pairs with so many source and target words, one pair a line; plain or compressed.
///
/// # Errors
/// If the file cannot be read, has another number of lines, text that is no link, or a link beyond its pair.
pub fn read_links(path: &Path, sizes: &[[usize; 2]]) -> Result<Vec<Links>, AlignmentError> {
    let lines = read_lines(path)?;
    if lines.len() != sizes.len() {
        return Err(AlignmentError::LineCount { path: path.into(), lines: lines.len(), pairs: sizes.len() });
    }
    let each = lines.iter().zip(sizes).enumerate();
    each.map(|(index, (text, size))| links_of(path, index + 1, text, *size)).collect()
}

fn links_of(
    path: &Path,
    line: usize,
    text: &str,
    [source_words, target_words]: [usize; 2],
) -> Result<Links, AlignmentError> {
    let mut links = Links::new();
    for found in text.split_whitespace() {
        let link = found.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let Some((source_word, target_word)) = link else {
            return Err(AlignmentError::NotALink { path: path.into(), line, found: found.into() });
        };
        if source_word as usize >= source_words || target_word as usize >= target_words {
            return Err(AlignmentError::Beyond {
                path: path.into(),
                line,
                source_word,
                target_word,
                source_words,
                target_words,
            });
        }
        links.insert((source_word, target_word));
    }
    Ok(links)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str, sizes: &[[usize; 2]]) -> Result<Vec<Links>, AlignmentError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gold");
        std::fs::write(&path, content).unwrap();
        read_links(&path, sizes)
    }

    #[test]
    fn links_are_read_and_written() {
        let links = read("0-0 1-2 1-1\n\n", &[[2, 3], [1, 1]]).unwrap();
        assert_eq!(linked(&links[0]), "0-0 1-1 1-2");
        assert_eq!(linked(&links[1]), "");
    }

    #[test]
    fn faults_are_named_with_their_line() {
        for (content, parts) in [
            ("0-0\n0-0 0-3\n", ["gold:2", "0-3 points beyond", "1 source and 3 target"]),
            ("0-0\nx\n", ["gold:2", "\"x\" is not a link", "0-2"]),
            ("0-0\n", ["gold has 1 lines", "2 pairs", "a line for each pair"]),
        ] {
            let message = read(content, &[[1, 1], [1, 3]]).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }
}
