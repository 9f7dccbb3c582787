//! Accepts connections, and shuts down.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use crate::address::listen;
use crate::error::LabError;
use crate::guard::{Guard, Hosts, Token};
use crate::lab::{Lab, MAX_PREPARING, MAX_READING};
use crate::live::{Limits, Sessions};
use crate::options::Options;
use crate::permits::Permits;
use crate::reach::{addresses_for_others, loopback_of};
use crate::routes::router;
use crate::run_folder::RunFolder;
use crate::short_answers::{AT_CAPACITY, ShortAnswers};
use crate::trainings::Trainings;

/// Maximum number of connections; a browser opens at most six to a server.
const MAX_CONNECTIONS: usize = 256;

/// Timeout for the head of a request, and for idle connections.
const HEADER_TIMEOUT: Duration = Duration::from_secs(20);

/// Timeout for a client that does not accept data.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for open connections to end on shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// A lab that listens, but does not respond yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    lab: Arc<Lab>,
    guard: Arc<Guard>,
    shutdown: watch::Sender<bool>,
}

impl Server {
    /// Listens at the address of `options`.
    pub async fn bind(options: &Options) -> Result<Self, LabError> {
        let folder = options.folder.canonicalize();
        let folder = folder.and_then(|folder| std::fs::read_dir(&folder).map(|_| folder));
        let folder = folder.map_err(|source| LabError::Folder { path: options.folder.clone(), source })?;
        let listener = listen(options).await?;
        let address = listener.local_addr().map_err(LabError::Runtime)?;
        let loopback = address.ip().is_loopback();
        let token = match (&options.token, loopback) {
            (None, true) => None,
            (chosen, _) => Some(Token::new(chosen.as_deref(), address.port())?),
        };
        let hosts = Hosts::new(address.port(), loopback, &options.host_names);
        let (shutdown, shutting_down) = watch::channel(false);
        let lab = Arc::new(Lab {
            trainings: Trainings::new(folder.clone()),
            runs: RunFolder::new(folder),
            shutting_down,
            sessions: Sessions::new(Limits { pause_after: options.pause_after, ..Limits::default() }),
            preparing: Permits::new(MAX_PREPARING),
            reading: Permits::new(MAX_READING),
            addresses: addresses_for_others(address, &options.host_names),
        });
        let guard = Arc::new(Guard { hosts, token, port: address.port(), lab: Arc::clone(&lab) });
        Ok(Self { listener, address, lab, guard, shutdown })
    }

    /// The address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open in a browser, with the token if one is required. If the lab listens to other machines, it is
    /// one that they can use too.
    pub fn url(&self) -> String {
        let own = || {
            let mut address = self.address;
            // The unspecified address is for listening, not for connecting.
            if address.ip().is_unspecified() {
                address.set_ip(loopback_of(address.ip()));
            }
            format!("http://{address}")
        };
        let base = self.lab.addresses.first().cloned().unwrap_or_else(own);
        match &self.guard.token {
            Some(token) => format!("{base}/?token={}", token.secret()),
            None => format!("{base}/"),
        }
    }

    /// Serves until `end`. Then open connections are asked to end and, after a moment, closed.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let router = router(Arc::clone(&self.lab), self.guard);
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut end = pin!(end);
        loop {
            let accepted = tokio::select! {
                () = &mut end => break,
                accepted = self.listener.accept() => accepted,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                // Such as too many open files: some will close.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            match Arc::clone(&permits).try_acquire_owned() {
                Ok(permit) => {
                    let (router, lab) = (router.clone(), Arc::clone(&self.lab));
                    connections.spawn(async move {
                        answer(stream, router, &lab).await;
                        drop(permit);
                    });
                }
                Err(_) => refuse(stream).await,
            }
        }
        // There are no receivers if there are no connections.
        let _ = self.shutdown.send(true);
        drop(self.listener);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, all).await;
        let lab = self.lab;
        // A panic in it has been told, and the lab ends anyway.
        let _ = tokio::task::spawn_blocking(move || lab.trainings.end()).await;
    }
}

/// Serves the requests of one connection.
async fn answer(stream: TcpStream, router: Router, lab: &Lab) {
    let service = TowerToHyperService::new(router);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(ShortAnswers::new(Box::pin(stream))), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // The reason for a disconnection does not matter.
        _ = connection.as_mut() => return,
        () = lab.shutdown() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Responds that there are too many connections, without waiting for the request.
async fn refuse(mut stream: TcpStream) {
    let _ = tokio::time::timeout(Duration::from_millis(100), stream.write_all(AT_CAPACITY.as_bytes())).await;
}

/// Serves until Ctrl-C or a termination request; `ready` is called with the address to open.
pub fn serve_until_interrupted(options: &Options, ready: impl FnOnce(&str)) -> Result<(), LabError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(LabError::Runtime)?;
    let done: Result<(), LabError> = runtime.block_on(async {
        let server = Server::bind(options).await?;
        let interrupted = interruption().map_err(LabError::Runtime)?;
        ready(&server.url());
        server.run(interrupted).await;
        Ok(())
    });
    // Work on files whose result is no longer needed ends with the process.
    runtime.shutdown_background();
    done
}

/// Waits for Ctrl-C and, on Unix, for a termination request.
fn interruption() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
