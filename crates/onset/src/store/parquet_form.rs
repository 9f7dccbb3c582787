//! Tables as Parquet files.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::ChunkReader;

use super::file::{open_file, read_bytes, write_atomically};
use super::{Column, StoreError, Table};

const REMEDY: &str = "delete it and continue the run, or train again";

impl Table {
    /// Writes the table as a Parquet file; the same table gives the same bytes.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let bytes = self.to_parquet().map_err(|e| damaged(path, e.to_string()))?;
        write_atomically(path, &bytes)
    }

    /// Reads what [`Table::write`] wrote. Errors if the file is missing, damaged or of other columns.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        Self::read_some(path, None, u64::MAX)
    }

    /// As [`Table::read`], but only the named `columns`, in the file's order; those that are not there are
    /// left out.
    pub fn read_columns(path: &Path, columns: &[&str]) -> Result<Self, StoreError> {
        Self::read_columns_within(path, columns, u64::MAX)
    }

    /// As [`Table::read_columns`]. Errors if the values would take more than `limit` bytes: a small file can hold very
    /// many equal values.
    pub fn read_columns_within(path: &Path, columns: &[&str], limit: u64) -> Result<Self, StoreError> {
        Self::read_some(path, Some(columns), limit)
    }

    /// The names of the columns of a file, in order.
    pub fn column_names(path: &Path) -> Result<Vec<String>, StoreError> {
        let file = open_file(path)?;
        guarded(path, || {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            Ok(builder.schema().fields().iter().map(|field| field.name().clone()).collect())
        })
    }

    /// As [`Table::read`], but only the columns of single numbers: lists, which are long, are left where they are.
    pub fn read_numbers(path: &Path) -> Result<Self, StoreError> {
        Self::read_numbers_within(path, u64::MAX)
    }

    /// As [`Table::read_numbers`]. Errors if the values would take more than `limit` bytes.
    pub fn read_numbers_within(path: &Path, limit: u64) -> Result<Self, StoreError> {
        let bytes = read_bytes(path)?;
        guarded(path, || {
            let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))?;
            let fields = builder.schema().fields().iter();
            let single = |data_type: &DataType| matches!(data_type, DataType::Int64 | DataType::Float64);
            let names: Vec<&str> =
                fields.filter(|field| single(field.data_type())).map(|field| field.name().as_str()).collect();
            let mask = ProjectionMask::columns(builder.parquet_schema(), names);
            Self::from_batches(builder, Some(mask), None, limit)
        })
    }

    /// As [`Table::read_columns`], but only the rows that `wanted` (in order, without doubles): pages that hold none
    /// of them are not decoded, and the file is not read as a whole.
    pub fn read_rows(path: &Path, columns: &[&str], wanted: &[usize]) -> Result<Self, StoreError> {
        Self::read_rows_within(path, columns, wanted, u64::MAX)
    }

    /// As [`Table::read_rows`]. Errors if the values would take more than `limit` bytes.
    pub fn read_rows_within(
        path: &Path,
        columns: &[&str],
        wanted: &[usize],
        limit: u64,
    ) -> Result<Self, StoreError> {
        let file = open_file(path)?;
        guarded(path, || {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
            let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
            let wanted = wanted.iter().filter(|&&row| row < rows).map(|&row| row..row + 1);
            let selection = RowSelection::from_consecutive_ranges(wanted, rows);
            Self::from_batches(builder, Some(mask), Some(selection), limit)
        })
    }

    /// What [`Table::to_bytes`] gave. Errors if it is damaged.
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, StoreError> {
        guarded(Path::new("the table"), || Self::from_parquet(bytes, None, u64::MAX))
    }

    /// The contents of the file that [`Table::write`] writes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_parquet().expect("a table in memory has what a file needs")
    }

    fn read_some(path: &Path, columns: Option<&[&str]>, limit: u64) -> Result<Self, StoreError> {
        let bytes = read_bytes(path)?;
        guarded(path, || Self::from_parquet(bytes, columns, limit))
    }

    /// The table as Arrow.
    pub fn to_batch(&self) -> RecordBatch {
        batch_of(self.arrays(), self.rows())
    }

    /// The columns as arrays, by name.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = (String, ArrayRef)> {
        self.columns().map(|(name, column)| (name.to_owned(), to_array(column)))
    }

    fn to_parquet(&self) -> Result<Vec<u8>, ParquetError> {
        parquet_of(&self.to_batch())
    }

    fn from_parquet(bytes: Vec<u8>, columns: Option<&[&str]>, limit: u64) -> Result<Self, ParquetError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))?;
        let mask =
            columns.map(|columns| ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied()));
        Self::from_batches(builder, mask, None, limit)
    }

    fn from_batches<R: ChunkReader + 'static>(
        mut builder: ParquetRecordBatchReaderBuilder<R>,
        mask: Option<ProjectionMask>,
        selection: Option<RowSelection>,
        limit: u64,
    ) -> Result<Self, ParquetError> {
        if selection.is_none() {
            // What the file says of itself. A file that says less than it holds is caught below.
            within(claimed_bytes(&builder, mask.as_ref()), limit)?;
        }
        if let Some(mask) = mask {
            builder = builder.with_projection(mask);
        }
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        let mut table = Self::new();
        let mut bytes = 0;
        for batch in builder.build()? {
            let batch = batch?;
            bytes += batch.get_array_memory_size() as u64;
            within(bytes, limit)?;
            let mut part = Self::new();
            for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
                part = part.with(field.name(), from_array(field, array)?);
            }
            table.append(part);
        }
        Ok(table)
    }
}

