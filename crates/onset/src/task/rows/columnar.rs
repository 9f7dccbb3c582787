//! Parquet, and Arrow IPC as a file or as a stream. A row's line is its number.

use std::collections::HashMap;
use std::io::Cursor;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::cell::{is_readable, write};
use super::columns::{Chosen, Head, choose};
use super::{ColumnFault, EachRow, FileError, Part};

/// Rows that are decoded at once.
const BATCH: usize = 1024;

/// The first bytes of an Arrow file that is no stream.
const FILE: &[u8] = b"ARROW1";

/// A column, or a field within one: the names on the way to it.
#[derive(Debug, Clone)]
struct Place {
    /// The number of the column.
    root: usize,
    /// The numbers of the fields within it.
    inner: Vec<usize>,
    name: String,
    kind: DataType,
    /// The names of classes that the values number.
    classes: Option<Vec<String>>,
}

/// All columns of a schema; the fields of a struct are columns of their own, with a full stop between the names.
fn places(schema: &Schema) -> Vec<Place> {
    let classes = class_names(schema);
    let mut found = Vec::new();
    for (root, field) in schema.fields().iter().enumerate() {
        add(field, field.name().clone(), root, &[], &mut found);
    }
    for place in &mut found {
        place.classes = classes.get(&place.name).cloned();
    }
    found
}

fn add(field: &Field, name: String, root: usize, inner: &[usize], found: &mut Vec<Place>) {
    let DataType::Struct(fields) = field.data_type() else {
        let (inner, kind) = (inner.to_vec(), field.data_type().clone());
        return found.push(Place { root, inner, name, kind, classes: None });
    };
    for (number, field) in fields.iter().enumerate() {
        let inner = [inner, &[number]].concat();
        add(field, format!("{name}.{}", field.name()), root, &inner, found);
    }
}

/// The names of classes by column, where `datasets` has written them beside the schema.
fn class_names(schema: &Schema) -> HashMap<String, Vec<String>> {
    let mut names = HashMap::new();
    let about = schema.metadata().get("huggingface").and_then(|text| serde_json::from_str(text).ok());
    let about: serde_json::Value = about.unwrap_or_default();
    let features = about.pointer("/info/features").and_then(serde_json::Value::as_object);
    for (column, feature) in features.into_iter().flatten() {
        let listed = feature.get("names").and_then(serde_json::Value::as_array);
        let listed =
            listed.map(|all| all.iter().filter_map(|name| name.as_str().map(String::from)).collect());
        names.extend(listed.map(|listed: Vec<String>| (column.clone(), listed)));
    }
    names
}

/// The places that are read, in the order of [`Chosen`].
struct Wanted {
    places: Vec<Place>,
    chosen: Chosen,
}

impl Wanted {
    fn of(part: &mut Part<'_>, schema: &Schema) -> Result<Self, FileError> {
        let all = places(schema);
        let names: Vec<String> = all.iter().map(|place| place.name.clone()).collect();
        let head = Head { first: &names, is_header: true, sample: &[] };
        let found = choose(part, &head)?;
        let mut places: Vec<Place> = found.first.iter().map(|&place| all[place].clone()).collect();
        places.push(all[found.second].clone());
        if let Some(place) = places.iter().find(|place| !is_readable(&place.kind)) {
            let fault = ColumnFault::Type { name: place.name.clone(), found: place.kind.to_string() };
            let (path, roles) = (part.path.into(), part.columns.roles);
            return Err(FileError::Column { path, fault: Box::new(fault), roles });
        }
        let second = places.len() - 1;
        Ok(Self { places, chosen: Chosen { first: (0..second).collect(), second } })
    }

