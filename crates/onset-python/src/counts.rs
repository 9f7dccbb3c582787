//! Counts of words in labelled texts, which add up.

use std::sync::Mutex;

use onset::store::{self, Column};
use onset::theory::WordCounts;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::table::Table;

/// Counts of words in labelled texts.
#[pyclass(frozen, module = "onset._onset")]
pub struct Counts {
    inner: Mutex<WordCounts>,
}

impl Counts {
    fn copy(&self) -> PyResult<WordCounts> {
        self.inner
            .lock()
            .map(|counts| counts.clone())
            .map_err(|_| PyValueError::new_err("counting has failed before"))
    }
}

#[pymethods]
impl Counts {
    /// The counts of some texts.
    #[new]
    fn new(py: Python<'_>, texts: Vec<String>, labels: Vec<String>) -> Self {
        let inner = py.detach(|| {
            let mut counts = WordCounts::default();
            texts.iter().zip(&labels).for_each(|(text, label)| counts.add(text, label));
            Mutex::new(counts)
        });
        Self { inner }
    }

    /// The counts of both.
    fn added(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let (mut counts, other) = (self.copy()?, other.copy()?);
        py.detach(|| counts.merge(&other));
        Ok(Self { inner: Mutex::new(counts) })
    }

    fn equals(&self, other: &Self) -> PyResult<bool> {
        Ok(self.copy()? == other.copy()?)
    }

    /// As bytes, the same of the same texts.
    fn to_bytes(&self) -> PyResult<Vec<u8>> {
        Ok(self.copy()?.to_table().to_bytes())
    }

    /// What [`Counts::to_bytes`] gave.
    #[staticmethod]
    fn from_bytes(bytes: Vec<u8>) -> PyResult<Self> {
        let counts = store::Table::of_bytes(bytes).and_then(|table| WordCounts::of_table(&table));
        let inner = Mutex::new(counts.map_err(|error| PyValueError::new_err(error.to_string()))?);
        Ok(Self { inner })
    }

    /// Texts of each label.
    #[getter]
    fn labels(&self) -> PyResult<Vec<(String, u64)>> {
        Ok(self.copy()?.labels().iter().map(|(label, &texts)| (label.clone(), texts)).collect())
    }

    /// The number of different words.
    #[getter]
    fn vocabulary(&self) -> PyResult<usize> {
        Ok(self.copy()?.vocabulary())
    }

    /// The words in at least so many texts, those that attention will go to first.
    fn words(&self, py: Python<'_>, at_least: u64) -> PyResult<Table> {
        let counts = self.copy()?;
        let table = py.detach(|| {
            let words = counts.words(at_least);
            let texts = |of: fn(&onset::theory::CountedWord) -> &String| {
                Column::Text(words.iter().map(|word| of(word).clone()).collect())
            };
            store::Table::new()
                .with("word", texts(|word| &word.word))
                .with("label", texts(|word| &word.label))
                .with("texts", Column::Int(words.iter().map(|word| word.texts as i64).collect()))
                .with("of_label", Column::Int(words.iter().map(|word| word.of_label as i64).collect()))
                .with("signal", Column::Float(words.iter().map(|word| word.signal).collect()))
                .with("beta", Column::Float(words.iter().map(|word| word.beta).collect()))
                .with("clear", Column::Int(words.iter().map(|word| i64::from(word.clear)).collect()))
        });
        Ok(Table::new(&table))
    }
}