/// The bytes of the values of the columns in `mask`, by the file's own counts: eight a value, as most are.
fn claimed_bytes<R: ChunkReader + 'static>(
    builder: &ParquetRecordBatchReaderBuilder<R>,
    mask: Option<&ProjectionMask>,
) -> u64 {
    let groups = builder.metadata().row_groups().iter();
    let chunks = groups.flat_map(|group| group.columns().iter().enumerate());
    let read = chunks.filter(|(leaf, _)| mask.is_none_or(|mask| mask.leaf_included(*leaf)));
    read.map(|(_, chunk)| u64::try_from(chunk.num_values()).unwrap_or(u64::MAX).saturating_mul(8))
        .fold(0, u64::saturating_add)
}

fn within(bytes: u64, limit: u64) -> Result<(), ParquetError> {
    if bytes <= limit {
        return Ok(());
    }
    let (found, most) = (bytes >> 20, limit >> 20);
    Err(ParquetError::General(format!(
        "its values take {found} MB or more, and {most} MB is the most that is read here"
    )))
}

/// Arrays of `rows` entries, by name, as one batch.
pub(super) fn batch_of(arrays: impl Iterator<Item = (String, ArrayRef)>, rows: usize) -> RecordBatch {
    let arrays = arrays.map(|(name, array)| (Field::new(name, array.data_type().clone(), false), array));
    let (fields, arrays): (Vec<_>, Vec<_>) = arrays.unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .expect("columns of equal length, each of the type of its field")
}

fn parquet_of(batch: &RecordBatch) -> Result<Vec<u8>, ParquetError> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties().build()))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(bytes)
}

/// What all files have in common.
pub(super) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("onset ", env!("CARGO_PKG_VERSION")).into())
}

/// The array of lists of texts of which each is the beginning of a longer one.
pub(crate) fn prefixes(lists: &[(Arc<[String]>, usize)]) -> ArrayRef {
    texts_array(lists.iter().map(|(texts, count)| &texts[..*count]))
}

fn texts_array<'a>(lists: impl Iterator<Item = &'a [String]>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(entry(DataType::Utf8));
    for list in lists {
        list.iter().for_each(|text| builder.values().append_value(text));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// Reads; a damaged file can lead the reader astray in ways that it does not report.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, StoreError> {
    match std::panic::catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(table)) => Ok(table),
        Ok(Err(error)) => Err(damaged(path, error.to_string())),
        Err(_) => Err(damaged(path, "its contents are inconsistent".into())),
    }
}

pub(super) fn damaged(path: &Path, found: String) -> StoreError {
    StoreError::Damaged { path: path.into(), expected: "Parquet table of Onset", found, remedy: REMEDY }
}

/// The type of a list's entries, never null.
fn entry(data_type: DataType) -> Field {
    Field::new("element", data_type, false)
}

fn to_array(column: &Column) -> ArrayRef {
    match column {
        Column::Int(values) => Arc::new(Int64Array::from(values.clone())),
        Column::Float(values) => Arc::new(Float64Array::from(values.clone())),
        Column::Text(values) => Arc::new(StringArray::from_iter_values(values)),
        Column::Floats(lists) => {
            let mut builder = ListBuilder::new(Float32Builder::new()).with_field(entry(DataType::Float32));
            for list in lists {
                builder.values().append_slice(list);
                builder.append(true);
            }
            Arc::new(builder.finish())
        }
        Column::Texts(lists) => texts_array(lists.iter().map(Vec::as_slice)),
    }
}

fn from_array(field: &Field, array: &ArrayRef) -> Result<Column, ParquetError> {
    let unknown =
        || ArrowError::SchemaError(format!("column {} has type {}", field.name(), field.data_type()));
    if array.null_count() > 0 {
        return Err(ArrowError::SchemaError(format!("column {} has missing values", field.name())).into());
    }
    Ok(match array.data_type() {
        DataType::Int64 => Column::Int(array.as_primitive::<Int64Type>().values().to_vec()),
        DataType::Float64 => Column::Float(array.as_primitive::<Float64Type>().values().to_vec()),
        DataType::Utf8 => Column::Text(texts(array)),
        DataType::List(entry) => {
            let lists = array.as_list::<i32>();
            let lists = (0..lists.len()).map(|row| lists.value(row));
            match entry.data_type() {
                DataType::Float32 => {
                    Column::Floats(lists.map(|l| l.as_primitive::<Float32Type>().values().to_vec()).collect())
                }
                DataType::Utf8 => Column::Texts(lists.map(|list| texts(&list)).collect()),
                _ => return Err(unknown().into()),
            }
        }
        _ => return Err(unknown().into()),
    })
}

