//! Requests to the lab, as bytes on a connection.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use onset_lab::{Options, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::Target;

/// The head of a request, with a body behind an empty line; `HOST` stands for the lab's own, and `LENGTH` for that of the body.
pub const HTTP: Target = Target { name: "http", run: http, seeds, words: WORDS };

const WORDS: &[&str] = &[
    "GET ",
    "POST ",
    "HEAD ",
    "DELETE ",
    "/api/runs",
    "/api/run?run=",
    "/api/curves?score=loss&runs=",
    "/api/run/example?run=",
    "&example=",
    "&split=training",
    "&layer=",
    "&head=",
    "/api/live/preview",
    "/api/live/sessions",
    "/api/live/sessions/1/command",
    "/api/stream?runs=true&sessions=",
    "/api/lab",
    "/login",
    "/?watch=",
    "onset-key: ",
    "same",
    "texts",
    "pairs",
    "%2e%2e%2f",
    "%00",
    "%ff",
    "..",
    "[]",
    "[\"same\"]",
    "{}",
    "\"task\":\"copying\"",
    "\"vocabulary\":",
    "\"length\":",
    "\"width\":",
    "\"heads\":",
    "\"steps\":",
    "\"batch\":",
    "\"do\":\"run\"",
    "\"speed\":",
    "null",
    "-1",
    "1e999",
    "18446744073709551615",
    "\r\n",
    "transfer-encoding: chunked",
    "content-length: ",
    "host: ",
    "origin: ",
    "cookie: ",
    "connection: upgrade",
    "expect: 100-continue",
    "range: bytes=0-",
    "HTTP/1.0",
    "HTTP/2.0",
];

/// A lab that ends with the process, on runs of an earlier version.
static LAB: LazyLock<(Runtime, String)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("the system has threads");
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../onset/tests/earlier")).to_owned();
    let options = Options { folder, port: Some(0), ..Options::default() };
    let server = runtime.block_on(Server::bind(&options)).expect("the loopback address can be listened on");
    let host = format!("127.0.0.1:{}", server.address().port());
    runtime.spawn(server.run(std::future::pending()));
    (runtime, host)
});

fn http(bytes: &[u8]) -> String {
    let (runtime, host) = &*LAB;
    let text = String::from_utf8_lossy(bytes).replace("HOST", host);
    let body = text.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
    let text = text.replace("LENGTH", &body.to_string());
    let answer = runtime.block_on(async {
        let Ok(mut stream) = TcpStream::connect(host).await else { return Vec::new() };
        // It may be closed before all is sent.
        let _ = stream.write_all(text.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut head = vec![0; 400];
        // A stream of events does not end; its head is enough.
        let read = timeout(Duration::from_secs(20), stream.read(&mut head)).await;
        head.truncate(read.map_or(0, |read| read.unwrap_or(0)));
        head
    });
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
    assert!(status != "500", "a request is answered by 500: {answer}");
    let path: String =
        text.split(' ').nth(1).unwrap_or_default().split(['?', '%']).next().unwrap_or_default().into();
    let known =
        if status != "404" && path.starts_with("/api") && path.len() < 40 { path } else { String::new() };
    format!("{status} {known}")
}

fn seeds() -> Vec<Vec<u8>> {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: HOST\r\nconnection: close\r\n\r\n");
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: HOST\r\norigin: http://HOST\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: LENGTH\r\n\r\n{body}"
        )
    };
    let small = "\"vocabulary\": 6, \"length\": 4, \"width\": 8, \"batch\": 4, \"steps\": 20";
    [
        get("/"),
        get("/main.js"),
        get("/api/runs"),
        get("/api/run?run=copying%2Fsame"),
        get("/api/run/examples?run=texts&split=training&containing=a&wrong=true"),
        get("/api/run/example?run=texts&split=validation&example=0&layer=0&head=0"),
        get("/api/run/words?run=pairs"),
        get("/api/run/word?run=texts&word=win"),
        get("/api/curves?score=loss&seeds=true&runs=%5B%22copying%2Fsame%22%2C%22texts%22%5D"),
        get("/api/events"),
        get("/api/live/presets"),
        get("/api/lab"),
        get("/api/stream?runs=true&trainings=true&sessions=1.2"),
        get("/?watch=1"),
        get("/api/live/sessions"),
        post("/api/live/preview", &format!("{{{small}}}")),
        post("/api/live/preview", &format!("{{\"task\": \"keyword\", {small}}}")),
        post("/api/live/sessions", &format!("{{\"setup\": {{{small}}}, \"run\": false}}")),
        post("/api/live/sessions/1/command", "{\"do\": \"step\", \"steps\": 2}"),
        post("/api/live/sessions/1/command", "{\"do\": \"end\"}"),
    ]
    .map(String::into_bytes)
    .into()
}
