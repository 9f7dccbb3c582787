//! A way to the lab that can fall silent without closing a connection, as a network does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Passes on what comes to a port of its own, unless it is silent.
pub struct Way {
    /// Where it is reached: `127.0.0.1:…`.
    pub host: String,
    silent: Arc<AtomicBool>,
}

impl Way {
    /// A way to the lab at `lab`, a host with a port of as many digits as this one's.
    pub async fn to(lab: &str) -> Self {
        let digits = |host: &str| host.rsplit(':').next().unwrap().len();
        let (listener, host) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let host = listener.local_addr().unwrap().to_string();
            if digits(&host) == digits(lab) {
                break (listener, host);
            }
        };
        let silent = Arc::new(AtomicBool::new(false));
        let way = Self { host: host.clone(), silent: Arc::clone(&silent) };
        let lab = lab.to_owned();
        tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&lab).await else { continue };
                let ((from, to), (back_from, back_to)) = (browser.into_split(), server.into_split());
                // The lab answers only to its own name.
                let names = (host.clone(), lab.clone());
                tokio::spawn(pass(from, back_to, Some(names), Arc::clone(&silent)));
                tokio::spawn(pass(back_from, to, None, Arc::clone(&silent)));
            }
        });
        way
    }

    /// Passes nothing on any more, or again.
    pub fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    names: Option<(String, String)>,
    silent: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        while silent.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if let Some((own, lab)) = &names {
            for at in 0..read.saturating_sub(own.len() - 1) {
                if &buffer[at..at + own.len()] == own.as_bytes() {
                    buffer[at..at + own.len()].copy_from_slice(lab.as_bytes());
                }
            }
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
