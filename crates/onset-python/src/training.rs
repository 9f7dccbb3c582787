//! Training: runs on threads of their own, while the calling thread passes on what happens and looks for Ctrl-C.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use onset::runs::{self, Plan};
use onset::train::{Event, Outcome, RunOptions, Start, TrainError, sweep};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::raised;
use crate::forked;
use crate::request::Wanted;

/// How often the calling thread looks for Ctrl-C.
const LOOK: Duration = Duration::from_millis(50);

/// Least time between two steps of one run that are passed on, in milliseconds.
const STEPS: u64 = 100;

/// What happened in a run, as Python is told.
struct Message {
    run: usize,
    event: &'static str,
    step: u64,
    steps: Option<u64>,
    loss: Option<f64>,
    work: Option<(String, usize, usize)>,
    scores: Option<Vec<(String, f64)>>,
    /// Where the run waits for an answer: whether it goes on.
    reply: Option<SyncSender<bool>>,
}

impl Message {
    fn new(run: usize, event: &'static str, step: u64) -> Self {
        Self { run, event, step, steps: None, loss: None, work: None, scores: None, reply: None }
    }

    fn to_python<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("run", self.run)?;
        dict.set_item("name", name)?;
        dict.set_item("event", self.event)?;
        dict.set_item("step", self.step)?;
        dict.set_item("steps", self.steps)?;
        dict.set_item("loss", self.loss)?;
        dict.set_item("work", self.work.clone())?;
        let scores = self
            .scores
            .as_ref()
            .map(|scores| scores.iter().cloned().collect::<std::collections::BTreeMap<_, _>>());
        dict.set_item("scores", scores)?;
        Ok(dict)
    }
}

/// Turns events into messages. Steps are passed on a few times a second; a run waits for an answer to its records.
struct Observer {
    sender: Sender<Message>,
    began: Instant,
    /// By run: when its last step was passed on, in milliseconds.
    told: Vec<AtomicU64>,
    /// Whether anybody listens.
    heard: bool,
}

