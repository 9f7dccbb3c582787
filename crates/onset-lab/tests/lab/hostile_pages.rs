//! What a page of another site, and what texts of runs, can do in a real browser: nothing.

use std::fs;

use crate::support::browser::Browser;
use crate::support::{RunningLab, runs};
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves one page under the name `localhost`, which is another site than `127.0.0.1`. Returns its address.
async fn foreign_page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let page = "<!doctype html><meta charset=utf-8><title>elsewhere</title><p>elsewhere";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: ";
            let _ = stream.write_all(format!("{head}{}\r\n\r\n{page}", page.len()).as_bytes()).await;
        }
    });
    format!("http://localhost:{port}/")
}

/// Every way in which a page reaches another site; each gives "blocked" or what it got.
const ATTEMPTS: &str = r#"
const blocked = () => "blocked";
const loaded = (tag, attribute, address) => new Promise((done) => {
  const each = document.createElement(tag);
  each.onload = () => done("loaded");
  each.onerror = () => done("blocked");
  each[attribute] = address;
  document.body.append(each);
});
const body = JSON.stringify({ setup: {}, run: true });
const answers = {
  read: await fetch(`${LAB}/api/runs`).then((answer) => answer.text(), blocked),
  start: await fetch(`${LAB}/api/live/sessions`, { method: "POST", body }).then((answer) => answer.text(), blocked),
  json: await fetch(`${LAB}/api/live/sessions`, { method: "POST", body, headers: { "content-type": "application/json" } })
    .then((answer) => answer.text(), blocked),
  image: await loaded("img", "src", `${LAB}/assets/icon.svg`),
  script: await loaded("script", "src", `${LAB}/assets/main.js`),
  events: await new Promise((done) => {
    const source = new EventSource(`${LAB}/api/stream?runs=true`);
    source.onmessage = source.onopen = () => done("opened");
    source.addEventListener("beat", () => done("opened"));
    source.onerror = () => { source.close(); done("blocked"); };
  }),
};
// Its answer is hidden from the page in any case; whether it was sent is seen in the lab.
await fetch(`${LAB}/api/live/sessions`, { method: "POST", mode: "no-cors", body }).catch(() => {});
return answers;
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_reads_starts_and_shows_nothing() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 20);
    let lab = RunningLab::start(folder.path()).await;
    // The browser knows the lab, as that of somebody does who uses it.
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.wait("document.querySelector('table.runs tbody tr')").await;
    browser.open(&foreign_page().await).await;
    let script = ATTEMPTS.replace("${LAB}", &format!("http://{}", lab.host));
    let answers = browser.run_async(&script).await;
    let answers = answers.as_object().unwrap_or_else(|| panic!("{answers}"));
    assert_eq!(answers.len(), 6);
    for (attempt, answer) in answers {
        assert_eq!(answer, "blocked", "{attempt}");
    }
    // Nothing was started, also where the answer is not to be seen.
    let sessions = crate::support::json(&lab.get("/api/live/sessions").await);
    assert_eq!(sessions["sessions"], json!([]), "{sessions}");
    // A link from there leads in, and the page that it leads to works.
    browser.run(&format!("location.href = 'http://{}/#/runs'", lab.host)).await;
    browser.wait("document.querySelector('table.runs tbody tr')").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_texts_of_runs_are_shown_and_never_run() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    let evil = "<img src=x onerror='window.hurt=1'>";
    runs::made_up(&folder.path().join(evil), 0, 20);
    let run = folder.path().join(evil).join("setting-000/seed-0");
    let text = fs::read_to_string(run.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["status"] = json!("failed");
    manifest["failure"] = json!("<script>window.hurt=1</script><img src=x onerror='window.hurt=1'>");
    fs::write(run.join("manifest.json"), manifest.to_string()).unwrap();
    let broken = folder.path().join("<svg onload='window.hurt=1'>");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join("manifest.json"), "<script>window.hurt=1</script>").unwrap();
    let lab = RunningLab::start(folder.path()).await;
    let name = "%3Cimg%20src=x%20onerror='window.hurt=1'%3E/setting-000/seed-0";
    for (hash, shown) in [
        ("#/runs".to_owned(), "onload="),
        (format!("#/run/{name}"), "<script>"),
        ("#/run/%3Cscript%3Ewindow.hurt=1%3C/script%3E".to_owned(), "there is no run"),
        ("#/runs?text=%3Cimg%20src=x%20onerror=window.hurt=1%3E&score=%3Cscript%3E".to_owned(), "match"),
        (
            "#/lab?task=%3Cimg%20src=x%20onerror=window.hurt=1%3E&preset=%3Cscript%3E".to_owned(),
            "it must be copying",
        ),
    ] {
        browser.open("about:blank").await;
        browser.open(&format!("{}{hash}", lab.url)).await;
        browser.wait(&format!("document.body.innerText.includes({shown:?})")).await;
        browser.drawn().await;
        let hurt =
            "return [window.hurt ?? null, document.querySelectorAll('#view img, #view script').length]";
        assert_eq!(browser.run(hurt).await, json!([null, 0]), "{hash}");
    }
    browser.close().await;
    lab.end().await;
}
