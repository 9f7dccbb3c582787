//! Writes a gzip file of rows. The file appears only when it is complete.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{DataError, FileRecord};

/// The file name suffix of an incomplete file.
pub(super) const PARTIAL: &str = ".partial";

/// `path` with `ending` appended to its name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A file of rows that is being written.
pub(super) struct Target {
    path: PathBuf,
    partial: PathBuf,
    out: BufWriter<GzEncoder<File>>,
    rows: u64,
    left_out: BTreeMap<String, u64>,
}

impl Target {
    /// Starts writing to a temporary file beside `path`.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        let partial = with_ending(path, PARTIAL);
        let file = File::create(&partial).map_err(DataError::io("write", path))?;
        let out = BufWriter::with_capacity(1 << 16, GzEncoder::new(file, Compression::default()));
        Ok(Self { path: path.into(), partial, out, rows: 0, left_out: BTreeMap::new() })
    }

    /// Writes the names of the columns; call it before any row.
    pub fn header(&mut self) -> Result<(), DataError> {
        self.out.write_all(b"text\tlabel\n").map_err(DataError::io("write", &self.path))
    }

    /// Writes a text with its label. Each run of tabs and line ends in the text becomes one space. A text without words
    /// is omitted.
    pub fn labelled(&mut self, text: &str, label: &str) -> Result<(), DataError> {
        let text = one_line(text);
        if text.is_empty() {
            self.leave_out("the text is empty");
            return Ok(());
        }
        self.rows += 1;
        writeln!(self.out, "{text}\t{label}").map_err(DataError::io("write", &self.path))
    }

    /// Writes a sentence of parallel text; it may be empty, because lines must stay aligned.
    pub fn sentence(&mut self, text: &str) -> Result<(), DataError> {
        self.rows += 1;
        writeln!(self.out, "{}", one_line(text)).map_err(DataError::io("write", &self.path))
    }

    /// Counts an omitted row.
    pub fn leave_out(&mut self, reason: &str) {
        *self.left_out.entry(reason.into()).or_default() += 1;
    }

    /// The number of rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Flushes the file to disk; [`Written::keep`] then moves it into place.
    pub fn finish(self) -> Result<Written, DataError> {
        let Self { path, partial, out, rows, left_out } = self;
        let done = out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(GzEncoder::finish);
        done.and_then(|file| file.sync_all()).map_err(DataError::io("write", &path))?;
        Ok(Written { path, partial, rows, left_out })
    }
}

/// A complete file that has not been moved into place.
pub(super) struct Written {
    path: PathBuf,
    partial: PathBuf,
    rows: u64,
    left_out: BTreeMap<String, u64>,
}

impl Written {
    /// Copies `from`, which has `rows` rows, to a temporary file for `path`.
    pub fn copy(from: &Path, path: &Path, rows: u64) -> Result<Self, DataError> {
        let partial = with_ending(path, PARTIAL);
        // We write a new file, because a copy would keep the permissions of a read-only source.
        let mut reader = File::open(from).map_err(DataError::io("read", from))?;
        let copied = File::create(&partial).and_then(|mut file| std::io::copy(&mut reader, &mut file));
        copied.map_err(DataError::io("write", path))?;
        Ok(Self { path: path.into(), partial, rows, left_out: BTreeMap::new() })
    }

    /// The file's name.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The number of its rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Moves the file into place.
    pub fn keep(self) -> Result<FileRecord, DataError> {
        fs::rename(&self.partial, &self.path).map_err(DataError::io("write", &self.path))?;
        Ok(FileRecord { file: self.name(), rows: self.rows, left_out: self.left_out })
    }
}

/// `text` trimmed, with each run of tabs and line ends replaced by one space.
fn one_line(text: &str) -> String {
    let breaks = ['\t', '\n', '\r'];
    let pieces: Vec<&str> = text.trim().split(breaks).filter(|piece| !piece.is_empty()).collect();
    pieces.join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn breaks_become_one_space_and_other_spaces_stay() {
        assert_eq!(one_line(" a  b\t\r\nc \"d\"\u{a0}e\n"), "a  b c \"d\"\u{a0}e");
        assert_eq!(one_line(" \t\n"), "");
    }
}
