//! Interactive training over HTTP: what is answered, what is refused, and what is streamed.

mod support;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

use support::{RunningLab, TIMEOUT, eventually, status};

/// A training that takes a moment.
fn small(steps: u64) -> Value {
    json!({ "vocabulary": 6, "length": 4, "width": 8, "batch": 4, "steps": steps })
}

async fn lab() -> (RunningLab, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (RunningLab::start(folder.path()).await, folder)
}

async fn post(lab: &RunningLab, path: &str, body: &str) -> String {
    let (host, origin) = (format!("host: {}", lab.host), format!("origin: http://{}", lab.host));
    let length = format!("content-length: {}", body.len());
    let lines = [&format!("POST {path} HTTP/1.1"), host.as_str(), &origin, "content-type: application/json"];
    let mut lines: Vec<&str> = lines.into_iter().collect();
    let tail = format!("{length}\r\nconnection: close\r\n\r\n{body}");
    lines.push(&tail);
    // The body ends the request; what `raw` adds after it is not read.
    lab.raw(&lines).await
}

fn json_of(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    // A body may come in chunks; JSON objects are between the first and the last brace.
    let (start, end) = (body.find('{').unwrap_or(0), body.rfind('}').map_or(0, |end| end + 1));
    serde_json::from_str(&body[start..end]).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

async fn start(lab: &RunningLab, setup: Value, run: bool) -> u64 {
    let body = json!({ "setup": setup, "speed": "fast", "run": run }).to_string();
    let answer = post(lab, "/api/live/sessions", &body).await;
    assert_eq!(status(&answer), 201, "{answer}");
    json_of(&answer)["id"].as_u64().unwrap()
}

async fn send(lab: &RunningLab, id: u64, what: Value) -> String {
    post(lab, &format!("/api/live/sessions/{id}/command"), &what.to_string()).await
}

/// The events of a training.
struct Events(BufReader<TcpStream>);

impl Events {
    async fn of(lab: &RunningLab, id: u64) -> Self {
        let request = format!("GET /api/live/sessions/{id}/events HTTP/1.1\r\nhost: {}\r\n\r\n", lab.host);
        Self(BufReader::new(lab.connect(request.as_bytes()).await))
    }

    async fn next(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            let read = tokio::time::timeout(TIMEOUT, self.0.read_line(&mut line));
            if read.await.expect("an event in time").unwrap() == 0 {
                return None;
            }
            if let Some(event) = line.trim_end().strip_prefix("event: ") {
                name = event.into();
            } else if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).unwrap()));
            }
        }
    }

    /// The first event of which `holds` is true.
    async fn until(&mut self, holds: impl Fn(&str, &Value) -> bool) -> Value {
        loop {
            let (name, value) = self.next().await.expect("the stream goes on");
            if holds(&name, &value) {
                return value;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_predicted_started_streamed_changed_and_ended() {
    let (lab, _folder) = lab().await;
    let preview = json_of(&post(&lab, "/api/live/preview", &small(60).to_string()).await);
    assert!(preview["prediction"]["curve"].as_array().unwrap().len() > 50);
    assert_eq!((&preview["point"]["step"], &preview["view"]["task"]), (&json!(0), &json!("copying")));
    assert_eq!(preview["view"]["heads"][0].as_array().unwrap().len(), 25);

    let id = start(&lab, small(60), false).await;
    let mut events = Events::of(&lab, id).await;
    let (name, snapshot) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &snapshot["status"]["state"]), ("snapshot", &json!("paused")));
    assert_eq!(snapshot["prediction"], preview["prediction"]);
    send(&lab, id, json!({ "do": "step", "steps": 1 })).await;
    events.until(|_, value| value["status"]["step"] == 1 && value["status"]["state"] == "paused").await;
    let change = json!({ "do": "change", "intervention": { "kind": "attention", "mode": "clamped" } });
    let applied = json_of(&send(&lab, id, change).await);
    assert_eq!(applied["applied"]["step"], 1);
    let update = events.until(|_, value| value["status"]["attention"] == "clamped").await;
    assert_eq!(update["points"].as_array().unwrap().last().unwrap()["attention"], 1.0);
    send(&lab, id, json!({ "do": "run" })).await;
    let last = events.until(|_, value| value["status"]["state"] == "finished").await;
    assert_eq!(last["status"]["step"], 60);

    // A late subscriber gets all of it.
    let (name, snapshot) = Events::of(&lab, id).await.next().await.unwrap();
    assert_eq!(name, "snapshot");
    let steps: Vec<u64> =
        snapshot["points"].as_array().unwrap().iter().map(|point| point["step"].as_u64().unwrap()).collect();
    assert_eq!((steps.first(), steps.last(), steps.len()), (Some(&0), Some(&60), 32));
    assert!(steps.is_sorted());

    send(&lab, id, json!({ "do": "end" })).await;
    let reason = events.until(|name, _| name == "end").await;
    assert_eq!(reason["reason"], "it was ended from a page");
    assert_eq!(status(&send(&lab, id, json!({ "do": "run" })).await), 404);
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_a_sentence() {
    let (lab, _folder) = lab().await;
    for (path, body, code, part) in [
        ("/api/live/preview", "{", 400, "JSON"),
        ("/api/live/preview", r#"{"widht": 3}"#, 422, "widht"),
        ("/api/live/preview", r#"{"width": 5000}"#, 422, "it must be from 4 to 128"),
        ("/api/live/preview", r#"{"vocabulary": -1}"#, 422, "vocabulary"),
        ("/api/live/preview", r#"{"length": 30}"#, 422, "only 24 words can be drawn"),
        ("/api/live/sessions", r#"{"setup": {"steps": 100000}}"#, 422, "from 1 to 5000"),
        ("/api/live/sessions", r#"{"setup": {}, "speed": "warp"}"#, 422, "warp"),
        ("/api/live/sessions/1/command", r#"{"do": "run"}"#, 404, "no longer exists"),
        ("/api/live/sessions/x/command", r#"{"do": "run"}"#, 404, "no longer exists"),
        ("/api/live/sessions/99999999999999999999999/command", r#"{"do": "run"}"#, 404, "no longer exists"),
    ] {
        let answer = post(&lab, path, body).await;
        assert_eq!(status(&answer), code, "{path} {body}: {answer}");
        let error = json_of(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(part), "{path} {body}: {error}");
    }
    assert_eq!(status(&lab.get("/api/live/sessions/7/events").await), 404);
    let huge = format!(r#"{{"task": "{}"}}"#, "x".repeat(200_000));
    assert_eq!(status(&post(&lab, "/api/live/preview", &huge).await), 413);

    let id = start(&lab, small(10), false).await;
    for (what, part) in [
        (json!({ "do": "dance" }), "dance"),
        (json!({ "do": "step" }), "steps"),
        (
            json!({ "do": "change", "intervention": { "kind": "learning_rate", "rate": -1 } }),
            "positive and finite",
        ),
        (
            json!({ "do": "change", "intervention": { "kind": "swap_head", "head": 3, "seed": 1 } }),
            "which has 1 head,",
        ),
        (
            json!({ "do": "change", "intervention": { "kind": "freeze", "group": "everything" } }),
            "everything",
        ),
    ] {
        let answer = send(&lab, id, what.clone()).await;
        assert_eq!(status(&answer), 422, "{what}: {answer}");
        let error = json_of(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(part), "{what}: {error}");
    }
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_can_start_nothing() {
    let (lab, _folder) = lab().await;
    let body = r#"{"setup": {}}"#;
    for origin in ["origin: http://elsewhere.example", "x-none: 1"] {
        let length = format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let host = format!("host: {}", lab.host);
        let lines =
            ["POST /api/live/sessions HTTP/1.1", &host, origin, "content-type: application/json", &length];
        assert_eq!(status(&lab.raw(&lines).await), 403, "{origin}");
    }
    assert_eq!(json_of(&lab.get("/api/live/sessions").await)["sessions"], json!([]));
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_sessions_is_bounded_and_those_without_subscribers_give_way() {
    let (lab, _folder) = lab().await;
    let capacity = json_of(&lab.get("/api/live/sessions").await)["capacity"].as_u64().unwrap();
    let mut subscribed = Vec::new();
    for _ in 0..capacity {
        let id = start(&lab, small(5000), true).await;
        let mut events = Events::of(&lab, id).await;
        events.next().await.unwrap();
        subscribed.push(events);
    }
    let body = json!({ "setup": small(10) }).to_string();
    let refused = post(&lab, "/api/live/sessions", &body).await;
    assert_eq!(status(&refused), 429, "{refused}");
    assert!(json_of(&refused)["error"].as_str().unwrap().contains("which is the maximum"));
    // One of them gives way as soon as the lab notices that its subscriber is gone.
    drop(subscribed.remove(0));
    eventually("a session gives way", async || status(&post(&lab, "/api/live/sessions", &body).await) == 201)
        .await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_with_the_lab_and_divergence_is_reported() {
    let (lab, _folder) = lab().await;
    let id =
        start(&lab, json!({ "optimizer": "sgd", "learning_rate": 10, "steps": 5000, "width": 8 }), false)
            .await;
    let rate = json!({ "kind": "learning_rate", "rate": 1e38 });
    send(&lab, id, json!({ "do": "change", "intervention": rate })).await;
    let mut events = Events::of(&lab, id).await;
    send(&lab, id, json!({ "do": "run" })).await;
    let over = events.until(|_, value| value["status"]["state"] == "diverged").await;
    assert!(over["status"]["message"].as_str().unwrap().contains("lower it"), "{over}");
    // The stream ends by itself, with a reason, and does not wait to be cut off.
    lab.end().await;
    let reason = events.until(|name, _| name == "end").await;
    assert_eq!(reason["reason"], "the lab was shut down");
}
