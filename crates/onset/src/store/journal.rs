//! When a run started, stopped and went on: one line of JSON each.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::file::read_text;

/// One line of `journal.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Seconds since 1970.
    pub time: u64,
    /// started, resumed, interrupted, failed or finished.
    pub event: String,
    /// Seconds spent since the run was started or resumed.
    pub seconds: f64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

pub(super) fn append(
    path: &Path,
    event: &str,
    seconds: f64,
    message: Option<String>,
) -> Result<(), StoreError> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let entry = JournalEntry { time, event: event.into(), seconds, message };
    let line = serde_json::to_string(&entry).expect("an entry is plain data") + "\n";
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(|e| StoreError::io("write", path, e))
}

/// All whole lines; a torn last one is passed over, and so is a missing file.
pub(super) fn read(path: &Path) -> Vec<JournalEntry> {
    let text = read_text(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        append(&path, "started", 0.0, None).unwrap();
        append(&path, "failed", 1.5, Some("full".into())).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"time\": 12, \"ev").unwrap();
        let entries = read(&path);
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[1].event.as_str(), entries[1].seconds), ("failed", 1.5));
    }
}
