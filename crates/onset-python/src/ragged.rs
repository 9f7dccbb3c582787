//! Rows of numbers of different lengths, as Python gives them: all values end to end, and where each row begins and ends.

use numpy::PyReadonlyArray1;
use onset::batch::Rows;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Values and offsets: row i is `values[offsets[i]..offsets[i + 1]]`.
pub struct Ragged<'py> {
    values: PyReadonlyArray1<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
}

impl<'a, 'py> FromPyObject<'a, 'py> for Ragged<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let (values, offsets) =
            object.extract::<(PyReadonlyArray1<'py, f32>, PyReadonlyArray1<'py, i64>)>()?;
        Ok(Self { values, offsets })
    }
}

impl Ragged<'_> {
    /// The rows.
    ///
    /// # Errors
    /// If the offsets do not ascend within the values, or an array is not contiguous.
    pub fn rows(&self) -> PyResult<Vec<&[f32]>> {
        let (values, offsets) = (self.values.as_slice()?, self.offsets.as_slice()?);
        let row = |ends: &[i64]| {
            let (start, end) = (usize::try_from(ends[0]).ok()?, usize::try_from(ends[1]).ok()?);
            values.get(start..end)
        };
        offsets
            .windows(2)
            .enumerate()
            .map(|(index, ends)| {
                row(ends)
                    .ok_or_else(|| PyValueError::new_err(format!("row {index} lies outside of the values")))
            })
            .collect()
    }

    /// The rows as the library holds them.
    pub fn to_rows(&self) -> PyResult<Rows> {
        let found = self.rows()?;
        let mut rows = Rows::with_capacity(found.len(), found.iter().map(|row| row.len()).sum());
        found.into_iter().for_each(|row| rows.push(row.iter().copied()));
        Ok(rows)
    }
}
