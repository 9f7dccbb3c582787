//! Files of which each line is a sentence, and files of running text.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::columns::{ColumnRoles, Columns};
use super::encoding::decode;
use super::unpack::Unpacked;
use super::{FileError, Part, Reading};

/// The lines of a file, with what is to be said about how it was read. Errors if it cannot be read, and where a line is not of
/// its encoding. The bytes go to `hash`.
pub(crate) fn lines(
    path: &Path,
    reading: &Reading,
    hash: &mut Sha256,
) -> Result<(Vec<String>, Vec<String>), FileError> {
    let file = Unpacked::read(path)?;
    hash.update(&file.bytes);
    lines_of(path, &file.bytes, reading)
}

/// As [`lines`], of the bytes of the file at `path`.
pub(crate) fn lines_of(
    path: &Path,
    bytes: &[u8],
    reading: &Reading,
) -> Result<(Vec<String>, Vec<String>), FileError> {
    let (content, remarks) = text_of(path, bytes, reading)?;
    Ok((content.lines().map(String::from).collect(), remarks))
}

/// The text of a file, with remarks on how it was read. Errors as those of [`lines`]. The bytes go to `hash`.
pub(crate) fn text(
    path: &Path,
    reading: &Reading,
    hash: &mut Sha256,
) -> Result<(String, Vec<String>), FileError> {
    let file = Unpacked::read(path)?;
    hash.update(&file.bytes);
    text_of(path, &file.bytes, reading)
}

fn text_of(path: &Path, bytes: &[u8], reading: &Reading) -> Result<(String, Vec<String>), FileError> {
    let roles = ColumnRoles::SourceAndTarget;
    let columns = Columns { names: roles.names(), roles };
    let mut part = Part { path, reading, columns, remarks: Vec::new() };
    let decoded = decode(&mut part, bytes);
    if let Some(&line) = decoded.broken.first() {
        return Err(part.wrong(line, decoded.fault));
    }
    Ok((decoded.content.into_owned(), part.remarks))
}
