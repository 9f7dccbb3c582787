//! Reports as single HTML files.

use std::path::Path;

use super::RunRecord;
use crate::store::{StoreError, write_atomically};

/// Writes a page.
pub fn write_report(_runs: &[RunRecord], path: &Path) -> Result<(), StoreError> {
    write_atomically(path, b"")
}