    /// The columns to decode, in order.
    fn roots(&self) -> Vec<usize> {
        let mut roots: Vec<usize> = self.places.iter().map(|place| place.root).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// Hands the rows of `batch`, which has the columns of [`Wanted::roots`], to `each`; `before` rows have been read.
    fn each_row<E>(&self, batch: &RecordBatch, before: usize, each: EachRow<'_, E>) -> Result<(), E> {
        let roots = self.roots();
        let arrays: Vec<ArrayRef> = self
            .places
            .iter()
            .map(|place| {
                let root = roots.binary_search(&place.root).expect("every root is decoded");
                let array = batch.column(root).clone();
                place.inner.iter().fold(array, |array, &field| array.as_struct().column(field).clone())
            })
            .collect();
        let mut values = vec![String::new(); arrays.len()];
        let mut joined = String::new();
        for row in 0..batch.num_rows() {
            for ((value, array), place) in values.iter_mut().zip(&arrays).zip(&self.places) {
                write(array, row, value);
                let class = place.classes.as_ref().and_then(|names| names.get(value.parse::<usize>().ok()?));
                if let Some(class) = class {
                    value.clone_from(class);
                }
            }
            each(Ok(self.chosen.row(before + row + 1, |place| &values[place], &mut joined)))?;
        }
        Ok(())
    }

    fn each_batch<E: From<FileError>>(
        &self,
        batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
        damaged: impl Fn(String) -> FileError,
        each: EachRow<'_, E>,
    ) -> Result<(), E> {
        let mut before = 0;
        for batch in batches {
            let batch = batch.map_err(|error| damaged(error.to_string()))?;
            self.each_row(&batch, before, each)?;
            before += batch.num_rows();
        }
        Ok(())
    }
}

/// Hands the rows of a Parquet file to `each`.
pub(super) fn each_parquet_row<E: From<FileError>>(
    part: &mut Part<'_>,
    bytes: &Bytes,
    each: EachRow<'_, E>,
) -> Result<(), E> {
    let path = part.path;
    let damaged = |reason: String| FileError::Damaged { path: path.into(), form: "Parquet", reason };
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone())
        .map_err(|error| damaged(error.to_string()))?;
    let wanted = Wanted::of(part, builder.schema())?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.roots());
    let reader = builder.with_projection(mask).with_batch_size(BATCH).build();
    let reader = reader.map_err(|error| damaged(error.to_string()))?;
    wanted.each_batch(reader, damaged, each)
}

/// Hands the rows of an Arrow file or stream to `each`.
pub(super) fn each_arrow_row<E: From<FileError>>(
    part: &mut Part<'_>,
    bytes: &[u8],
    each: EachRow<'_, E>,
) -> Result<(), E> {
    let path = part.path;
    let damaged = |reason: String| FileError::Damaged { path: path.into(), form: "Arrow", reason };
    let schema = arrow_schema(bytes).map_err(|error| damaged(error.to_string()))?;
    let wanted = Wanted::of(part, &schema)?;
    let roots = Some(wanted.roots());
    let broken = |error: ArrowError| damaged(error.to_string());
    if bytes.starts_with(FILE) {
        let reader = FileReader::try_new(Cursor::new(bytes), roots).map_err(broken)?;
        return wanted.each_batch(reader, damaged, each);
    }
    let reader = StreamReader::try_new(Cursor::new(bytes), roots).map_err(broken)?;
    wanted.each_batch(reader, damaged, each)
}

fn arrow_schema(bytes: &[u8]) -> Result<Schema, ArrowError> {
    Ok(if bytes.starts_with(FILE) {
        FileReader::try_new(Cursor::new(bytes), None)?.schema().as_ref().clone()
    } else {
        StreamReader::try_new(Cursor::new(bytes), None)?.schema().as_ref().clone()
    })
}

/// The columns of a Parquet file.
pub(super) fn parquet_names(bytes: Bytes) -> Option<Vec<String>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).ok()?;
    Some(places(builder.schema()).into_iter().map(|place| place.name).collect())
}

/// The columns of an Arrow file or stream.
pub(super) fn arrow_names(bytes: &[u8]) -> Option<Vec<String>> {
    let schema = arrow_schema(bytes).ok()?;
    Some(places(&schema).into_iter().map(|place| place.name).collect())
}
