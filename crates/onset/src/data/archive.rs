//! Reads the members of upstream archives, one after the other.
//!
//! Members are read in place: nothing is ever extracted, so no name in an archive can point outside the set's folder.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::DataError;

/// The function called with a member: its name and its contents.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> Result<(), DataError>;

/// Visits `member` of the ZIP or gzipped tar at `path`, or the plain file itself if `member` is `None`.
pub(super) fn open(path: &Path, member: Option<&str>, visit: Visit<'_>) -> Result<(), DataError> {
    let Some(member) = member else {
        return visit("", &mut BufReader::new(open_file(path)?));
    };
    if path.extension().is_some_and(|ending| ending == "zip") {
        return zip_member(path, member, visit);
    }
    let mut seen = false;
    each_of_tar(path, &mut |name, content| {
        if name != member || seen {
            return Ok(());
        }
        seen = true;
        visit(name, content)
    })?;
    if seen { Ok(()) } else { Err(lacks(path, member)) }
}

/// Visits every file of a gzipped tar, in archive order.
pub(super) fn each_of_tar(path: &Path, visit: Visit<'_>) -> Result<(), DataError> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(BufReader::new(open_file(path)?)));
    let entries = archive.entries().map_err(DataError::unreadable(path))?;
    for entry in entries {
        let mut entry = entry.map_err(DataError::unreadable(path))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        visit(name.trim_start_matches("./"), &mut entry)?;
    }
    Ok(())
}

/// Opens a gzip file.
pub(super) fn open_gzip(path: &Path) -> Result<impl Read, DataError> {
    Ok(MultiGzDecoder::new(BufReader::new(open_file(path)?)))
}

/// The error for a member that an archive does not have.
pub(super) fn lacks(path: &Path, member: &str) -> DataError {
    DataError::Unreadable { path: path.into(), found: format!("it does not contain {member}") }
}

fn open_file(path: &Path) -> Result<File, DataError> {
    File::open(path).map_err(DataError::io("read", path))
}

fn zip_member(path: &Path, member: &str, visit: Visit<'_>) -> Result<(), DataError> {
    let mut archive =
        zip::ZipArchive::new(BufReader::new(open_file(path)?)).map_err(DataError::unreadable(path))?;
    match archive.by_name(member) {
        Ok(mut content) => visit(member, &mut content),
        Err(zip::result::ZipError::FileNotFound) => Err(lacks(path, member)),
        Err(error) => Err(DataError::unreadable(path)(error)),
    }
}
