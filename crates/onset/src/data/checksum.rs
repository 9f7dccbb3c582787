//! SHA-256 of files of any size.

use std::fs::File;
use std::path::Path;

use super::DataError;
use crate::store::digest_of;

/// The SHA-256 of a file in hexadecimal, and its size in bytes.
pub(crate) fn sha256(path: &Path) -> Result<(String, u64), DataError> {
    File::open(path).and_then(digest_of).map_err(DataError::io("read", path))
}
