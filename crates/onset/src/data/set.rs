//! The description of a public data set.

use serde::Serialize;

use super::rows::Layout;

/// The task of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataTask {
    /// Texts with labels.
    Classification,
    /// Sentences in two languages, aligned by line.
    Translation,
}

impl DataTask {
    /// Its name in the command line and in files.
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
    /// Its URL.
    pub url: &'static str,
    /// Its size in bytes; `None` if it is not published.
    pub bytes: Option<u64>,
    /// Its SHA-256; `None` if no trustworthy party publishes it. [`fetch`](super::fetch()) then records the checksum of
    /// the first download.
    pub sha256: Option<&'static str>,
}

/// A file that fetching writes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DataFile {
    /// Its name in the set's folder.
    pub name: &'static str,
    /// The index of the source that it is made from.
    pub source: usize,
    #[serde(skip)]
    pub(super) take: Take,
}

/// A public data set.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DataSet {
    /// Its name in Onset.
    pub name: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// A one-line description.
    pub about: &'static str,
    /// Its task.
    pub task: DataTask,
    /// Approximate number of rows of the training and of the validation file; `None` if there is no such file or the
    /// number is unknown.
    pub rows: [Option<u64>; 2],
    /// Approximate download size in bytes; `None` if it is not published.
    pub download_bytes: Option<u64>,
    /// Its licence, as its publisher states it.
    pub licence: &'static str,
    /// The publisher's page.
    pub page: &'static str,
    /// The publisher of the checksums that downloads are compared with.
    pub checksums: &'static str,
    /// The meaning of the labels 0 and 1; `None` for translation.
    pub labels: Option<[&'static str; 2]>,
    /// The changes between the upstream file and ours.
    pub changes: &'static str,
    /// The files to download.
    pub sources: &'static [Source],
    /// The files that fetching writes: the training file first, then the validation file.
    pub files: &'static [DataFile],
}

/// Upstream class names with our labels.
pub(super) type Classes = &'static [(&'static str, &'static str)];

/// How rows are read from an upstream file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    /// Each line of a member of a ZIP is a row.
    Lines {
        /// The name of the member.
        member: &'static str,
        /// The layout of a line.
        layout: Layout,
        /// The classes.
        classes: Classes,
    },
    /// Each file in a gzipped tar is a text, and its folder is its class.
    Folders {
        /// The folders of the classes.
        classes: Classes,
        /// The layout of a file.
        layout: Layout,
    },
    /// Each row of a CSV file without a header has the class, then one or two fields of text.
    Classes {
        /// The member of a gzipped tar; `None` if the upstream file is itself the CSV file.
        member: Option<&'static str>,
        /// The classes; rows of other classes are omitted.
        classes: Classes,
        /// Whether `\n` and `\"` are escape sequences.
        escaped: bool,
    },
    /// The upstream file, unchanged.
    Whole,
    /// One of the two columns of a gzipped TSV file.
    Column(usize),
    /// The sentences of some members of a gzipped tar, concatenated.
    Talks {
        /// The members.
        members: &'static [&'static str],
    },
}
