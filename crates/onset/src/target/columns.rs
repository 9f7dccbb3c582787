//! Whether a table holds sentence pairs: its header, or its first object, says so.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// A header is not longer.
const LONGEST: u64 = 1 << 16;

/// Whether the file at `path` has the columns `source` and `target` and no `text`. A file that cannot be read has not; why is
/// told by what reads it next.
pub(super) fn holds_pairs(path: &Path) -> bool {
    let Some(line) = first_line(path) else { return false };
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let columns: Vec<String> = match name.rsplit_once('.') {
        Some((_, "tsv")) => line.split('\t').map(String::from).collect(),
        Some((_, "csv")) => csv_fields(&line),
        _ => serde_json::from_str::<serde_json::Map<_, _>>(&line)
            .map(|object| object.keys().cloned().collect())
            .unwrap_or_default(),
    };
    let has = |wanted: &str| columns.iter().any(|column| column == wanted);
    has("source") && has("target") && !has("text")
}

fn csv_fields(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok);
    record.map_or_else(Vec::new, |record| record.iter().map(String::from).collect())
}

/// The first line, without a byte order mark and its line end.
fn first_line(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let unpacked: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut line = String::new();
    BufReader::new(unpacked.take(LONGEST)).read_line(&mut line).ok()?;
    Some(line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).into())
}
