//! What a public data set is.

use serde::Serialize;

use super::rows::Layout;

/// What a set is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataTask {
    /// Texts with labels.
    Classification,
    /// Sentences in two languages, line by line.
    Translation,
}

impl DataTask {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Translation => "translation",
        }
    }
}

/// A file that its publisher offers for download.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Source {
    /// Its name on disk.
    pub file: &'static str,
    /// Where it is.
    pub url: &'static str,
    /// Its size in bytes; none where it is not published.
    pub bytes: Option<u64>,
    /// Its SHA-256; none where nobody whom we could check publishes it. [`fetch`](super::fetch()) then
    /// records that of the first download.
    pub sha256: Option<&'static str>,
}

/// A file that is there after fetching.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DataFile {
    /// Its name in the set's folder.
    pub name: &'static str,
    /// Which of the set's sources it is made from.
    pub source: usize,
    #[serde(skip)]
    pub(super) take: Take,
}

/// A public data set.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DataSet {
    /// Its name here.
    pub name: &'static str,
    /// What it holds, in a line.
    pub about: &'static str,
    /// What it is for.
    pub task: DataTask,
    /// Rows, about: of the file to train on and of the one to validate on; none where it is not there, or
    /// not known.
    pub rows: [Option<u64>; 2],
    /// Size of the download in bytes, about; none where it is not published.
    pub download_bytes: Option<u64>,
    /// Its licence, as its publisher states it.
    pub licence: &'static str,
    /// Where its publisher describes it.
    pub page: &'static str,
    /// Who publishes the checksums that downloads are compared with.
    pub checksums: &'static str,
    /// What the labels 0 and 1 stand for; none for translation.
    pub labels: Option<[&'static str; 2]>,
    /// What is changed between the upstream file and ours.
    pub changes: &'static str,
    /// What is downloaded.
    pub sources: &'static [Source],
    /// What is there afterwards: the file to train on first, then the one to validate on.
    pub files: &'static [DataFile],
}

/// Upstream names of two classes, each with our label.
pub(super) type Classes = &'static [(&'static str, &'static str)];

/// What is taken from an upstream file, and how it reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    /// A line of a ZIP's member is a row.
    Lines {
        /// The member.
        member: &'static str,
        /// Where a line has its label.
        layout: Layout,
        /// Labels.
        classes: Classes,
    },
    /// A file in a gzipped tar is a text, its folder its class.
    Folders {
        /// Folders.
        classes: Classes,
        /// What a file looks like.
        layout: Layout,
    },
    /// A row of a CSV file without a header: the class, then one or two fields of text.
    Classes {
        /// The member of a gzipped tar; none if the upstream file is the CSV file.
        member: Option<&'static str>,
        /// Classes; rows of others are left out.
        classes: Classes,
        /// Whether `\n` and `\"` are escapes.
        escaped: bool,
    },
    /// The upstream file, as it is.
    Whole,
    /// One of the two columns of a gzipped TSV file.
    Column(usize),
    /// The sentences of members of a gzipped tar, one after the other.
    Talks {
        /// The members.
        members: &'static [&'static str],
    },
}