impl Observer {
    fn observe(&self, run: usize, event: Event<'_>) -> ControlFlow<()> {
        if !self.heard {
            return ControlFlow::Continue(());
        }
        let mut message = match event {
            Event::Started { step, steps } => {
                Message { steps: Some(steps), ..Message::new(run, "started", step) }
            }
            Event::Stepped { step, loss, .. } => {
                let now = self.began.elapsed().as_millis() as u64;
                if now < self.told[run].load(Ordering::Relaxed) + STEPS {
                    return ControlFlow::Continue(());
                }
                self.told[run].store(now, Ordering::Relaxed);
                Message { loss: Some(f64::from(loss)), ..Message::new(run, "stepped", step) }
            }
            Event::Evaluating { step, progress } => {
                let work = (progress.work.to_string(), progress.done, progress.all);
                Message { work: Some(work), ..Message::new(run, "evaluating", step) }
            }
            Event::Recorded { step, recorded } => {
                let scores = recorded.numbers().map(|(name, value)| (name.to_owned(), value)).collect();
                Message { scores: Some(scores), ..Message::new(run, "recorded", step) }
            }
            Event::Retraced { step, steps } => {
                Message { steps: Some(steps), ..Message::new(run, "retraced", step) }
            }
            Event::Lengthened { step, steps, .. } => {
                Message { steps: Some(steps), ..Message::new(run, "lengthened", step) }
            }
        };
        let answer = (message.event == "recorded").then(|| {
            let (reply, answer) = sync_channel(1);
            message.reply = Some(reply);
            answer
        });
        // Nobody receives any more where the caller has failed; then the run ends by its flag.
        let _ = self.sender.send(message);
        match answer.map(|answer| answer.recv()) {
            Some(Ok(false)) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// What came of a run: its folder, status, steps, and the error.
type Ended = (PathBuf, String, u64, Option<Py<PyAny>>);

/// Trains the wanted runs, `jobs` at a time. `observe` is called with a dict for what happens in each; where it returns True at a
/// record, that run stops. Returns the folder of the runs, what came of each, and what is to know about the data.
#[pyfunction]
pub fn train(
    py: Python<'_>,
    wanted: Wanted,
    threads: usize,
    jobs: Option<usize>,
    observe: Option<Bound<'_, PyAny>>,
) -> PyResult<(PathBuf, Vec<Ended>, Vec<String>)> {
    forked::check(py)?;
    let request = wanted.into_request(py)?;
    let start = if request.resume { Start::Resume } else { Start::New };
    let planned = py.detach(|| runs::plan(&request)).map_err(|error| raised(py, error))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parallel = jobs.unwrap_or((cores / threads.max(1)).max(1));
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start, threads, cancel: &cancel };
    let (sender, receiver) = channel();
    let observer = Observer {
        sender,
        began: Instant::now(),
        told: planned.jobs.iter().map(|_| AtomicU64::new(0)).collect(),
        heard: observe.is_some(),
    };
    let (ended, failure) = std::thread::scope(|scope| {
        let jobs = &planned.jobs;
        let worker =
            scope.spawn(move || sweep(jobs, parallel, options, &|run, event| observer.observe(run, event)));
        let failure = pass_on(py, &Mutex::new(receiver), &planned, observe.as_ref(), &cancel);
        let ended = py.detach(|| worker.join());
        (ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), failure)
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let Plan { jobs, folder, notices, .. } = planned;
    let ended = jobs.into_iter().zip(ended).map(|(job, ended)| came_of(py, job.path, ended)).collect();
    Ok((folder, ended, notices))
}

fn came_of(py: Python<'_>, path: PathBuf, ended: Option<Result<Outcome, TrainError>>) -> Ended {
    match ended {
        None => (path, "not begun".into(), 0, None),
        Some(Ok(outcome)) => (path, outcome.status.to_string(), outcome.step, None),
        Some(Err(error)) => {
            let step = 0;
            (path, "failed".into(), step, Some(raised(py, error).into_value(py).into_any()))
        }
    }
}

/// Passes messages on until the runs have ended. An error in Python, Ctrl-C among them, stops the runs and is returned.
fn pass_on(
    py: Python<'_>,
    receiver: &Mutex<Receiver<Message>>,
    plan: &Plan,
    observe: Option<&Bound<'_, PyAny>>,
    cancel: &AtomicBool,
) -> Option<PyErr> {
    let mut failure: Option<PyErr> = None;
    let mut keep = |error: PyErr| {
        cancel.store(true, Ordering::Relaxed);
        // Ctrl-C counts before what it interrupted.
        if failure.as_ref().is_none_or(|_| error.is_instance_of::<PyKeyboardInterrupt>(py)) {
            failure = Some(error);
        }
    };
    loop {
        let next = py.detach(|| receiver.lock().expect("this thread alone takes it").recv_timeout(LOOK));
        match next {
            Ok(message) => {
                let told = observe.map(|observe| {
                    let dict = message.to_python(py, &plan.names[message.run])?;
                    observe.call1((dict,))?.is_truthy()
                });
                let stop = match told.unwrap_or(Ok(false)) {
                    Ok(stop) => stop,
                    Err(error) => {
                        keep(error);
                        true
                    }
                };
                if let Some(reply) = message.reply {
                    // The run may have ended for another reason.
                    let _ = reply.send(!stop);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Err(error) = py.check_signals() {
            keep(error);
        }
    }
    failure
}

/// A run that was planned: its folder, name and seed.
type Planned = (PathBuf, String, u64);

/// The wanted runs without training them: their common folder, and each of them.
#[pyfunction]
pub fn plan(py: Python<'_>, wanted: Wanted) -> PyResult<(PathBuf, Vec<Planned>, Vec<String>)> {
    let request = wanted.into_request(py)?;
    let planned = py.detach(|| runs::plan(&request)).map_err(|error| raised(py, error))?;
    let each = planned.jobs.iter().zip(&planned.names);
    let runs = each.map(|(job, name)| (job.path.clone(), name.clone(), job.spec.seed())).collect();
    Ok((planned.folder, runs, planned.notices))
}
