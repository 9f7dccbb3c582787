//! The texts of a data set, as its files hold them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::Sha256;

use super::{Collection, CollectionError, DescribedSet};
use crate::data::folders_named;
use crate::task::rows::{ColumnRoles, Columns, FileError, Reading, each_row};

/// The files of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetFiles {
    pub train: PathBuf,
    pub test: Option<PathBuf>,
}

/// Texts of one file with the numbers of their labels.
#[derive(Debug, Default)]
pub(super) struct SetTexts {
    pub texts: Vec<String>,
    pub labels: Vec<u32>,
    /// The line of each text, counted from 1.
    pub lines: Vec<u32>,
    /// Rows without a text or without a label, which cannot be used.
    pub empty: usize,
}

/// Where the files of `set` lie: in `data/SOURCE`, or in a folder of that name one level below.
pub(super) fn find(set: &DescribedSet, data: &Path) -> Result<SetFiles, CollectionError> {
    let places = folders_named(data, &set.source);
    let files = || [Some(&set.train), set.test.as_ref()].into_iter().flatten();
    match places.iter().find(|folder| files().all(|file| folder.join(file).is_file())) {
        Some(folder) => Ok(SetFiles {
            train: folder.join(&set.train),
            test: set.test.as_ref().map(|file| folder.join(file)),
        }),
        None => Err(CollectionError::NoFiles {
            set: set.name.clone(),
            files: files().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", "),
            places: places[0].display().to_string(),
        }),
    }
}

/// Reads `path`, a file of `set`; its bytes go to `hash`.
///
/// # Errors
/// If it cannot be read, and if it has a label that is not described; all of these are listed.
pub(super) fn read(
    collection: &Collection,
    set: &DescribedSet,
    path: &Path,
    hash: &mut Sha256,
) -> Result<SetTexts, CollectionError> {
    let columns = Columns { names: [&set.text, &set.label], roles: ColumnRoles::TextAndLabel };
    let mut found = SetTexts::default();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    each_row::<FileError>(path, &Reading::default(), columns, hash, &mut |row| {
        let row = row?;
        let label = row.label.trim();
        if row.text.trim().is_empty() || label.is_empty() {
            found.empty += 1;
            return Ok(());
        }
        match set.labels.iter().position(|each| each.value == label) {
            Some(number) => {
                found.texts.push(row.text.into());
                found.labels.push(number as u32);
                found.lines.push(row.line as u32);
            }
            None => *unknown.entry(label.into()).or_default() += 1,
        }
        Ok(())
    })
    .map_err(|source| CollectionError::Rows { set: set.name.clone(), source: Box::new(source) })?;
    if unknown.is_empty() {
        return Ok(found);
    }
    let labels = unknown.iter().map(|(label, count)| format!("{label:?} ({count})")).collect::<Vec<_>>();
    Err(CollectionError::Undescribed {
        data: path.into(),
        path: collection.folder.join(format!("{}.toml", set.name)),
        labels: labels.join(", "),
    })
}

/// Refuses a set some of whose labels `texts` do not have.
pub(super) fn require_all_labels(
    collection: &Collection,
    set: &DescribedSet,
    path: &Path,
    texts: &SetTexts,
) -> Result<(), CollectionError> {
    let missing: Vec<String> = set
        .labels
        .iter()
        .enumerate()
        .filter(|(number, _)| !texts.labels.contains(&(*number as u32)))
        .map(|(_, label)| format!("{:?}", label.value))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(CollectionError::Empty {
        path: collection.folder.join(format!("{}.toml", set.name)),
        data: path.into(),
        labels: missing.join(", "),
    })
}

/// A text without case and without what stands between its words, by which two texts count as one.
pub(super) fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn case_and_punctuation_make_no_other_text() {
        assert_eq!(normal(" It 's  GOOD , really ."), normal("it's good -- really"));
        assert_eq!(normal("?!"), "");
    }
}
