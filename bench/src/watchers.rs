//! The cost of subscribers: one training at full speed, with zero to two hundred subscribers over loopback, none of which may change it.
//!
//! `cargo run --release -p onset-bench --bin watchers` prints the table of docs/benchmarks.md. `--steps N` makes each training
//! shorter; `--soak MINUTES` trains one after the other with fifty subscribers instead, and tells how the memory grows.

mod process;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onset::live::Setup;
use onset_lab::{Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use process::megabytes;

/// Steps of each training, unless the command says otherwise.
const STEPS: u64 = 2000;

/// Subscribers while memory is watched.
const SOAKED: usize = 50;

/// Memory may grow by so many megabytes after the first fifth of the time: allocators keep some of what they had.
const GROWTH: u64 = 32;

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

/// A training, and what permits to change it.
struct Training {
    id: String,
    key: String,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Outcome<()> {
    // As `onset` does.
    onset::return_freed_memory();
    let mut arguments = std::env::args().skip(1);
    let (mut steps, mut soak) = (STEPS, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("usage: watchers [--steps N] [--soak MINUTES]")?;
        match argument.as_str() {
            "--steps" => {
                steps = value.parse().map_err(|_| format!("--steps takes a whole number, not {value}"))?
            }
            "--soak" => {
                soak = Some(value.parse::<f64>().map_err(|_| format!("--soak takes minutes, not {value}"))?);
            }
            other => return Err(format!("there is no option {other}").into()),
        }
    }
    let folder = std::env::temp_dir();
    let options = Options { folder, port: Some(0), ..Options::default() };
    let server = Server::bind(&options).await?;
    let host = format!("127.0.0.1:{}", server.address().port());
    let (end, ended) = oneshot::channel::<()>();
    let served = tokio::spawn(server.run(async {
        let _ = ended.await;
    }));
    match soak {
        Some(minutes) => watch_memory(&host, steps, minutes).await?,
        None => compare(&host, steps).await?,
    }
    let _ = end.send(());
    served.await?;
    Ok(())
}

async fn compare(host: &str, steps: u64) -> Outcome<()> {
    println!(
        "| subscribers | steps/s | updates per subscriber | times resynchronised | total MB/s | delay, median | delay, largest |"
    );
    println!("|---|---|---|---|---|---|---|");
    for watchers in [0, 1, 50, 200] {
        println!("{}", measure(host, watchers, steps).await?);
    }
    Ok(())
}

/// Trains for so many minutes. Errors if memory grows.
async fn watch_memory(host: &str, steps: u64, minutes: f64) -> Outcome<()> {
    let (begun, whole) = (Instant::now(), Duration::from_secs_f64(60.0 * minutes));
    let (mut trainings, mut early, mut largest) = (0, None, 0);
    while begun.elapsed() < whole {
        measure(host, SOAKED, steps).await?;
        trainings += 1;
        let now = megabytes("VmRSS");
        if begun.elapsed() > whole / 5 {
            early = early.or(Some(now));
        }
        largest = largest.max(now);
    }
    let (early, last) = (early.unwrap_or(largest), megabytes("VmRSS"));
    println!(
        "{trainings} trainings of {steps} steps with {SOAKED} subscribers in {:.1} minutes: {early} MB after a fifth of the time, {last} MB \
         at the end, {largest} MB at most",
        begun.elapsed().as_secs_f64() / 60.0
    );
    if last > early + GROWTH { Err("memory grows".into()) } else { Ok(()) }
}

async fn measure(host: &str, watchers: usize, steps: u64) -> Outcome<String> {
    let setup = Setup { steps: steps.min(5000), ..Setup::default() };
    let body = json!({ "setup": setup, "speed": "fast", "run": false });
    let begun = request(host, "POST", "/api/live/sessions", "", &body).await?;
    let text = |name: &str| begun[name].as_str().map(String::from).ok_or(format!("no {name}: {begun}"));
    let training = Training { id: text("id")?, key: text("key")? };
    let (connecting, mut connected) = mpsc::channel::<()>(1);
    let watching: Vec<_> = (0..watchers)
        .map(|_| tokio::spawn(watch(host.to_owned(), training.id.clone(), connecting.clone())))
        .collect();
    // All subscribers must be connected before training starts: each then drops its end of the channel.
    drop(connecting);
    while connected.recv().await.is_some() {}
    let begun = Instant::now();
    training.tell(host, "run").await?;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let all = request(host, "GET", "/api/live/sessions", "", &Value::Null).await?;
        if all["sessions"][0]["status"]["state"] == "finished" {
            break;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mut seen = Vec::new();
    for watcher in watching {
        seen.push(watcher.await??);
    }
    training.tell(host, "end").await?;
    let rate = setup.steps as f64 / seconds;
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

impl Training {
    /// Sends it a command.
    async fn tell(&self, host: &str, command: &str) -> Outcome<()> {
        let path = format!("/api/live/sessions/{}/command", self.id);
        let answer = request(host, "POST", &path, &self.key, &json!({ "do": command })).await?;
        match answer["error"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

/// Follows a training until it has finished; drops `connecting` once it has the first snapshot.
async fn watch(host: String, id: String, connecting: mpsc::Sender<()>) -> Outcome<Seen> {
    let mut stream = TcpStream::connect(&host).await?;
    let head = format!("GET /api/live/sessions/{id}/events HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut lines = BufReader::new(stream);
    let (mut seen, mut name, mut line) = (Seen::default(), String::new(), String::new());
    let mut connecting = Some(connecting);
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
        connecting.take();
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
async fn request(host: &str, method: &str, path: &str, key: &str, body: &Value) -> Outcome<Value> {
    let mut stream = TcpStream::connect(host).await?;
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncontent-type: application/json\r\n\
         onset-key: {key}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").ok_or("an answer has a body")?.1;
    Ok(serde_json::from_str(body)?)
}
