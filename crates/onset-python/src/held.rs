//! α that waits to be written. It is taken out of a model's weights once, in the form in which the library writes it, so that Python
//! can release the weights of each attention as soon as they were seen.

use std::sync::Mutex;

use numpy::ndarray::{ArrayView1, ArrayView2};
use numpy::{PyReadonlyArray1, PyReadonlyArray4};
use onset::batch::Rows;
use onset::measures;
use onset::recorder::sequence_scores;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Rows of α of one head on one example.
#[pyclass(frozen, module = "onset._onset")]
pub struct HeldRows(Mutex<Rows>);

impl HeldRows {
    /// The rows themselves; none are left behind.
    pub fn take(&self) -> PyResult<Rows> {
        Ok(std::mem::take(&mut *self.0.lock().map_err(|_| PyValueError::new_err("the rows are lost"))?))
    }
}

/// The rows of one attention (examples × heads × queries × positions) by example and head: of each example, a row for each of its
/// `queries` over those of its `positions` (ascending) that it sees: all, or, if `is_causal`, those up to itself.
#[pyfunction]
pub fn held_rows(
    py: Python<'_>,
    weights: PyReadonlyArray4<'_, f32>,
    queries: Vec<PyReadonlyArray1<'_, i64>>,
    positions: Vec<PyReadonlyArray1<'_, i64>>,
    is_causal: bool,
) -> PyResult<Vec<Vec<HeldRows>>> {
    let weights = weights.as_array();
    let (examples, _, rows, columns) = weights.dim();
    if queries.len() != examples || positions.len() != examples {
        let found = format!("{} and {}", queries.len(), positions.len());
        let message = format!("weights of {examples} examples, queries and positions of {found}");
        return Err(PyValueError::new_err(message));
    }
    let lists = |lists: &[PyReadonlyArray1<'_, i64>], end: usize| -> PyResult<Vec<Vec<usize>>> {
        lists.iter().map(|list| below(list.as_array(), end)).collect()
    };
    let (queries, positions) = (lists(&queries, rows)?, lists(&positions, columns)?);
    let held = py.detach(|| {
        let of_example = |example: usize| {
            let weights = weights.index_axis_move(numpy::ndarray::Axis(0), example);
            let of_head = |head| rows_of_head(head, &queries[example], &positions[example], is_causal);
            weights.outer_iter().map(of_head).collect::<Vec<Rows>>()
        };
        (0..examples).map(of_example).collect::<Vec<_>>()
    });
    let hold = |rows: Vec<Rows>| rows.into_iter().map(|rows| HeldRows(Mutex::new(rows))).collect();
    Ok(held.into_iter().map(hold).collect())
}

fn below(list: ArrayView1<'_, i64>, end: usize) -> PyResult<Vec<usize>> {
    let index = |&at: &i64| usize::try_from(at).ok().filter(|&at| at < end);
    let indices: Option<Vec<usize>> = list.iter().map(index).collect();
    indices.ok_or_else(|| PyValueError::new_err(format!("a query or position is not below {end}")))
}

/// The rows of one head (queries × positions).
fn rows_of_head(
    weights: ArrayView2<'_, f32>,
    queries: &[usize],
    positions: &[usize],
    is_causal: bool,
) -> Rows {
    let seen = |query: usize| match is_causal {
        true => &positions[..positions.partition_point(|&position| position <= query)],
        false => positions,
    };
    let mut rows = Rows::with_capacity(queries.len(), queries.iter().map(|&query| seen(query).len()).sum());
    for &query in queries {
        let (row, seen) = (weights.row(query), seen(query));
        match row.as_slice() {
            // Without padding, what is seen lies side by side.
            Some(row) if seen.last().is_some_and(|&last| last + 1 == seen.len()) => {
                rows.push(row[..seen.len()].iter().copied());
            }
            _ => rows.push(seen.iter().map(|&position| row[position])),
        }
    }
    rows
}

/// The scores of a head on sequences of tokens, by name.
#[pyfunction]
pub fn head_scores(sequences: Vec<(PyRef<'_, HeldRows>, Vec<u32>)>) -> PyResult<Vec<(&'static str, f64)>> {
    let taken = sequences.iter().map(|(rows, tokens)| Ok((rows.take()?, tokens)));
    let taken = taken.collect::<PyResult<Vec<_>>>()?;
    Ok(sequence_scores(taken.iter().map(|(rows, tokens)| (rows, tokens.as_slice()))).to_vec())
}

/// The mean entropy of the rows of a head, in nats; NaN without rows.
#[pyfunction]
pub fn entropy(rows: Vec<PyRef<'_, HeldRows>>) -> PyResult<f64> {
    let taken = rows.iter().map(|rows| rows.take()).collect::<PyResult<Vec<_>>>()?;
    Ok(measures::entropy(taken.iter().flat_map(Rows::iter)).unwrap_or(f64::NAN))
}