fn texts(array: &ArrayRef) -> Vec<String> {
    array.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (i64, f64, String, Vec<f32>, Vec<String>);

    fn example(numbers: &[Row]) -> Table {
        Table::new()
            .with("step", Column::Int(numbers.iter().map(|row| row.0).collect()))
            .with("loss", Column::Float(numbers.iter().map(|row| row.1).collect()))
            .with("name", Column::Text(numbers.iter().map(|row| row.2.clone()).collect()))
            .with("alpha", Column::Floats(numbers.iter().map(|row| row.3.clone()).collect()))
            .with("words", Column::Texts(numbers.iter().map(|row| row.4.clone()).collect()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn a_table_reads_back_as_itself(rows: Vec<(i64, i32, String, Vec<i8>, Vec<String>)>) {
            let rows: Vec<_> = rows
                .into_iter()
                .map(|(a, b, c, d, e)| (a, f64::from(b), c, d.into_iter().map(f32::from).collect(), e))
                .collect();
            let table = example(&rows);
            let bytes = table.to_parquet().unwrap();
            prop_assert_eq!(&bytes, &table.to_parquet().unwrap());
            let back = Table::from_parquet(bytes, None, u64::MAX).unwrap();
            prop_assert!(back == table || table.rows() == 0 && back.rows() == 0);
        }
    }

    #[test]
    fn some_columns_can_be_read_without_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let rows = vec![(1, 0.5, "a".to_string(), vec![1.0], vec!["b".to_string()]); 3];
        example(&rows).write(&path).unwrap();
        let some = Table::read_columns(&path, &["alpha", "step", "no such"]).unwrap();
        assert_eq!(some.names().collect::<Vec<_>>(), ["step", "alpha"]);
        assert_eq!(some.float_lists("alpha").unwrap(), vec![vec![1.0]; 3]);
    }

    #[test]
    fn some_rows_can_be_read_without_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let row = |i: usize| {
            (i as i64, i as f64, format!("{i}"), vec![i as f32; i % 3], vec![i.to_string(); i % 2])
        };
        let table = example(&(0..50).map(row).collect::<Vec<_>>());
        table.write(&path).unwrap();
        let some = Table::read_rows(&path, &["alpha", "step", "words"], &[0, 7, 8, 49, 50, 900]).unwrap();
        assert_eq!(some.ints("step").unwrap(), [0, 7, 8, 49]);
        assert_eq!(some.float_lists("alpha").unwrap()[2], [8.0, 8.0]);
        assert_eq!(some.text_lists("words").unwrap()[1], ["7"]);
        assert_eq!(Table::read_rows(&path, &["step"], &[]).unwrap().rows(), 0);
        let numbers = Table::read_numbers(&path).unwrap();
        assert_eq!(numbers.names().collect::<Vec<_>>(), ["step", "loss"]);
        assert_eq!(numbers.rows(), 50);
    }

    #[test]
    fn a_small_file_of_very_many_values_is_refused_before_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let table = Table::new()
            .with("step", Column::Int(vec![7; 400_000]))
            .with("name", Column::Text(vec!["a".into(); 400_000]));
        table.write(&path).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < 20_000);
        let limit = 2 << 20;
        for read in
            [Table::read_numbers_within(&path, limit), Table::read_columns_within(&path, &["name"], limit)]
        {
            let error = read.unwrap_err().to_string();
            assert!(error.contains("3 MB or more, and 2 MB is the most"), "{error}");
        }
        assert_eq!(Table::read_numbers_within(&path, 8 << 20).unwrap().rows(), 400_000);
        // Of rows that are not read, none are counted.
        assert_eq!(Table::read_rows_within(&path, &["step"], &[0, 399_999], limit).unwrap().rows(), 2);
    }

    #[test]
    fn a_table_cut_anywhere_is_refused_without_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.parquet");
        let rows = vec![(1, 0.5, "a".to_string(), vec![1.0], vec!["b".to_string()]); 3];
        let bytes = example(&rows).to_parquet().unwrap();
        for length in (0..bytes.len()).step_by(7) {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let some = Table::read_rows(&path, &["step"], &[1]);
            for read in [Table::read(&path), Table::read_numbers(&path), some] {
                let error = read.unwrap_err().to_string();
                assert!(error.contains("cut.parquet is not a readable Parquet table"), "{error}");
            }
        }
    }
}
