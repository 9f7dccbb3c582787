//! The lab, on a thread of its own.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use onset_lab::{LabError, Options, Server};
use pyo3::prelude::*;
use tokio::sync::oneshot;

use crate::errors::exception;
use crate::forked;

/// A lab that serves until it is closed.
#[pyclass(frozen, module = "onset._onset")]
pub struct Lab {
    #[pyo3(get)]
    url: String,
    running: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

#[pymethods]
impl Lab {
    /// Serves the runs in `folder` on this machine, at `port` or a free one.
    #[new]
    fn new(py: Python<'_>, folder: PathBuf, port: Option<u16>) -> PyResult<Self> {
        forked::check(py)?;
        let options = Options { folder, port, ..Options::default() };
        let (end, ended) = oneshot::channel::<()>();
        let (sender, receiver) = channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(sender.send(Err(LabError::Runtime(error)))),
            };
            runtime.block_on(async {
                match Server::bind(&options).await {
                    Ok(server) => {
                        // The caller waits for it.
                        let _ = sender.send(Ok(server.url()));
                        server.run(async { drop(ended.await) }).await;
                    }
                    Err(error) => drop(sender.send(Err(error))),
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("onset-lab".into()).spawn(serve)?;
        let receiver = Mutex::new(receiver);
        let bound = py.detach(|| receiver.lock().ok()?.recv().ok());
        match bound {
            Some(Ok(url)) => Ok(Self { url, running: Mutex::new(Some((end, thread))) }),
            Some(Err(error)) => Err(exception(py, "Error", &error.to_string(), None, None)),
            None => Err(exception(py, "Error", "the lab has stopped before it began", None, None)),
        }
    }

    /// Stops serving; a closed lab stays closed.
    fn close(&self, py: Python<'_>) {
        let running = self.running.lock().ok().and_then(|mut running| running.take());
        if let Some((end, thread)) = running {
            py.detach(|| {
                // It may have ended by itself; then nobody receives, and there is nothing to join.
                let _ = end.send(());
                let _ = thread.join();
            });
        }
    }
}
