//! `source.json`: where the files of a set came from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::target::with_ending;
use super::{DataError, DataSet};

/// The record's name in a set's folder.
const NAME: &str = "source.json";

/// Where a set's files came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// The set.
    pub name: String,
    /// Its licence, as its publisher states it.
    pub licence: String,
    /// Where its publisher describes it.
    pub page: String,
    /// What was changed.
    pub changes: String,
    /// The folder that was given, if nothing was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The upstream files; none if files were taken that were in our form already.
    pub upstream: Vec<UpstreamRecord>,
    /// The files that were made of them.
    pub files: Vec<FileRecord>,
}

/// An upstream file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamRecord {
    /// Its name.
    pub file: String,
    /// Where its publisher has it.
    pub url: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, as seen.
    pub sha256: String,
    /// Whether that was compared with a published one; otherwise later downloads must have the same.
    pub verified: bool,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name.
    pub file: String,
    /// Its rows, without the header.
    pub rows: u64,
    /// Rows that were left out, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
}

impl SourceRecord {
    pub(super) fn new(
        set: &DataSet,
        from: Option<&Path>,
        upstream: Vec<UpstreamRecord>,
        files: Vec<FileRecord>,
    ) -> Self {
        Self {
            name: set.name.into(),
            licence: set.licence.into(),
            page: set.page.into(),
            changes: set.changes.into(),
            from: from.map(|folder| folder.display().to_string()),
            upstream,
            files,
        }
    }

    /// The record in `folder`; none if there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(NAME)).ok()?).ok()
    }

    /// The SHA-256 that the upstream file had before.
    pub(super) fn seen(&self, file: &str) -> Option<&str> {
        let same = self.upstream.iter().find(|upstream| upstream.file == file)?;
        Some(&same.sha256)
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), DataError> {
        let path = folder.join(NAME);
        let mut text = serde_json::to_string_pretty(self).expect("a record is plain data that JSON can hold");
        text.push('\n');
        let partial = with_ending(&path, super::target::PARTIAL);
        let written = fs::write(&partial, text).and_then(|()| fs::rename(&partial, &path));
        written.map_err(DataError::io("write", &path))
    }
}
