//! The cost of subscribers: one training at full speed, with zero, one and fifty subscribers over loopback.
//!
//! `cargo run --release -p onset-bench --bin watchers` prints the table of docs/benchmarks.md.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onset::live::Setup;
use onset_lab::{Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Steps of each training.
const STEPS: u64 = 2000;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What one subscriber received.
#[derive(Default)]
struct Seen {
    updates: usize,
    /// The number of times that a snapshot was sent again because the subscriber had fallen behind.
    caught_up: usize,
    bytes: usize,
    delays: Vec<f64>,
    steps_per_second: f64,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Outcome<()> {
    let folder = std::env::temp_dir();
    let options = Options { folder, port: Some(0), ..Options::default() };
    let server = Server::bind(&options).await?;
    let host = format!("127.0.0.1:{}", server.address().port());
    let (end, ended) = oneshot::channel::<()>();
    let served = tokio::spawn(server.run(async {
        let _ = ended.await;
    }));
    println!(
        "| subscribers | steps/s | updates per subscriber | times resynchronised | total MB/s | delay, median | delay, largest |"
    );
    println!("|---|---|---|---|---|---|---|");
    for watchers in [0, 1, 50] {
        println!("{}", measure(&host, watchers).await?);
    }
    let _ = end.send(());
    served.await?;
    Ok(())
}

async fn measure(host: &str, watchers: usize) -> Outcome<String> {
    let setup = Setup { steps: STEPS, ..Setup::default() };
    let body = json!({ "setup": setup, "pace": "fast", "run": false });
    let id = request(host, "POST", "/api/live/sessions", &body).await?["id"].as_u64().ok_or("no number")?;
    let watching: Vec<_> = (0..watchers).map(|_| tokio::spawn(watch(host.to_owned(), id))).collect();
    // All subscribers must be connected before training starts.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let command = format!("/api/live/sessions/{id}/command");
    let begun = Instant::now();
    request(host, "POST", &command, &json!({ "do": "run" })).await?;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let all = request(host, "GET", "/api/live/sessions", &Value::Null).await?;
        if all["sessions"][0]["status"]["state"] == "finished" {
            break;
        }
    }
    let rate = STEPS as f64 / begun.elapsed().as_secs_f64();
    let mut seen = Vec::new();
    for watcher in watching {
        seen.push(watcher.await??);
    }
    request(host, "POST", &command, &json!({ "do": "end" })).await?;
    let seconds = STEPS as f64 / rate;
    let rate = seen.first().map_or(rate, |seen: &Seen| seen.steps_per_second.max(rate));
    let mut delays: Vec<f64> = seen.iter().flat_map(|seen| seen.delays.iter().copied()).collect();
    delays.sort_by(f64::total_cmp);
    let fewest = seen.iter().map(|seen| seen.updates).min().unwrap_or(0);
    let most = seen.iter().map(|seen| seen.updates).max().unwrap_or(0);
    let caught_up: usize = seen.iter().map(|seen| seen.caught_up).sum();
    let bytes: usize = seen.iter().map(|seen| seen.bytes).sum();
    let delay = |at: usize| delays.get(at).map_or("–".into(), |delay| format!("{delay:.1} ms"));
    Ok(format!(
        "| {watchers} | {rate:.0} | {fewest}–{most} | {caught_up} | {:.1} | {} | {} |",
        bytes as f64 / seconds / 1e6,
        delay(delays.len() / 2),
        delay(delays.len().saturating_sub(1)),
    ))
}

/// Follows a training until it has finished.
async fn watch(host: String, id: u64) -> Outcome<Seen> {
    let mut stream = TcpStream::connect(&host).await?;
    let head = format!("GET /api/live/sessions/{id}/events HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut lines = BufReader::new(stream);
    let (mut seen, mut name, mut line) = (Seen::default(), String::new(), String::new());
    loop {
        line.clear();
        let read = lines.read_line(&mut line).await?;
        if read == 0 {
            return Err("the stream broke off".into());
        }
        seen.bytes += read;
        if let Some(event) = line.trim_end().strip_prefix("event: ") {
            name = event.to_owned();
        }
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let arrived = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1e3;
        let told: Value = serde_json::from_str(data)?;
        if name == "update" {
            seen.updates += 1;
            seen.delays.push(arrived - told["time"].as_f64().ok_or("an update has a time")?);
        } else {
            seen.caught_up += 1;
        }
        if let Some(rate) = told["status"]["steps_per_second"].as_f64() {
            seen.steps_per_second = rate;
        }
        if told["status"]["state"] == "finished" {
            // Every subscriber starts with a snapshot.
            seen.caught_up -= 1;
            return Ok(seen);
        }
    }
}

/// Sends a request and returns the JSON of the response.
async fn request(host: &str, method: &str, path: &str, body: &Value) -> Outcome<Value> {
    let mut stream = TcpStream::connect(host).await?;
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").ok_or("an answer has a body")?.1;
    Ok(serde_json::from_str(body)?)
}
