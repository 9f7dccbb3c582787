//! A table that is written to its Parquet file part by part, so that neither is ever in memory as a whole.

use std::fs::File;
use std::path::Path;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::StoreError;
use super::file::PartialFile;
use super::parquet_form::{batch_of, damaged, properties};

/// Encoded bytes after which a row group is written to the file. Small, for a row group waits in memory; its own cost is that of a few
/// kilobytes that describe it.
const ROW_GROUP: usize = 1 << 20;

/// A Parquet file in the making; dropped before [`TableParts::finish`], nothing is left of it. The same parts give the same bytes.
pub(crate) struct TableParts {
    // Closed before the partial file is removed or renamed.
    writer: ArrowWriter<File>,
    partial: PartialFile,
}

impl TableParts {
    /// Begins the file at `path` with its first rows: arrays of equal length by name.
    pub fn begin(path: &Path, arrays: impl Iterator<Item = (String, ArrayRef)>) -> Result<Self, StoreError> {
        let first = batch(arrays);
        let (partial, file) = PartialFile::create(path)?;
        let writer = ArrowWriter::try_new(file, first.schema(), Some(properties_of(&first)));
        let mut new = Self { writer: writer.map_err(|e| failed(path, e))?, partial };
        new.write(&first)?;
        Ok(new)
    }

    /// Adds rows of the same columns.
    pub fn push(&mut self, arrays: impl Iterator<Item = (String, ArrayRef)>) -> Result<(), StoreError> {
        self.write(&batch(arrays))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<(), StoreError> {
        self.writer.close().map_err(|e| failed(self.partial.path(), e))?;
        self.partial.finish()
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let mut written = self.writer.write(batch);
        if written.is_ok() && self.writer.in_progress_size() >= ROW_GROUP {
            written = self.writer.flush();
        }
        written.map_err(|e| failed(self.partial.path(), e))
    }
}

fn batch(arrays: impl Iterator<Item = (String, ArrayRef)>) -> RecordBatch {
    let arrays: Vec<_> = arrays.collect();
    let rows = arrays.first().map_or(0, |(_, array)| array.len());
    batch_of(arrays.into_iter(), rows)
}

/// Lists of numbers hardly repeat a value: a dictionary of them would be larger than they are, in every row group anew.
fn properties_of(batch: &RecordBatch) -> WriterProperties {
    let schema = batch.schema();
    let of_numbers = |data_type: &DataType| match data_type {
        DataType::List(entry) => entry.data_type().is_numeric(),
        _ => false,
    };
    let lists = schema.fields().iter().filter(|field| of_numbers(field.data_type()));
    let path = |name: &str| ColumnPath::new([name, "list", "element"].map(String::from).to_vec());
    lists
        .fold(properties(), |built, field| built.set_column_dictionary_enabled(path(field.name()), false))
        .build()
}

/// Why a part could not be written: mostly the disk.
fn failed(path: &Path, error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => StoreError::io("write", path, *error),
            Err(other) => damaged(path, other.to_string()),
        },
        other => damaged(path, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::store::{Column, Table};

    fn part(first: i64, lists: usize) -> Table {
        // Numbers that do not compress.
        let number = |row: i64, at: usize| ((row * 1000 + at as i64) * 2_654_435_761 % (1 << 24)) as f32;
        let numbers = |row: i64| (0..lists).map(|at| number(row, at)).collect();
        Table::new()
            .with("step", Column::Int((first..first + 10).collect()))
            .with("alpha", Column::Floats((first..first + 10).map(numbers).collect()))
    }

    #[test]
    fn parts_are_read_back_as_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/table.parquet");
        let parts: Vec<Table> = (0..40).map(|number| part(10 * number, 1000)).collect();
        let mut file = TableParts::begin(&path, parts[0].arrays()).unwrap();
        parts[1..].iter().for_each(|part| file.push(part.arrays()).unwrap());
        assert!(!path.exists());
        file.finish().unwrap();
        let mut whole = Table::new();
        parts.into_iter().for_each(|part| whole.append(part));
        assert!(Table::read(&path).unwrap() == whole);
        let read = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        assert_eq!(read.metadata().num_row_groups(), 2);
        let some = Table::read_rows(&path, &["step", "alpha"], &[3, 399]).unwrap();
        assert_eq!(some.ints("step").unwrap(), [3, 399]);
        assert_eq!(some.float_lists("alpha").unwrap()[1], whole.float_lists("alpha").unwrap()[399]);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() < 1_700_000, "400,000 numbers of 4 bytes took {}", bytes.len());
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        drop(TableParts::begin(&path, part(0, 2).arrays()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// Needs a device that is always full.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        std::os::unix::fs::symlink("/dev/full", folder.path().join("table.parquet.partial")).unwrap();
        let error = TableParts::begin(&path, part(0, 2).arrays()).and_then(TableParts::finish).unwrap_err();
        assert!(matches!(error, StoreError::NoSpace { .. }), "{error}");
    }
}
