//! What the lab's tests share: a lab in this process, runs to look at, and a browser.

pub mod browser;
pub mod hand;
pub mod pictures;
pub mod runs;
pub mod silence;

use std::path::Path;
use std::time::{Duration, Instant};

use onset_lab::{Options, Server};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a condition may take to come true. Machines that test are often busy; nothing else depends on it.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits until `holds` returns true, and fails if it does not.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < TIMEOUT, "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A lab that ends with the test.
pub struct RunningLab {
    /// `127.0.0.1:…`
    pub host: String,
    /// What it printed to be opened.
    pub url: String,
    end: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl RunningLab {
    /// On the runs in `folder`, at a free port.
    pub async fn start(folder: &Path) -> Self {
        Self::with(Options { folder: folder.into(), port: Some(0), ..Options::default() }).await
    }

    /// With these options.
    pub async fn with(options: Options) -> Self {
        let server = Server::bind(&options).await.unwrap();
        let (host, url) = (format!("127.0.0.1:{}", server.address().port()), server.url());
        let (end, ended) = oneshot::channel::<()>();
        let served = tokio::spawn(server.run(async {
            let _ = ended.await;
        }));
        Self { host, url, end: Some(end), served }
    }

    /// Asks it to end, and waits until it has.
    pub async fn end(mut self) {
        let _ = self.end.take().unwrap().send(());
        self.served.await.unwrap();
    }

    /// Sends bytes on a new connection.
    pub async fn connect(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        // It may be closed before all is sent.
        let _ = stream.write_all(bytes).await;
        stream
    }

    /// The whole answer to a request of these lines; `Connection: close` is added.
    pub async fn raw(&self, lines: &[&str]) -> String {
        let request = format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n"));
        answer(self.connect(request.as_bytes()).await).await
    }

    /// The answer to a POST of JSON from the lab's own page, with more headers.
    pub async fn post(&self, path: &str, body: &str, headers: &[&str]) -> String {
        let own = format!("host: {0}\r\norigin: http://{0}\r\ncontent-type: application/json", self.host);
        let line = format!("POST {path} HTTP/1.1");
        let end = format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        // The body ends the request; what `raw` adds after it is not read.
        self.raw(&[&[line.as_str(), &own], headers, &[end.as_str()]].concat()).await
    }

    /// The answer to a GET.
    pub async fn get(&self, path: &str) -> String {
        self.raw(&[&format!("GET {path} HTTP/1.1"), &format!("host: {}", self.host)]).await
    }
}

/// What comes until the connection is closed.
pub async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status of an answer.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// The body of an answer in JSON.
pub fn json(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    // A body may come in chunks, whose lengths stand on lines of their own.
    let whole = if answer.to_lowercase().contains("transfer-encoding: chunked") {
        body.split("\r\n").skip(1).step_by(2).collect::<String>()
    } else {
        body.to_owned()
    };
    serde_json::from_str(&whole).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// A browser that shows the lab at an address (what follows the `#`, with it), in the light theme at 1400 × 900, with its controls and
/// figures drawn; none if no browser is installed. The folder of runs is empty.
pub async fn shown(hash: &str) -> Option<(browser::Browser, RunningLab, tempfile::TempDir)> {
    let browser = browser::Browser::start().await?;
    let folder = tempfile::tempdir().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    browser.set_dark(false).await;
    browser.set_size(1400, 900).await;
    browser.open(&format!("{}{hash}", lab.url)).await;
    browser.wait("document.querySelector('.live-presets button')").await;
    browser.wait("document.querySelector('.live-figures dd')").await;
    Some((browser, lab, folder))
}
