//! SHA-256 of the data that a run reads, in hexadecimal.

use sha2::{Digest, Sha256};

/// Adds one field of a row from memory: its length in bytes as a little-endian `u64`, then its bytes, so that
/// two lists of rows have one digest only if they are equal.
pub(crate) fn add_field(hash: &mut Sha256, field: &str) {
    hash.update((field.len() as u64).to_le_bytes());
    hash.update(field);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_run_into_each_other() {
        let of = |fields: &[&str]| {
            let mut hash = Sha256::new();
            fields.iter().for_each(|field| add_field(&mut hash, field));
            crate::store::hex(&hash.finalize())
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
    }
}
