//! Errors of data sets, as plain data; a shell may add its own advice.

use std::path::{Path, PathBuf};

/// Why a data set cannot be located or fetched.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No set has this name.
    #[error("no data set `{name}`{nearest}; there are {known}")]
    UnknownSet {
        /// The name.
        name: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// All names.
        known: String,
    },
    /// No public checkpoint has this name.
    #[error(
        "no model `{name}`{nearest}; there are {known}, and any repository of the Hugging Face hub as OWNER/NAME"
    )]
    UnknownModel {
        /// The name.
        name: String,
        /// ", did you mean …?" or nothing.
        nearest: String,
        /// All names.
        known: String,
    },
    /// The set's files are in none of the expected folders.
    #[error("{name} is not in {places}; expected {files}")]
    NotFetched {
        /// The set.
        name: &'static str,
        /// The folders that were searched.
        places: String,
        /// The expected files.
        files: String,
    },
    /// The set is for another task than the one required.
    #[error("{name} is for {is}; data sets for {needed} are {usable}")]
    OtherTask {
        /// The set.
        name: &'static str,
        /// The set's task.
        is: &'static str,
        /// The task required.
        needed: &'static str,
        /// The sets that can be used.
        usable: String,
    },
    /// The set has several language pairs, and none or an unknown one was chosen.
    #[error("{name} has several language pairs; choose one of {usable}")]
    NoSuchLanguages {
        /// The set.
        name: &'static str,
        /// The names to choose from.
        usable: String,
    },
    /// No server could be reached.
    #[error("no connection to {host}: {reason}; download {url} yourself, or use a mirror")]
    NoConnection {
        /// The server.
        host: String,
        /// The requested URL.
        url: String,
        /// The network error.
        reason: String,
    },
    /// The server responded, but not with the file.
    #[error(
        "{url} is not available: the server answers {status}; look for its new location at {page}, and \
         download it yourself"
    )]
    Refused {
        /// The requested URL.
        url: String,
        /// The server's status, such as "404 Not Found".
        status: String,
        /// The publisher's page.
        page: String,
    },
    /// The connection ended before the end of the file.
    #[error(
        "the download of {url} was cut off after {bytes} bytes{expected}: {reason}; fetching again resumes it"
    )]
    CutOff {
        /// The requested URL.
        url: String,
        /// Bytes received.
        bytes: u64,
        /// " of N", if the size is known.
        expected: String,
        /// The network error.
        reason: String,
    },
    /// A file differs from the expected one.
    #[error(
        "{path} is not the expected file: its SHA-256 is {found} instead of {expected} ({source_of_sum}); \
         {remedy}"
    )]
    WrongChecksum {
        /// The file, at its current path.
        path: PathBuf,
        /// Its checksum.
        found: String,
        /// The expected checksum.
        expected: String,
        /// The origin of the expected checksum.
        source_of_sum: String,
        /// What to do.
        remedy: String,
    },
    /// The folder to fetch from does not have all files.
    #[error(
        "{folder} does not contain all files of {name}: expected {archives} as downloaded, or {files}; \
         missing {missing}"
    )]
    FromLacks {
        /// The folder.
        folder: PathBuf,
        /// The set.
        name: &'static str,
        /// The upstream files.
        archives: String,
        /// The files that fetching writes.
        files: String,
        /// The first missing file.
        missing: String,
    },
    /// An archive or a text file has an invalid format.
    #[error("{path}: {found}; fetch it again")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What was found in it.
        found: String,
    },
    /// Two files that should be line-by-line translations have different numbers of lines.
    #[error("{first} has {first_rows} lines and {second} {second_rows}; expected the same number: {remedy}")]
    NotAligned {
        /// The first file.
        first: String,
        /// Its number of lines.
        first_rows: u64,
        /// The second file.
        second: String,
        /// Its number of lines.
        second_rows: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// The file system reported an error.
    #[error("cannot {action} {path}: {source}; {remedy}")]
    Io {
        /// The operation that failed, such as "write".
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system error.
        source: std::io::Error,
        /// What to do.
        remedy: &'static str,
    },
}

impl DataError {
    /// Returns a function that makes the error of a failed `action` on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| {
            let remedy = match source.kind() {
                std::io::ErrorKind::StorageFull => "free some space, or choose another folder",
                _ => "check the path and its permissions",
            };
            Self::Io { action, path, source, remedy }
        }
    }

    /// Returns a function that makes the error of a `path` with an invalid format.
    pub(super) fn unreadable<E: ToString>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_path_buf();
        move |found| Self::Unreadable { path, found: found.to_string() }
    }
}
