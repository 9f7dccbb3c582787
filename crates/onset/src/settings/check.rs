//! Checks that settings share.

use super::SpecError;

/// An error that names `key` and what was found, unless `holds`.
pub fn require(
    holds: bool,
    key: impl Into<String>,
    found: impl std::fmt::Display,
    expected: &str,
) -> Result<(), SpecError> {
    if holds {
        return Ok(());
    }
    Err(SpecError::Impossible { key: key.into(), found: found.to_string(), expected: expected.into() })
}

/// Widths and batches beyond this would not fit a machine's memory, and are typing errors.
const LARGEST: usize = 1 << 20;

/// Refuses sizes of 0 and sizes that no machine could hold.
pub fn require_size(size: usize, key: &str) -> Result<(), SpecError> {
    require((1..=LARGEST).contains(&size), key, size, "it must be from 1 to 1048576")
}
