//! Who gets into a lab that listens to other machines, and where to.

use crate::support::{RunningLab, TIMEOUT, json, runs, status};
use onset_lab::Options;
use tempfile::{TempDir, tempdir};
use tokio::io::AsyncReadExt;

/// A lab with a token, and the token.
async fn guarded() -> (TempDir, RunningLab, &'static str) {
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 20);
    let token = "a-token-of-some-length";
    let options = Options {
        folder: folder.path().into(),
        port: Some(0),
        token: Some(token.into()),
        ..Options::default()
    };
    let lab = RunningLab::with(options).await;
    (folder, lab, token)
}

/// The cookie that an answer sets, as a header of the next request.
fn cookie(answer: &str) -> String {
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap_or_else(|| panic!("{answer}"));
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    format!("cookie: {}", cookie.split(';').next().unwrap())
}

#[tokio::test]
async fn with_a_token_nothing_is_answered_without_it() {
    let (_folder, lab, token) = guarded().await;
    let host = format!("host: {}", lab.host);
    for path in [
        "/",
        "/assets/main.js",
        "/api/runs",
        "/api/events",
        "/api/stream",
        "/api/lab",
        "/api/live/sessions",
        "/?token=a-token-of-some-lengtX",
        "/?watch=a-token-of-some-length",
        "/nowhere",
    ] {
        let answer = lab.get(path).await;
        assert_eq!(status(&answer), 401, "{path}");
        assert!(json(&answer)["error"].as_str().unwrap().contains("token"), "{answer}");
    }
    let redirect = lab.get(&format!("/?token={token}")).await;
    assert_eq!(status(&redirect), 303);
    let cookie = cookie(&redirect);
    assert_eq!(status(&lab.raw(&["GET /api/runs HTTP/1.1", &host, &cookie]).await), 200);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let bearer = format!("authorization: {scheme} {token}");
        assert_eq!(status(&lab.raw(&["GET /api/runs HTTP/1.1", &host, &bearer]).await), 200);
    }
    // The cookie comes along when another site's link leads here, and not when its page asks for anything.
    let link = ["sec-fetch-site: cross-site", "sec-fetch-mode: navigate"];
    assert_eq!(status(&lab.raw(&["GET / HTTP/1.1", &host, &cookie, link[0], link[1]]).await), 200);
    assert_eq!(status(&lab.raw(&["GET /api/runs HTTP/1.1", &host, &cookie, link[0]]).await), 403);
    let foreign = [
        "POST /api/live/sessions HTTP/1.1",
        &host,
        &cookie,
        "origin: http://evil.example",
        "content-length: 0",
    ];
    assert_eq!(status(&lab.raw(&foreign).await), 403);
}

#[tokio::test]
async fn a_browser_without_a_token_gets_a_page_that_takes_one() {
    let (_folder, lab, token) = guarded().await;
    let (host, origin) = (format!("host: {}", lab.host), format!("origin: http://{}", lab.host));
    let page = lab.raw(&["GET / HTTP/1.1", &host, "accept: text/html,application/xhtml+xml"]).await;
    assert_eq!(status(&page), 401);
    assert!(
        page.contains("<form method=\"post\" action=\"/login\">") && page.contains("<label>Token"),
        "{page}"
    );
    let head = page.to_lowercase();
    assert!(
        head.contains("form-action 'self'")
            && head.contains("default-src 'none'")
            && head.contains("nosniff")
    );
    for part in ["/login.css", "/login.js"] {
        assert_eq!(status(&lab.get(part).await), 200, "{part}");
    }
    let login = async |origin: &str, form: &str| {
        let end = format!("content-length: {}\r\nconnection: close\r\n\r\n{form}", form.len());
        lab.raw(&[
            "POST /login HTTP/1.1",
            &host,
            origin,
            "content-type: application/x-www-form-urlencoded",
            &end,
        ])
        .await
    };
    let wrong = login(&origin, "token=a-token-of-some-lengtX").await;
    assert!(
        status(&wrong) == 401 && wrong.contains("not this lab") && !wrong.contains("set-cookie"),
        "{wrong}"
    );
    assert_eq!(status(&login("origin: http://evil.example", &format!("token={token}")).await), 403);
    assert_eq!(status(&login(&origin, &format!("token={}", "x".repeat(10_000))).await), 400);
    let right = login(&origin, &format!("token={token}")).await;
    assert_eq!(status(&right), 303);
    assert_eq!(status(&lab.raw(&["GET /api/runs HTTP/1.1", &host, &cookie(&right)]).await), 200);
}

