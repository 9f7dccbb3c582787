//! Agreement of two attribution records.

use numpy::PyArray1;
use onset::agreement::{Measure, clustered_mean_interval, mean_interval, score_rows, shuffled};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::exception;
use crate::ragged::Ragged;

/// A(a, b): mean, interval, the value of each row, and what was left out.
#[pyfunction]
pub fn agreement<'py>(
    py: Python<'py>,
    a: Ragged<'py>,
    b: Ragged<'py>,
    measure: &str,
    clusters: Option<Vec<usize>>,
    shuffles: usize,
    seed: u64,
) -> PyResult<Bound<'py, PyDict>> {
    let measure = match measure {
        "kendall" => Measure::Kendall,
        "spearman" => Measure::Spearman,
        "top" => Measure::Top,
        other => {
            let message = format!("measure={other:?}: expected \"kendall\", \"spearman\" or \"top\"");
            return Err(exception(py, "TargetError", &message, Some("measure".into()), None));
        }
    };
    let (a, b) = (a.rows()?, b.rows()?);
    if a.len() != b.len() {
        return Err(PyValueError::new_err(format!("a has {} rows, b has {}", a.len(), b.len())));
    }
    for (index, (a, b)) in a.iter().zip(&b).enumerate() {
        if a.len() != b.len() || a.is_empty() {
            let (a, b) = (a.len(), b.len());
            return Err(PyValueError::new_err(format!(
                "row {index}: a has {a} values, b has {b}; expected rows of equal length, at least 1"
            )));
        }
    }
    if let Some(clusters) = clusters.as_ref().filter(|clusters| clusters.len() != a.len()) {
        return Err(PyValueError::new_err(format!("{} clusters for {} rows", clusters.len(), a.len())));
    }
    let (scored, interval, chance) = py.detach(|| {
        let scored = score_rows(measure, &a, &b);
        let interval = match &clusters {
            Some(clusters) => clustered_mean_interval(&scored.rows, clusters, seed),
            None => mean_interval(&scored.rows, seed),
        };
        let chance = (shuffles > 0).then(|| shuffled(measure, &a, &b, shuffles, seed)).flatten();
        (scored, interval, chance)
    });
    let result = PyDict::new(py);
    result.set_item("mean", scored.mean())?;
    result.set_item("low", interval.map(|interval| interval.low))?;
    result.set_item("high", interval.map(|interval| interval.high))?;
    result.set_item("undefined", scored.undefined())?;
    result.set_item("tied", scored.tied)?;
    result.set_item("chance", chance.map(|chance| (chance.mean, chance.deviation)))?;
    result.set_item("rows", PyArray1::from_vec(py, scored.rows))?;
    Ok(result)
}
