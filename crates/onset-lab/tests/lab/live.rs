//! Interactive training over HTTP: what is answered, what is refused, and what is streamed.

use std::time::{Duration, Instant};

use onset_lab::Options;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

use crate::support::{RunningLab, TIMEOUT, eventually, status};

/// A training that takes a moment.
fn small(steps: u64) -> Value {
    json!({ "vocabulary": 6, "length": 4, "width": 8, "batch": 4, "steps": steps })
}

async fn lab() -> (RunningLab, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (RunningLab::start(folder.path()).await, folder)
}

async fn post(lab: &RunningLab, path: &str, body: &str) -> String {
    lab.post(path, body, &[]).await
}

fn json_of(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    // A body may come in chunks; JSON objects are between the first and the last brace.
    let (start, end) = (body.find('{').unwrap_or(0), body.rfind('}').map_or(0, |end| end + 1));
    serde_json::from_str(&body[start..end]).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// A training: its id, by which it is watched, and the key to change it.
struct Training {
    id: String,
    key: String,
}

async fn start(lab: &RunningLab, setup: Value, run: bool) -> Training {
    let body = json!({ "setup": setup, "speed": "fast", "run": run }).to_string();
    let answer = post(lab, "/api/live/sessions", &body).await;
    assert_eq!(status(&answer), 201, "{answer}");
    let answer = json_of(&answer);
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Training { id: text("id"), key: text("key") }
}

async fn send(lab: &RunningLab, training: &Training, what: Value) -> String {
    let key = format!("onset-key: {}", training.key);
    lab.post(&format!("/api/live/sessions/{}/command", training.id), &what.to_string(), &[&key]).await
}

async fn listed(lab: &RunningLab) -> Vec<Value> {
    json_of(&lab.get("/api/live/sessions").await)["sessions"].as_array().unwrap().clone()
}

/// The events of a training.
struct Events(BufReader<TcpStream>);

impl Events {
    async fn of(lab: &RunningLab, training: &Training) -> Self {
        Self::at(lab, &format!("/api/live/sessions/{}/events", training.id)).await
    }

    async fn at(lab: &RunningLab, path: &str) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", lab.host);
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
    let mut events = Events::of(&lab, &id).await;
    let (name, snapshot) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &snapshot["status"]["state"]), ("snapshot", &json!("paused")));
    assert_eq!(snapshot["prediction"], preview["prediction"]);
    send(&lab, &id, json!({ "do": "step", "steps": 1 })).await;
    events.until(|_, value| value["status"]["step"] == 1 && value["status"]["state"] == "paused").await;
    let change = json!({ "do": "change", "intervention": { "kind": "attention", "mode": "clamped" } });
    let applied = json_of(&send(&lab, &id, change).await);
    assert_eq!(applied["applied"]["step"], 1);
    let update = events.until(|_, value| value["status"]["attention"] == "clamped").await;
    assert_eq!(update["points"].as_array().unwrap().last().unwrap()["attention"], 1.0);
    send(&lab, &id, json!({ "do": "run" })).await;
    let last = events.until(|_, value| value["status"]["state"] == "finished").await;
    assert_eq!(last["status"]["step"], 60);

    // A late subscriber gets all of it.
    let (name, snapshot) = Events::of(&lab, &id).await.next().await.unwrap();
    assert_eq!(name, "snapshot");
    let steps: Vec<u64> =
        snapshot["points"].as_array().unwrap().iter().map(|point| point["step"].as_u64().unwrap()).collect();
    assert_eq!((steps.first(), steps.last(), steps.len()), (Some(&0), Some(&60), 32));
    assert!(steps.is_sorted());

    send(&lab, &id, json!({ "do": "end" })).await;
    let reason = events.until(|name, _| name == "end").await;
    assert_eq!(reason["reason"], "it was ended from a page");
    assert_eq!(status(&send(&lab, &id, json!({ "do": "run" })).await), 404);
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_a_sentence() {
    let (lab, _folder) = lab().await;
    for (path, body, code, part) in [
        ("/api/live/preview", "{", 400, "not JSON"),
        ("/api/live/preview", "[]", 400, "must be a JSON object"),
        (
            "/api/live/preview",
            r#"{"widht": 3}"#,
            422,
            "a setup has no “widht”, or not such a one; it has task, vocabulary",
        ),
        ("/api/live/preview", r#"{"width": 5000}"#, 422, "it must be from 4 to 128"),
        ("/api/live/preview", r#"{"vocabulary": -1}"#, 422, "the vocabulary size cannot be -1"),
        ("/api/live/preview", r#"{"seed": 99999999999999999999}"#, 422, "it is too large"),
        (
            "/api/live/preview",
            r#"{"vocabulary": null}"#,
            422,
            "cannot be empty in the lab: it must be a whole number",
        ),
        ("/api/live/preview", r#"{"length": 30}"#, 422, "only 24 words can be drawn"),
        ("/api/live/sessions", r#"{"setup": {"steps": 100000}}"#, 422, "from 1 to 5000"),
        ("/api/live/sessions", r#"{"setup": {}, "speed": "warp"}"#, 422, "slow, steady or fast, not “warp”"),
        ("/api/live/sessions", r#"{"setup": {}, "preset": "mine"}"#, 422, "there is no preset “mine”"),
        ("/api/live/sessions", r#"{"setup": {}, "run": "yes"}"#, 422, "true or false"),
        ("/api/live/sessions", r#"{"setup": {}, "rum": true}"#, 422, "“rum”, which means nothing here"),
        ("/api/live/sessions", "{}", 422, "needs its `setup`"),
        ("/api/live/sessions/1/command", r#"{"do": "run"}"#, 404, "no longer exists"),
        ("/api/live/sessions/x/command", r#"{"do": "run"}"#, 404, "no longer exists"),
        ("/api/live/sessions/99999999999999999999999/command", r#"{"do": "run"}"#, 404, "no longer exists"),
    ] {
        let answer = post(&lab, path, body).await;
        assert_eq!(status(&answer), code, "{path} {body}: {answer}");
        let error = json_of(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(part), "{path} {body}: {error}");
        assert_plain(&error);
    }
    assert_eq!(status(&lab.get("/api/live/sessions/7/events").await), 404);
    let huge = format!(r#"{{"task": "{}"}}"#, "x".repeat(200_000));
    assert_eq!(status(&post(&lab, "/api/live/preview", &huge).await), 413);

    let id = start(&lab, small(10), false).await;
    for (what, part) in [
        (json!({ "do": "dance" }), "there is no command “dance”"),
        (json!({}), "there is no command none"),
        (json!({ "do": "step" }), "steps"),
        (json!({ "do": "run", "steps": 3 }), "which means nothing here"),
        (json!({ "do": "speed", "speed": 3 }), "slow, steady or fast, not 3"),
        (json!({ "do": "change" }), "needs an `intervention`"),
        (
            json!({ "do": "change", "intervention": { "kind": "swap_head", "head": 0, "seed": 1e20 } }),
            "the seed must be a whole number",
        ),
        (
            json!({ "do": "change", "intervention": { "kind": "learning_rate", "rate": "x" } }),
            "the learning rate must be a number, not “x”",
        ),
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
        let answer = send(&lab, &id, what.clone()).await;
        assert_eq!(status(&answer), 422, "{what}: {answer}");
        let error = json_of(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(part), "{what}: {error}");
        assert_plain(&error);
    }
    lab.end().await;
}

/// Fails if a sentence has the words of a parser, or keys of a configuration.
fn assert_plain(error: &str) {
    for word in [
        "deserialize",
        "expected",
        "invalid type",
        "unknown field",
        "variant",
        "column",
        "u64",
        "learning_rate =",
        "model.",
    ] {
        assert!(!error.contains(word), "{word}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn why_there_is_no_prediction_is_said_without_keys_of_a_configuration() {
    let (lab, _folder) = lab().await;
    for setup in [
        json!({ "attention": "uniform" }),
        json!({ "attention": "uniform", "task": "keyword" }),
        json!({ "task": "induction", "vocabulary": 3, "length": 12, "width": 16, "heads": 2 }),
        json!({ "learning_rate": 10, "optimizer": "sgd", "steps": 5000 }),
    ] {
        let preview = json_of(&post(&lab, "/api/live/preview", &setup.to_string()).await);
        let reason = preview["prediction"]["beyond"].as_str().unwrap_or_else(|| panic!("{setup}"));
        assert!(
            !reason.is_empty() && !reason.contains(['=', '_', '"']) && !reason.contains("model."),
            "{reason}"
        );
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
async fn few_trainings_run_at_once_and_those_without_a_page_are_paused_for_others() {
    let (lab, _folder) = lab().await;
    let most = json_of(&lab.get("/api/live/sessions").await)["running"].as_u64().unwrap();
    let mut watched = Vec::new();
    for _ in 0..most {
        let training = start(&lab, small(5000), true).await;
        let mut events = Events::of(&lab, &training).await;
        events.until(|_, value| value["status"]["state"] == "running").await;
        watched.push((training, events));
    }
    let body = json!({ "setup": small(10), "run": true }).to_string();
    let refused = post(&lab, "/api/live/sessions", &body).await;
    assert_eq!(status(&refused), 429, "{refused}");
    assert!(json_of(&refused)["error"].as_str().unwrap().contains("in the list of trainings"), "{refused}");
    // One more may be open, but not run.
    let paused = start(&lab, small(10), false).await;
    assert_eq!(status(&send(&lab, &paused, json!({ "do": "run" })).await), 429);
    // One is paused as soon as the lab notices that its page is gone, and is kept.
    let (left, events) = watched.remove(0);
    drop(events);
    eventually("the other runs", async || status(&send(&lab, &paused, json!({ "do": "run" })).await) == 200)
        .await;
    let mut events = Events::of(&lab, &left).await;
    let (_, snapshot) = events.next().await.unwrap();
    assert_eq!(snapshot["unwatched"], true, "{snapshot}");
    assert!(listed(&lab).await.iter().any(|each| each["id"] == left.id.as_str()));
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_no_page_shows_is_paused_and_kept_and_goes_on_when_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        folder: folder.path().into(),
        port: Some(0),
        pause_after: Duration::from_millis(300),
        ..Options::default()
    };
    let lab = RunningLab::with(options).await;
    let setup = json!({ "vocabulary": 6, "length": 4, "width": 8, "batch": 4, "steps": 5000 });
    let body = json!({ "setup": setup, "speed": "slow", "run": true, "preset": "hard" }).to_string();
    let answer = json_of(&post(&lab, "/api/live/sessions", &body).await);
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let training = Training { id: text("id"), key: text("key") };
    // While it is watched it goes on, however long that is.
    let mut events = Events::of(&lab, &training).await;
    events.until(|_, value| value["status"]["step"].as_u64() > Some(6)).await;
    drop(events);
    eventually("it is paused", async || {
        let list = listed(&lab).await;
        list[0]["unwatched"] == true && list[0]["status"]["state"] == "paused"
    })
    .await;
    // It says so, with the preset that it was made from and all of its curve, and nothing is lost.
    let mut events = Events::of(&lab, &training).await;
    let (name, snapshot) = events.next().await.unwrap();
    assert_eq!(
        (name.as_str(), &snapshot["unwatched"], &snapshot["preset"]),
        ("snapshot", &json!(true), &json!("hard"))
    );
    let step = snapshot["status"]["step"].as_u64().unwrap();
    assert!(step > 6, "{step}");
    let points = snapshot["points"].as_array().unwrap();
    assert_eq!((&points[0]["step"], &points.last().unwrap()["step"]), (&json!(0), &json!(step)));
    send(&lab, &training, json!({ "do": "run" })).await;
    events.until(|_, value| value["status"]["step"].as_u64() > Some(step)).await;
    assert_eq!(listed(&lab).await[0]["unwatched"], false);
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_takes_the_name_of_a_training_and_changing_it_takes_its_key() {
    let (lab, _folder) = lab().await;
    let [one, two] = [start(&lab, small(5000), false).await, start(&lab, small(5000), false).await];
    let path = format!("/api/live/sessions/{}/command", one.id);
    let other = format!("onset-key: {}", two.key);
    let name = format!("onset-key: {}", one.id);
    for headers in [&[][..], &["onset-key: "], &[other.as_str()], &[name.as_str()]] {
        for what in ["run", "pause", "end"] {
            let answer = lab.post(&path, &json!({ "do": what }).to_string(), headers).await;
            assert_eq!(status(&answer), 403, "{headers:?} {what}: {answer}");
            assert!(json_of(&answer)["error"].as_str().unwrap().contains("only watches"));
        }
    }
    // No answer but that to its start has its key.
    let list = lab.get("/api/live/sessions").await;
    let (_, snapshot) = Events::of(&lab, &one).await.next().await.unwrap();
    assert!(list.contains(&one.id) && !list.contains(&one.key) && !snapshot.to_string().contains(&one.key));
    assert_eq!(status(&send(&lab, &one, json!({ "do": "end" })).await), 200);
    assert_eq!(listed(&lab).await.len(), 1);
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_trainings_mean_nothing_after_a_restart() {
    let (lab, folder) = lab().await;
    let before = start(&lab, small(5000), true).await;
    lab.end().await;
    let lab = RunningLab::start(folder.path()).await;
    let after = start(&lab, small(5000), true).await;
    assert_ne!(before.id, after.id);
    let mut events = Events::at(&lab, &format!("/api/stream?sessions={}", before.id)).await;
    let ended = events.until(|name, _| name == format!("end:{}", before.id)).await;
    assert!(ended["reason"].as_str().unwrap().contains("the lab was started anew"), "{ended}");
    assert_eq!(status(&send(&lab, &before, json!({ "do": "end" })).await), 404);
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_carries_the_folder_the_list_and_many_trainings() {
    let (lab, folder) = lab().await;
    let trainings = [start(&lab, small(40), false).await, start(&lab, small(40), false).await];
    let path =
        format!("/api/stream?runs=true&trainings=true&sessions={}.{}", trainings[0].id, trainings[1].id);
    let mut events = Events::at(&lab, &path).await;
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 5 {
        seen.insert(events.next().await.unwrap().0);
    }
    let expected = ["beat", "runs", "trainings"].map(String::from).into_iter();
    let expected = expected.chain(trainings.iter().map(|each| format!("snapshot:{}", each.id)));
    assert_eq!(seen, expected.collect());
    // Each goes on in it.
    for each in &trainings {
        send(&lab, each, json!({ "do": "run" })).await;
        let name = format!("update:{}", each.id);
        events.until(|event, value| event == name && value["status"]["state"] == "finished").await;
    }
    crate::support::runs::made_up(folder.path(), 0, 20);
    events.until(|event, value| event == "runs" && value["runs"][0]["id"] == "setting-000/seed-0").await;
    send(&lab, &trainings[0], json!({ "do": "end" })).await;
    let name = format!("end:{}", trainings[0].id);
    events.until(|event, _| event == name).await;
    events
        .until(|event, value| event == "trainings" && value["sessions"].as_array().unwrap().len() == 1)
        .await;
    // Its beat goes on, by which a page knows that the lab is there.
    events.until(|event, _| event == "beat").await;
    let many = vec!["0"; 17].join(".");
    assert_eq!(status(&lab.get(&format!("/api/stream?sessions={many}")).await), 400);
    lab.end().await;
    while events.next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_may_watch_one_training_and_none_of_them_can_change_it() {
    let (lab, _folder) = lab().await;
    let training = start(&lab, small(400), false).await;
    let path = format!("/api/stream?sessions={}", training.id);
    let mut watchers = Vec::new();
    for _ in 0..200 {
        watchers.push(Events::at(&lab, &path).await);
    }
    let (snapshot, update) = (format!("snapshot:{}", training.id), format!("update:{}", training.id));
    for watcher in &mut watchers {
        watcher.until(|name, _| name == snapshot).await;
    }
    let list = listed(&lab).await;
    assert_eq!(list[0]["subscribers"], 200, "{list:?}");
    let refused =
        lab.post(&format!("/api/live/sessions/{}/command", training.id), r#"{"do": "run"}"#, &[]).await;
    assert_eq!(status(&refused), 403);
    let begun = Instant::now();
    send(&lab, &training, json!({ "do": "run" })).await;
    let mut points = Vec::new();
    for watcher in &mut watchers {
        // One that is too slow for all updates gets a snapshot instead.
        let last = watcher
            .until(|name, value| {
                (name == update || name == snapshot) && value["status"]["state"] == "finished"
            })
            .await;
        points.push(last["view"].to_string());
    }
    eprintln!("200 watchers: all have the last of 400 steps after {:?}", begun.elapsed());
    assert!(points.iter().all(|view| *view == points[0]), "all see the same");
    drop(watchers);
    eventually("all are gone", async || listed(&lab).await[0]["subscribers"] == 0).await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_with_the_lab_and_divergence_is_reported() {
    let (lab, _folder) = lab().await;
    let id =
        start(&lab, json!({ "optimizer": "sgd", "learning_rate": 10, "steps": 5000, "width": 8 }), false)
            .await;
    let rate = json!({ "kind": "learning_rate", "rate": 1e38 });
    send(&lab, &id, json!({ "do": "change", "intervention": rate })).await;
    let mut events = Events::of(&lab, &id).await;
    send(&lab, &id, json!({ "do": "run" })).await;
    let over = events.until(|_, value| value["status"]["state"] == "diverged").await;
    assert!(over["status"]["message"].as_str().unwrap().contains("lower it"), "{over}");
    // The stream ends by itself, with a reason, and does not wait to be cut off.
    lab.end().await;
    let reason = events.until(|name, _| name == "end").await;
    assert_eq!(reason["reason"], "the lab was shut down");
}
