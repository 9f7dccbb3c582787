//! SHA-256 of files of any size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::DataError;

/// The SHA-256 of a file in hexadecimal, and its size in bytes.
pub(super) fn sha256(path: &Path) -> Result<(String, u64), DataError> {
    let mut file = File::open(path).map_err(DataError::io("read", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        match file.read(&mut buffer).map_err(DataError::io("read", path))? {
            0 => break,
            read => {
                hash.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
    Ok((hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), size))
}