#[tokio::test]
async fn a_link_to_one_training_shows_that_and_nothing_else_of_a_lab_with_a_token() {
    let (_folder, lab, token) = guarded().await;
    let host = format!("host: {}", lab.host);
    let bearer = format!("authorization: Bearer {token}");
    let setup = r#"{"setup": {"vocabulary": 6, "length": 4, "width": 8, "batch": 4, "steps": 50}}"#;
    let one = json(&lab.post("/api/live/sessions", setup, &[&bearer]).await);
    let two = json(&lab.post("/api/live/sessions", setup, &[&bearer]).await);
    let (id, key) = (one["id"].as_str().unwrap(), one["key"].as_str().unwrap());
    let entered = lab.get(&format!("/?watch={id}")).await;
    assert!(status(&entered) == 303 && entered.contains("location: /\r\n"), "{entered}");
    let cookie = cookie(&entered);
    let get = async |path: &str| lab.raw(&[&format!("GET {path} HTTP/1.1"), &host, &cookie]).await;
    for path in ["/", "/assets/main.js", "/api/live/presets"] {
        assert_eq!(status(&get(path).await), 200, "{path}");
    }
    assert_eq!(json(&get("/api/lab").await)["guest"], true);
    let other = two["id"].as_str().unwrap();
    for path in [
        "/api/runs",
        "/api/run?run=setting-000%2Fseed-0",
        "/api/curves",
        "/api/events",
        "/api/live/sessions",
        "/api/stream?runs=true",
        "/api/stream?trainings=true",
        &format!("/api/live/sessions/{other}/events"),
    ] {
        assert_eq!(status(&get(path).await), 401, "{path}");
    }
    // It watches; who also has the key takes part.
    let post = async |path: &str, body: &str, more: &[&str]| {
        lab.post(path, body, &[&[cookie.as_str()], more].concat()).await
    };
    let command = format!("/api/live/sessions/{id}/command");
    let step = r#"{"do": "step", "steps": 1}"#;
    assert_eq!(status(&post("/api/live/sessions", setup, &[]).await), 401);
    assert_eq!(status(&post(&command, step, &[]).await), 403);
    let with_key = format!("onset-key: {key}");
    assert_eq!(status(&post(&command, step, &[&with_key]).await), 200);
    assert_eq!(status(&post(&format!("/api/live/sessions/{other}/command"), step, &[&with_key]).await), 401);
    // Another's training does not appear in a stream, even by its name.
    let request = format!("GET /api/stream?sessions={other}.{id} HTTP/1.1\r\n{host}\r\n{cookie}\r\n\r\n");
    let mut stream = lab.connect(request.as_bytes()).await;
    let mut received = String::new();
    let mut buffer = [0; 4096];
    while !(received.contains(&format!("end:{other}")) && received.contains(&format!("snapshot:{id}"))) {
        let read = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.expect("an event").unwrap();
        assert!(read > 0, "{received}");
        received += &String::from_utf8_lossy(&buffer[..read]);
    }
    assert!(!received.contains(&format!("snapshot:{other}")));
    drop(stream);
    // When it has ended, the link leads to the page that asks for a token, and says so.
    post(&command, r#"{"do": "end"}"#, &[&with_key]).await;
    assert_eq!(status(&get("/api/lab").await), 401);
    let over = lab.raw(&[&format!("GET /?watch={id} HTTP/1.1"), &host, "accept: text/html"]).await;
    assert!(status(&over) == 401 && over.contains("training of this link is over"), "{over}");
    lab.end().await;
}

#[tokio::test]
async fn the_address_of_a_lab_for_others_is_one_that_others_can_use() {
    let folder = tempdir().unwrap();
    let options = Options {
        folder: folder.path().into(),
        port: Some(0),
        address: [0, 0, 0, 0].into(),
        host_names: vec!["desk.example".into()],
        ..Options::default()
    };
    let lab = RunningLab::with(options).await;
    assert!(lab.url.starts_with("http://desk.example:") && lab.url.contains("/?token="), "{}", lab.url);
    let token = lab.url.rsplit('=').next().unwrap();
    let (host, bearer) = (format!("host: {}", lab.host), format!("authorization: Bearer {token}"));
    let facts = json(&lab.raw(&["GET /api/lab HTTP/1.1", &host, &bearer]).await);
    assert!(facts["addresses"][0].as_str().unwrap().starts_with("http://desk.example:"), "{facts}");
    assert_eq!(facts["guest"], false);
    lab.end().await;
    let own = RunningLab::start(folder.path()).await;
    assert!(own.url.starts_with("http://127.0.0.1:"), "{}", own.url);
    own.end().await;
}
