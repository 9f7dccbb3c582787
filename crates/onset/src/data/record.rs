//! `source.json`: the origin of a set's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::target::with_ending;
use super::{DataError, DataSet};

/// The record's file name in a set's folder.
const NAME: &str = "source.json";

/// The origin of a set's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// The name of the set.
    pub name: String,
    /// Its licence, as its publisher states it.
    pub licence: String,
    /// The publisher's page.
    pub page: String,
    /// The changes between the upstream files and ours.
    pub changes: String,
    /// The folder that was given; `None` if the files were downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The upstream files; empty if our own files were copied.
    pub upstream: Vec<UpstreamRecord>,
    /// The files that were written.
    pub files: Vec<FileRecord>,
}

/// An upstream file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamRecord {
    /// Its name.
    pub file: String,
    /// Its URL.
    pub url: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of the file that was read.
    pub sha256: String,
    /// Whether it was compared with a published checksum; otherwise later downloads must have the same checksum.
    pub verified: bool,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name.
    pub file: String,
    /// The number of its rows, without the header.
    pub rows: u64,
    /// The number of omitted rows, by reason.
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

    /// The record in `folder`; `None` if there is no readable one.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(NAME)).ok()?).ok()
    }

    /// The SHA-256 recorded for an upstream file.
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
