//! What the lab answers, refuses and survives.

use std::fs;

use crate::support::{RunningLab, TIMEOUT, eventually, json, runs, status};
use tempfile::{TempDir, tempdir};
use tokio::io::AsyncReadExt;

async fn lab() -> (TempDir, RunningLab) {
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 50);
    let lab = RunningLab::start(folder.path()).await;
    (folder, lab)
}

#[tokio::test]
async fn the_page_comes_with_a_policy_that_forbids_everything_from_elsewhere() {
    let (_folder, lab) = lab().await;
    for path in ["/", "/assets/main.js", "/assets/lab.css", "/api/runs", "/nowhere"] {
        let answer = lab.get(path).await.to_lowercase();
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
        ] {
            assert!(answer.contains(header), "{path}: {answer}");
        }
    }
    let page = lab.get("/").await;
    // Neither scripts nor styles of its own kind: the policy would forbid them.
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("onclick"));
    assert!(!page.contains("http://") && !page.contains("https://"));
}

#[tokio::test]
async fn files_of_the_page_are_not_sent_twice() {
    let (_folder, lab) = lab().await;
    let first = lab.get("/assets/main.js").await;
    let tag = first.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let host = format!("host: {}", lab.host);
    let again = lab.raw(&["GET /assets/main.js HTTP/1.1", &host, &format!("if-none-match: {tag}")]).await;
    assert_eq!(status(&again), 304);
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_everything() {
    let (_folder, lab) = lab().await;
    let port = lab.host.rsplit(':').next().unwrap();
    for host in
        ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", &format!("10.0.0.1:{port}"), ""]
    {
        for path in ["/", "/assets/main.js", "/api/runs"] {
            let answer = lab.raw(&[&format!("GET {path} HTTP/1.1"), &format!("host: {host}")]).await;
            assert!([400, 421].contains(&status(&answer)), "{host} {path}: {answer}");
            assert!(!answer.contains("setting-000"), "{host} {path}");
        }
    }
    let two = [format!("host: {}", lab.host), "host: evil.example".into()];
    let answer = lab.raw(&["GET /api/runs HTTP/1.1", &two[0], &two[1]]).await;
    assert!([400, 421].contains(&status(&answer)), "{answer}");
    let whole = "GET http://evil.example/api/runs HTTP/1.1";
    let answer = lab.raw(&[whole, &format!("host: {}", lab.host)]).await;
    assert!([400, 421].contains(&status(&answer)), "{answer}");
    assert_eq!(status(&lab.raw(&["GET /api/runs HTTP/1.1", &format!("host: localhost:{port}")]).await), 200);
}

#[tokio::test]
async fn another_pages_requests_are_refused() {
    let (_folder, lab) = lab().await;
    let host = format!("host: {}", lab.host);
    let own = format!("origin: http://{}", lab.host);
    let get = async |header: &str| status(&lab.raw(&["GET /api/runs HTTP/1.1", &host, header]).await);
    assert_eq!(get("origin: http://evil.example").await, 403);
    assert_eq!(get("sec-fetch-site: cross-site").await, 403);
    assert_eq!(get(&own).await, 200);
    // What changes anything must come from the page itself, whatever else is right or wrong with it.
    for (origin, refused) in [("x-nothing: 1", true), ("origin: null", true), (own.as_str(), false)] {
        let answer = lab.raw(&["POST /api/runs HTTP/1.1", &host, origin, "content-length: 0"]).await;
        assert_eq!(status(&answer) == 403, refused, "{origin}: {answer}");
    }
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_out_of_the_folder() {
    let outside = tempdir().unwrap();
    let folder = outside.path().join("runs");
    runs::made_up(&folder, 0, 20);
    runs::made_up(outside.path(), 5, 20);
    fs::write(outside.path().join("secret.txt"), "the secret").unwrap();
    let lab = RunningLab::start(&folder).await;
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/../Cargo.toml",
        "/assets/main.js%00",
        "/assets/..%5c..%5csecret.txt",
    ] {
        let answer = lab.get(path).await;
        assert!([400, 404].contains(&status(&answer)) && !answer.contains("the secret"), "{path}: {answer}");
    }
    let absolute = outside.path().join("setting-001/seed-0");
    let absolute = absolute.to_str().unwrap().replace('/', "%2F");
    for run in [
        "..%2Fsetting-001%2Fseed-0",
        "setting-000%2F..%2F..%2Fsetting-001%2Fseed-0",
        ".%2Fsetting-000%2Fseed-0",
        "setting-000%2Fseed-0%2F",
        "%2Fetc",
        "..",
        "",
        "%00",
        "setting-000%2Fseed-0%00",
        "%ff",
        &absolute,
    ] {
        for address in [
            "run?run=",
            "run/examples?run=",
            "run/words?run=",
            "run/word?word=a&run=",
            "run/example?example=0&run=",
        ] {
            let answer = lab.get(&format!("/api/{address}{run}")).await;
            assert!([400, 404].contains(&status(&answer)), "{address}{run}: {answer}");
        }
    }
    assert_eq!(status(&lab.get("/api/run?run=setting-000%2Fseed-0").await), 200);
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_nowhere_else() {
    use std::os::unix::fs::symlink;
    let outside = tempdir().unwrap();
    let folder = outside.path().join("runs");
    runs::made_up(&folder, 0, 20);
    runs::made_up(&folder, 1, 20);
    runs::made_up(outside.path(), 5, 20);
    fs::write(outside.path().join("secret.txt"), "the secret").unwrap();
    // A run that is a link, a file that is one, and one that appears while the lab knows the run.
    symlink(outside.path().join("setting-001"), folder.join("linked")).unwrap();
    let spec = folder.join("setting-000/seed-0/spec.toml");
    fs::remove_file(&spec).unwrap();
    symlink(outside.path().join("secret.txt"), &spec).unwrap();
    let lab = RunningLab::start(&folder).await;
    let listed = json(&lab.get("/api/runs").await);
    let ids: Vec<&str> =
        listed["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["setting-000/seed-0", "setting-000/seed-1"]);
    assert!(listed["runs"][0]["error"].as_str().unwrap().contains("leads out"), "{listed}");
    assert!(!listed.to_string().contains("the secret"));
    let probes = folder.join("setting-000/seed-1/probes");
    fs::create_dir_all(&probes).unwrap();
    symlink(outside.path().join("secret.txt"), probes.join("step-000000.parquet")).unwrap();
    let answer = lab.get("/api/run/examples?run=setting-000%2Fseed-1").await;
    assert!(status(&answer) == 422 && answer.contains("leads out"), "{answer}");
}

#[tokio::test]
async fn runs_that_are_half_written_corrupt_or_gone_are_named_and_the_others_stay() {
    let folder = tempdir().unwrap();
    for number in 0..4 {
        runs::made_up(folder.path(), number, 30);
    }
    let run = |seed: usize| folder.path().join(format!("setting-000/seed-{seed}"));
    fs::write(run(0).join("manifest.json"), "{\"format\": 1, \"on").unwrap();
    fs::write(run(1).join("evaluation.parquet"), "PAR1 not at all").unwrap();
    let lab = RunningLab::start(folder.path()).await;
    let listed = json(&lab.get("/api/runs").await);
    let error = listed["runs"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("setting-000/seed-0/manifest.json is not a readable manifest"), "{listed}");
    let damaged = lab.get("/api/run?run=setting-000%2Fseed-1").await;
    assert!(status(&damaged) == 422 && damaged.contains("evaluation.parquet is not a readable"), "{damaged}");
    fs::remove_dir_all(run(2)).unwrap();
    let ids = "%5B%22setting-000/seed-0%22,%22setting-000/seed-1%22,%22setting-000/seed-2%22,%22setting-000/seed-3%22%5D";
    let compared = json(&lab.get(&format!("/api/curves?score=loss&seeds=true&runs={ids}")).await);
    assert_eq!(compared["failures"].as_object().unwrap().len(), 3, "{compared}");
    assert!(compared["failures"]["setting-000/seed-2"].as_str().unwrap().contains("deleted"), "{compared}");
    assert_eq!(compared["groups"][0]["seeds"][0]["id"], "setting-000/seed-3");
    fs::remove_dir_all(folder.path()).unwrap();
    // The list is given out for a moment after it was made.
    eventually("the folder is missed", async || {
        let gone = lab.get("/api/runs").await;
        let whole = folder.path().to_str().unwrap();
        assert!(!gone.contains(whole) && !damaged.contains(whole), "no path of the machine is shown: {gone}");
        status(&gone) == 404 && gone.contains("cannot list")
    })
    .await;
}

#[tokio::test]
async fn what_is_left_out_of_a_comparison_changes_nothing_of_it() {
    let folder = tempdir().unwrap();
    for number in 0..10 {
        runs::made_up(folder.path(), number, 3000);
    }
    let lab = RunningLab::start(folder.path()).await;
    let curves = async |runs: std::ops::Range<usize>| {
        let ids: Vec<String> = runs.map(|n| format!("%22setting-{:03}/seed-{}%22", n / 5, n % 5)).collect();
        json(&lab.get(&format!("/api/curves?score=training_loss&runs=%5B{}%5D", ids.join(","))).await)
    };
    let (all, some) = (curves(0..10).await, curves(0..5).await);
    assert_eq!(all["groups"][0], some["groups"][0]);
    assert_eq!((all["groups"].as_array().unwrap().len(), some["groups"].as_array().unwrap().len()), (2, 1));
    let spread = &some["groups"][0]["spread"];
    assert!(spread["steps"].as_array().unwrap().len() < 900);
    assert_eq!(spread["seeds"][0], 5);
}

#[tokio::test]
async fn malformed_requests_are_answered_and_the_lab_goes_on() {
    let (_folder, lab) = lab().await;
    let host = format!("host: {}", lab.host);
    for path in [
        "/api/run",
        "/api/run?run",
        "/api/run/example?run=a&example=x",
        "/api/curves?runs=%5B&score=a",
        "/api/curves",
        "/api/curves?score=a&runs=%7B%7D",
        "/api/run/examples?run=a&part=sideways",
    ] {
        let answer = lab.get(path).await;
        assert!([400, 404].contains(&status(&answer)), "{path}: {answer}");
        let error = json(&answer)["error"].as_str().unwrap().to_owned();
        assert!(!error.contains("deserialize") && !error.contains("missing field"), "{path}: {error}");
    }
    // Answers that are given before the request has been read have the same form.
    let address = lab.get(&format!("/api/curves?runs={}", "a".repeat(70_000))).await;
    assert!(
        status(&address) == 414 && json(&address)["error"].as_str().unwrap().contains("address"),
        "{address}"
    );
    let many: Vec<String> = (0..150).map(|number| format!("x-{number}: 1")).collect();
    let headers = lab.raw(&["GET / HTTP/1.1", &host, &many.join("\r\n")]).await;
    assert!(
        status(&headers) == 431 && json(&headers)["error"].as_str().unwrap().contains("headers"),
        "{headers}"
    );
    let long = format!("x-long: {}", "a".repeat(600_000));
    let answer = lab.raw(&["GET / HTTP/1.1", &host, &long]).await;
    // The connection may be closed before all has been sent, and the answer lost with it.
    assert!([0, 400, 431].contains(&status(&answer)), "{}", status(&answer));
    let garbage = crate::support::answer(lab.connect(b"GET / HTTP/9.9\r\n\r\n").await).await;
    assert!(garbage.is_empty() || json(&garbage)["error"].is_string(), "{garbage}");
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        // Some leave the lab waiting for more.
        let answer =
            tokio::time::timeout(TIMEOUT, async { crate::support::answer(lab.connect(bytes).await).await });
        let answer = answer.await.unwrap_or_default();
        assert!(answer.is_empty() || [400, 405, 414, 431, 505].contains(&status(&answer)), "{answer}");
    }
    let answer = lab.raw(&["BREW /api/runs HTTP/1.1", &host, &format!("origin: http://{}", lab.host)]).await;
    assert_eq!(status(&answer), 405, "{answer}");
    assert_eq!(status(&lab.get("/api/runs").await), 200);
}

#[tokio::test]
async fn subscribers_are_notified_of_changes_and_end_with_the_lab() {
    let (folder, lab) = lab().await;
    let request = format!("GET /api/events HTTP/1.1\r\nhost: {}\r\n\r\n", lab.host);
    let mut stream = lab.connect(request.as_bytes()).await;
    let mut received = String::new();
    let mut read_until = async |part: &str| {
        let mut buffer = [0; 4096];
        while !received.contains(part) {
            let read = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await;
            let read = read.unwrap_or_else(|_| panic!("no {part} in {received}")).unwrap();
            assert!(read > 0, "no {part} in {received}");
            received += &String::from_utf8_lossy(&buffer[..read]);
        }
    };
    read_until("setting-000/seed-0").await;
    let running = runs::running(folder.path(), "live");
    read_until("\"live\"").await;
    runs::advance(&running, 3);
    read_until("\"steps_done\":20").await;
    drop(running);
    read_until("interrupted").await;
    fs::remove_dir_all(folder.path().join("live")).unwrap();
    read_until("\"gone\":[\"live\"]").await;
    lab.end().await;
    // The last, empty chunk: the stream ended by itself, and was not cut off when the time for it was over.
    let rest = crate::support::answer(stream).await;
    assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
}

#[tokio::test]
async fn connections_above_the_limit_are_refused_until_others_close() {
    let (_folder, lab) = lab().await;
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(lab.connect(b"GET / HT").await);
    }
    // They are accepted in this order, so the next one is above the limit.
    let refused = lab.get("/").await;
    assert!(status(&refused) == 503 && refused.contains("too many open connections"), "{refused}");
    drop(open);
    eventually("a connection is accepted again", async || status(&lab.get("/").await) == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_closed_and_others_are_served_meanwhile() {
    use tokio::io::AsyncWriteExt;
    let (_folder, lab) = lab().await;
    // One that sends a part of a head and no more, and one that never ends its body.
    let head = lab.connect(b"GET / HTTP/1.1\r\nhost: ").await;
    let body = format!(
        "POST /api/live/preview HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncontent-length: 100\r\n\r\n{{",
        lab.host
    );
    let body = lab.connect(body.as_bytes()).await;
    let mut dripping = lab.connect(b"GET / HTTP/1.1\r\n").await;
    let drips = tokio::spawn(async move {
        // A header line now and then is no way to keep the connection.
        for number in 0.. {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            if dripping.write_all(format!("x-{number}: 1\r\n").as_bytes()).await.is_err() {
                return;
            }
        }
    });
    assert_eq!(status(&lab.get("/api/runs").await), 200);
    let (head, body, drips) = tokio::time::timeout(TIMEOUT, async {
        tokio::join!(crate::support::answer(head), crate::support::answer(body), drips)
    })
    .await
    .expect("all are closed");
    drips.unwrap();
    assert!(head.is_empty() || [400, 408].contains(&status(&head)), "{head}");
    assert_eq!(status(&body), 408, "{body}");
    assert_eq!(status(&lab.get("/api/runs").await), 200);
}

#[tokio::test]
async fn texts_of_runs_and_names_reach_the_page_as_data_alone() {
    let folder = tempdir().unwrap();
    let name = "<img src=x onerror=alert(1)>";
    runs::made_up(&folder.path().join(name), 0, 20);
    let lab = RunningLab::start(folder.path()).await;
    let answer = lab.get("/api/runs").await;
    assert!(answer.contains("content-type: application/json") && answer.contains("nosniff"), "{answer}");
    assert_eq!(json(&answer)["runs"][0]["id"], format!("{name}/setting-000/seed-0"));
    // An error quotes what was asked for, and is data too.
    let missing = lab.get("/api/run?run=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(status(&missing) == 404 && missing.contains("content-type: application/json"), "{missing}");
}
