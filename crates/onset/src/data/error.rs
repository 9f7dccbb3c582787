//! What can go wrong with data sets, as data: a shell may add advice in its own words.

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
    /// The set's files are in none of the places where they may be.
    #[error("no {name} in {places}; expected {files}")]
    NotFetched {
        /// The set.
        name: &'static str,
        /// The folders looked in.
        places: String,
        /// The files looked for.
        files: String,
    },
    /// A set for one task where another's is needed.
    #[error("{name} is for {is}; sets for {needed} are: {usable}")]
    OtherTask {
        /// The set.
        name: &'static str,
        /// What it is for.
        is: &'static str,
        /// What is needed.
        needed: &'static str,
        /// The sets that can be used.
        usable: String,
    },
    /// A set of several pairs of languages, of which none was chosen.
    #[error("{name} holds several pairs of languages, or not that one; choose one of: {usable}")]
    NoSuchLanguages {
        /// The set.
        name: &'static str,
        /// What can be chosen.
        usable: String,
    },
    /// No server was reached.
    #[error(
        "no connection to {host}: {reason}; download {url} by hand and fetch from its folder, or fetch from a \
         mirror that can be reached"
    )]
    NoConnection {
        /// The server.
        host: String,
        /// What was asked for.
        url: String,
        /// The network's error.
        reason: String,
    },
    /// The server answered, but not with the file.
    #[error(
        "{url} is not available: the server answers {status}; look at {page} for where it went, download it by \
         hand and fetch from its folder"
    )]
    Refused {
        /// What was asked for.
        url: String,
        /// The server's status, such as "404 Not Found".
        status: String,
        /// The publisher's page.
        page: &'static str,
    },
    /// The connection ended before the file did.
    #[error(
        "the download of {url} was cut off after {bytes} bytes{expected}: {reason}; fetching again resumes it"
    )]
    CutOff {
        /// What was asked for.
        url: String,
        /// Bytes received.
        bytes: u64,
        /// " of N", where it is known.
        expected: String,
        /// The network's error.
        reason: String,
    },
    /// A file is not the one that is expected.
    #[error(
        "{path} is not the file expected: its SHA-256 is {found}, expected {expected} ({source_of_sum}); {remedy}"
    )]
    WrongChecksum {
        /// The file, where it is now.
        path: PathBuf,
        /// Its checksum.
        found: String,
        /// The checksum that it should have.
        expected: String,
        /// Where that comes from.
        source_of_sum: String,
        /// What to do.
        remedy: String,
    },
    /// The folder to fetch from lacks files.
    #[error(
        "{folder} does not hold all of {name}: expected {archives} as downloaded, or {files}; missing {missing}"
    )]
    FromLacks {
        /// The folder.
        folder: PathBuf,
        /// The set.
        name: &'static str,
        /// The files that its publisher offers.
        archives: String,
        /// The files that fetching makes.
        files: String,
        /// The first that is not there.
        missing: String,
    },
    /// An archive or a text file cannot be read as what it should be.
    #[error("{path}: {found}; fetch it again")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        found: String,
    },
    /// Two files that should be line by line translations are not of one length.
    #[error("{first} has {first_rows} lines and {second} {second_rows}; expected as many in both: {remedy}")]
    NotAligned {
        /// One file.
        first: String,
        /// Its lines.
        first_rows: u64,
        /// The other.
        second: String,
        /// Its lines.
        second_rows: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// The file system reported an error.
    #[error("cannot {action} {path}: {source}; {remedy}")]
    Io {
        /// What was tried, such as "write".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
        /// What to do.
        remedy: &'static str,
    },
}

impl DataError {
    /// Makes the error of an `action` on `path` that failed.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| {
            let remedy = match source.kind() {
                std::io::ErrorKind::StorageFull => "make room, or choose another folder",
                _ => "check the path and its permissions",
            };
            Self::Io { action, path, source, remedy }
        }
    }

    /// Makes the error of a `path` that cannot be read as what it should be.
    pub(super) fn unreadable<E: ToString>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_path_buf();
        move |found| Self::Unreadable { path, found: found.to_string() }
    }
}
