//! Tables of records as Arrow, which pandas, polars and DuckDB take without a copy, and as numpy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch, RecordBatchIterator};
use arrow_schema::DataType;
use numpy::PyArray1;
use onset::store::{self, Column, digest, write_atomically};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::errors::raised;

/// A table by columns.
#[pyclass(frozen, module = "onset._onset")]
pub struct Table {
    batch: RecordBatch,
}

impl Table {
    pub fn new(table: &store::Table) -> Self {
        Self { batch: table.to_batch() }
    }
}

#[pymethods]
impl Table {
    /// The names of the columns, in order.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.batch.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    /// The table as an Arrow stream of one batch.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol allows to pass over what is requested.
        drop(requested_schema);
        let schema = self.batch.schema();
        let batches = RecordBatchIterator::new(std::iter::once(Ok(self.batch.clone())), Arc::clone(&schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// A column: numbers as a numpy array, texts and lists of texts as lists, lists of numbers as (values, offsets).
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let Some(array) = self.batch.column_by_name(name) else {
            let known = self.columns().join(", ");
            return Err(PyKeyError::new_err(format!("{name}: the columns are {known}")));
        };
        Ok(match array.data_type() {
            DataType::Int64 => {
                PyArray1::from_slice(py, array.as_primitive::<Int64Type>().values()).into_any()
            }
            DataType::Float64 => {
                PyArray1::from_slice(py, array.as_primitive::<Float64Type>().values()).into_any()
            }
            DataType::Utf8 => PyList::new(py, array.as_string::<i32>().iter())?.into_any(),
            DataType::List(item) if *item.data_type() == DataType::Float32 => {
                let lists = array.as_list::<i32>();
                let values = lists.values().as_primitive::<Float32Type>().values();
                let offsets: Vec<i64> = lists.offsets().iter().map(|&offset| i64::from(offset)).collect();
                (PyArray1::from_slice(py, values), PyArray1::from_vec(py, offsets))
                    .into_pyobject(py)?
                    .into_any()
            }
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                let words = (0..lists.len()).map(|row| {
                    let row = lists.value(row);
                    row.as_string::<i32>()
                        .iter()
                        .map(|word| word.unwrap_or("").to_owned())
                        .collect::<Vec<_>>()
                });
                PyList::new(py, words.collect::<Vec<_>>())?.into_any()
            }
            other => return Err(PyTypeError::new_err(format!("{name} is of the type {other}"))),
        })
    }
}

/// Writes columns of texts as a Parquet file in `folder`, named by `name` and the digest of its contents. Returns its path.
#[pyfunction]
pub fn write_rows(
    py: Python<'_>,
    folder: PathBuf,
    name: &str,
    columns: Vec<(String, Vec<String>)>,
) -> PyResult<PathBuf> {
    let written = py.detach(|| -> Result<PathBuf, store::StoreError> {
        let table = columns
            .into_iter()
            .fold(store::Table::new(), |table, (name, texts)| table.with(&name, Column::Text(texts)));
        let bytes = table.to_bytes();
        let path = Path::new(&folder).join(format!("{name}-{}.parquet", &digest(&bytes)[..8]));
        if !path.exists() {
            write_atomically(&path, &bytes)?;
        }
        Ok(path)
    });
    written.map_err(|error| raised(py, error))
}
