//! Recording a model that is trained in Python.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::thread::JoinHandle;

use onset::batch::Rows;
use onset::model::{Place, PlaceKind, RecordedModel};
use onset::recorder::{self, Attended, Evaluation, HeadMeasures, Probe, Recorded, RecorderError};
use onset::store::Status;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::raised;
use crate::held::HeldRows;
use crate::ragged::Ragged;

/// A run directory that is filled from Python. What is recorded is checked at once, and written on a thread of its own.
#[pyclass(frozen, module = "onset._onset")]
pub struct Recording {
    state: Mutex<State>,
}

/// Where the recording is.
enum State {
    /// Nothing is being written.
    Idle(recorder::Recording),
    /// A thread writes a step, and gives the recording back.
    Writing(JoinHandle<(recorder::Recording, Result<(), RecorderError>)>),
    /// It has ended.
    Closed,
}

impl Recording {
    fn locked(&self) -> PyResult<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| PyValueError::new_err("the recording has failed before"))
    }

    /// Waits until what was recorded is written, and does `work` with the recording.
    ///
    /// # Errors
    /// If it could not be written; the recording goes on.
    fn with<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut recorder::Recording) -> PyResult<T>,
    ) -> PyResult<T> {
        let mut state = self.locked()?;
        let (mut recording, written) = match std::mem::replace(&mut *state, State::Closed) {
            State::Idle(recording) => (recording, Ok(())),
            State::Writing(thread) => match py.detach(|| thread.join()) {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            State::Closed => return Err(PyValueError::new_err("the recording is closed")),
        };
        let done = match written {
            Ok(()) => work(&mut recording),
            Err(error) => Err(raised(py, error)),
        };
        *state = State::Idle(recording);
        done
    }
}

#[pymethods]
impl Recording {
    /// Begins a run in `path`, or continues it.
    #[new]
    #[pyo3(signature = (path, *, name, model, framework, layers, heads, parameters, seed, steps, probes, labels, resume))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        name: String,
        model: String,
        framework: String,
        layers: usize,
        heads: usize,
        parameters: u64,
        seed: u64,
        steps: Option<u64>,
        probes: String,
        labels: Vec<String>,
        resume: bool,
    ) -> PyResult<Self> {
        let model = RecordedModel { class: model, framework, layers, heads };
        let recorded = Recorded { name, model, parameters, seed, steps, probes, labels };
        let begun = py.detach(|| recorder::Recording::begin(&path, &recorded, resume));
        let inner = begun.map_err(|error| raised(py, error))?;
        Ok(Self { state: Mutex::new(State::Idle(inner)) })
    }

    /// The last recorded step.
    #[getter]
    fn last(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        self.with(py, |recording| Ok(recording.last()))
    }

    /// Waits until everything is written.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |_| Ok(()))
    }

    /// Adds the losses of training steps.
    fn losses(&self, py: Python<'_>, losses: Vec<(u64, f64)>) -> PyResult<()> {
        self.with(py, |recording| {
            losses.into_iter().for_each(|(step, loss)| recording.loss(step, loss));
            Ok(())
        })
    }

    /// Records what was measured after `step` steps.
    fn step(
        &self,
        py: Python<'_>,
        step: u64,
        scores: Vec<(String, f64)>,
        probes: &Bound<'_, PyList>,
        heads: &Bound<'_, PyList>,
    ) -> PyResult<()> {
        let probes = probes.iter().map(|probe| probe_of(&probe)).collect::<PyResult<Vec<_>>>()?;
        let heads = heads.iter().map(|head| head_of(&head)).collect::<PyResult<Vec<_>>>()?;
        let evaluation = Evaluation { scores, probes, heads };
        self.with(py, |recording| recording.check(step, &evaluation).map_err(|error| raised(py, error)))?;
        let mut state = self.locked()?;
        if let State::Idle(mut recording) = std::mem::replace(&mut *state, State::Closed) {
            *state = State::Writing(std::thread::spawn(move || {
                let written = recording.step(step, evaluation);
                (recording, written)
            }));
        }
        Ok(())
    }

    /// Ends the run: it has finished, was interrupted, or failed.
    fn close(&self, py: Python<'_>, status: &str, failure: Option<String>) -> PyResult<()> {
        let status = match status {
            "finished" => Status::Finished,
            "failed" => Status::Failed,
            _ => Status::Interrupted,
        };
        if matches!(*self.locked()?, State::Closed) {
            return Ok(());
        }
        let written = self.wait(py);
        if let State::Idle(recording) = std::mem::replace(&mut *self.locked()?, State::Closed) {
            recording.close(status, failure).map_err(|error| raised(py, error))?;
        }
        written
    }
}

fn place_of(object: &Bound<'_, PyAny>) -> PyResult<Place> {
    let (layer, head, kind) = object.extract::<(usize, usize, String)>()?;
    Ok(Place { layer, head, kind: PlaceKind::from_name(&kind) })
}

fn rows_of(object: Option<Bound<'_, PyAny>>) -> PyResult<Rows> {
    match object.filter(|object| !object.is_none()) {
        Some(rows) => match rows.cast::<HeldRows>() {
            Ok(held) => held.get().take(),
            Err(_) => rows.extract::<Ragged<'_>>()?.to_rows(),
        },
        None => Ok(Rows::default()),
    }
}

fn item<'py, T: for<'a> FromPyObject<'a, 'py, Error: Into<PyErr>>>(
    dict: &Bound<'py, PyDict>,
    name: &str,
) -> PyResult<T> {
    let found = dict.get_item(name)?;
    let found = found.ok_or_else(|| PyValueError::new_err(format!("a probe needs `{name}`")))?;
    found.extract::<T>().map_err(Into::into)
}

fn probe_of(object: &Bound<'_, PyAny>) -> PyResult<Probe> {
    let dict = object.cast::<PyDict>()?;
    let places: Vec<Bound<'_, PyAny>> = item(dict, "places")?;
    let attended = |object: &Bound<'_, PyAny>| -> PyResult<Attended> {
        let dict = object.cast::<PyDict>()?;
        let place: Bound<'_, PyAny> = item(dict, "place")?;
        Ok(Attended {
            place: place_of(&place)?,
            alpha: rows_of(dict.get_item("alpha")?)?,
            beta: rows_of(dict.get_item("beta")?)?,
            tokens: item(dict, "tokens")?,
        })
    };
    Ok(Probe {
        tokens: item(dict, "tokens")?,
        target: item(dict, "target")?,
        predicted: item(dict, "predicted")?,
        log_probability: item(dict, "log_probability")?,
        label: item(dict, "label")?,
        places: places.iter().map(attended).collect::<PyResult<_>>()?,
        delta: rows_of(dict.get_item("delta")?)?,
    })
}

fn head_of(object: &Bound<'_, PyAny>) -> PyResult<HeadMeasures> {
    let dict = object.cast::<PyDict>()?;
    let place: Bound<'_, PyAny> = item(dict, "place")?;
    let mut head = HeadMeasures::new(place_of(&place)?);
    for (name, value) in item::<Vec<(String, f64)>>(dict, "values")? {
        head = head.with(&name, value);
    }
    Ok(head)
}

/// Sequences of random tokens that are repeated, on which heads are measured.
#[pyfunction]
pub fn repeated_tokens(count: usize, length: usize, repeats: usize, vocabulary: u32) -> Vec<Vec<u32>> {
    recorder::repeated_tokens(count, length, repeats, vocabulary)
}
