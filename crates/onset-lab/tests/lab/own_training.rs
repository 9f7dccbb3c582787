//! Training on texts of one's own from the page: pasted rows, and files of the folder.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;

use crate::support::browser::Browser;
use crate::support::{RunningLab, eventually, json, status};
use flate2::Compression;
use flate2::write::GzEncoder;
use onset::store::{RunDirectory, Status};
use serde_json::{Value, json as body};
use tempfile::tempdir;

/// Texts of two labels, each with a word of its own.
fn rows(count: usize) -> String {
    let mut rows = "text,label\n".to_owned();
    for number in 0..count {
        let (word, label) = if number % 2 == 0 { ("prize", "spam") } else { ("home", "ham") };
        writeln!(rows, "word{} {word} word{},{label}", number % 7, number % 5).unwrap();
    }
    rows
}

fn state(folder: &std::path::Path, run: &str) -> Option<Status> {
    RunDirectory::view(&folder.join(run)).ok().map(|view| view.manifest().status)
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_rows_and_files_become_runs_of_the_folder() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), rows(40).replace(',', ";")).unwrap();
    // A file of a public set, in which the labels are 0 and 1.
    let mut packed =
        GzEncoder::new(fs::File::create(folder.path().join("sms.tsv.gz")).unwrap(), Compression::fast());
    let tabs = rows(40).replace(",spam", "\t1").replace(",ham", "\t0").replace(',', "\t");
    packed.write_all(tabs.as_bytes()).unwrap();
    packed.finish().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    let listed = json(&lab.get("/api/train/files").await);
    assert_eq!(listed[0]["name"], "mine.csv", "{listed}");
    for (given, run) in [
        (body!({ "rows": rows(30), "steps": 4 }), "pasted-texts/seed-0"),
        (body!({ "rows": rows(30), "steps": 4, "seed": 3 }), "pasted-texts-2/seed-3"),
        (body!({ "file": "mine.csv", "steps": 4, "attention": "uniform" }), "mine/seed-0"),
        (body!({ "file": "sms.tsv.gz", "steps": 4 }), "sms/seed-0"),
        (body!({ "rows": rows(30), "steps": 4, "label_names": { "ham": "fine" } }), "pasted-texts-3/seed-0"),
    ] {
        let begun = lab.post("/api/train", &given.to_string(), &[]).await;
        assert_eq!((status(&begun), json(&begun)["run"].as_str()), (201, Some(run)), "{begun}");
        eventually("the run has finished", async || state(folder.path(), run) == Some(Status::Finished))
            .await;
    }
    assert_eq!(fs::read_to_string(folder.path().join("pasted-texts/rows.csv")).unwrap(), rows(30));
    let spec = fs::read_to_string(folder.path().join("mine/seed-0/spec.toml")).unwrap();
    assert!(spec.contains("attention = \"uniform\"") && spec.contains("steps = 4"), "{spec}");
    // It is a run as any other, whose model reads new words.
    for (run, labels) in
        [("mine", ["ham", "spam"]), ("sms", ["ham", "spam"]), ("pasted-texts-3", ["fine", "spam"])]
    {
        eventually("the list has it", async || {
            let read = lab.get(&format!("/api/run/own?run={run}/seed-0&step=4&text=a%20prize")).await;
            status(&read) == 200 && json(&read)["labels"] == body!(labels)
        })
        .await;
    }
    let page = json(&lab.get("/api/run?run=sms/seed-0").await);
    assert_eq!((&page["title"], &page["labels"]), (&body!("SMS spam"), &body!(["ham", "spam"])));
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_trained_is_refused_in_the_words_of_the_page_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    let plain = "a,b\n1,2\n3,4\n";
    let many =
        (0..30).fold("text,label\n".to_owned(), |rows, number| format!("{rows}hello there,kind {number}\n"));
    for (given, code, part) in [
        (body!({}), 422, "choose a file, or paste rows"),
        (body!({ "rows": "  " }), 422, "choose a file, or paste rows"),
        (body!({ "rows": "x", "file": "y.csv" }), 422, "choose a file, or paste rows"),
        (body!({ "rows": 3 }), 422, "must be text, not 3"),
        (body!({ "rows": plain }), 422, "Label column"),
        (body!({ "rows": "text,label\nhello,a\nhello,a\n" }), 422, "only one label"),
        (body!({ "rows": rows(30), "label": "kind" }), 422, "kind"),
        (body!({ "rows": many }), 422, "the setting “labels” of `onset train`"),
        (body!({ "rows": "word ".repeat(1 << 18) }), 413, "put them into a file"),
        (body!({ "rows": rows(30), "steps": 5001 }), 422, "from 1 to 5000"),
        (body!({ "rows": rows(30), "seed": -1 }), 422, "from 0 to"),
        (body!({ "rows": rows(30), "attention": "clamped" }), 422, "learned or uniform"),
        (body!({ "rows": rows(30), "threads": 64 }), 422, "which means nothing here"),
        (body!({ "rows": rows(30), "label_names": "ham" }), 422, "names of labels are"),
        (body!({ "rows": rows(30), "label_names": { "ham": "" } }), 422, "names of labels are"),
        (body!({ "rows": rows(30), "label_names": { "hma": "fine" } }), 422, "hma"),
        (body!({ "rows": rows(30), "label_names": { "ham": "spam" } }), 422, "“Names of labels”"),
        (body!({ "file": "../../etc/passwd" }), 404, "there is no file"),
        (body!({ "file": "gone.csv" }), 404, "there is no file"),
    ] {
        let answer = lab.post("/api/train", &given.to_string(), &[]).await;
        assert!(status(&answer) == code && answer.contains(part), "{given}: {answer}");
        assert!(!answer.contains(folder.path().to_str().unwrap()) && !answer.contains("task."), "{answer}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let stop = lab.post("/api/train/stop", r#"{"run": "pasted-texts/seed-0"}"#, &[]).await;
    assert!(status(&stop) == 404 && stop.contains("not being trained"), "{stop}");
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_few_are_stopped_by_who_began_them_and_end_with_the_lab() {
    let folder = tempdir().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    let long = body!({ "rows": rows(30), "steps": 5000 }).to_string();
    let begun =
        [json(&lab.post("/api/train", &long, &[]).await), json(&lab.post("/api/train", &long, &[]).await)];
    let third = lab.post("/api/train", &long, &[]).await;
    assert!(status(&third) == 429 && third.contains("2 runs are being trained"), "{third}");
    let name = |begun: &Value| begun["run"].as_str().unwrap().to_owned();
    let stop = body!({ "run": name(&begun[0]) }).to_string();
    let keys =
        [String::new(), "onset-key: 00".into(), format!("onset-key: {}", begun[1]["key"].as_str().unwrap())];
    for key in &keys {
        let refused = lab
            .post(
                "/api/train/stop",
                &stop,
                &[key.as_str()].map(|key| if key.is_empty() { "accept: */*" } else { key }),
            )
            .await;
        assert!(status(&refused) == 403 && refused.contains("began this training"), "{refused}");
    }
    let own = format!("onset-key: {}", begun[0]["key"].as_str().unwrap());
    assert_eq!(status(&lab.post("/api/train/stop", &stop, &[&own]).await), 200);
    let is = |run: &Value, wanted| state(folder.path(), &name(run)) == Some(wanted);
    eventually("it has stopped", async || is(&begun[0], Status::Interrupted)).await;
    assert!(is(&begun[1], Status::Running));
    // There is room again.
    eventually("another begins", async || status(&lab.post("/api/train", &long, &[]).await) == 201).await;
    lab.end().await;
    assert!(is(&begun[1], Status::Interrupted));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_pasted_on_the_page_are_trained_and_shown() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), rows(40)).unwrap();
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1280, 1000).await;
    browser.open(&format!("{}#/runs", lab.url)).await;
    // In a folder without runs the form is open.
    browser.wait("document.querySelector('.train[open]')").await;
    browser.wait("document.querySelectorAll('.train-form option').length === 4").await;
    browser.assert_accessible("the form of one's own texts").await;
    // A fault is told, and what was pasted stays.
    browser.run("document.querySelector('.train textarea').value = 'a,b\\n1,2\\n'").await;
    browser.click(".train button", "Train").await;
    browser.wait("document.querySelector('.train [role=alert]:not([hidden])')?.textContent.includes('Text column')").await;
    assert_eq!(browser.run("return document.querySelector('.train textarea').value").await, "a,b\n1,2\n");
    let pasted = serde_json::to_string(&rows(30)).unwrap();
    browser.run(&format!("document.querySelector('.train textarea').value = {pasted}; document.querySelector('.train-form input[type=number]').value = 5000")).await;
    browser.click(".train button", "Train").await;
    browser.wait("location.hash.startsWith('#/run/pasted-texts/seed-0')").await;
    browser.wait("[...document.querySelectorAll('.view-head button')].some((button) => button.textContent === 'Stop training' && !button.hidden)").await;
    browser.click(".view-head button", "Stop training").await;
    browser.wait("document.querySelector('.view-head .status')?.textContent === 'interrupted'").await;
    browser
        .wait("[...document.querySelectorAll('.view-head button')].every((button) => button.hidden)")
        .await;
    // A file of the folder.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.wait("document.querySelector('.train summary')").await;
    browser.run("document.querySelector('.train').open = true").await;
    browser.wait("document.querySelectorAll('.train-form option').length === 4").await;
    browser.run("const file = document.querySelector('.train-form select'); file.value = 'mine.csv'; file.dispatchEvent(new Event('change')); document.querySelector('.train-form input[type=number]').value = 3; document.querySelector('.train-form input[placeholder*=ham]').value = 'ham = fine words, spam'").await;
    browser.click(".train button", "Train").await;
    browser.wait("document.querySelector('.train [role=alert]:not([hidden])')?.textContent.includes('0 = ham, 1 = spam')").await;
    browser
        .run("document.querySelector('.train-form input[placeholder*=ham]').value = 'ham = fine words'")
        .await;
    assert_eq!(
        browser.run("return document.querySelector('.train textarea').closest('div').hidden").await,
        true
    );
    browser.click(".train button", "Train").await;
    browser.wait("location.hash.startsWith('#/run/mine/seed-0')").await;
    browser.wait("document.querySelector('.view-head .status')?.textContent === 'finished'").await;
    browser.wait("document.querySelector('.own-words:not([hidden])')").await;
    browser.wait("document.querySelector('.curves').textContent.includes('accuracy on fine words')").await;
    browser.close().await;
    lab.end().await;
}
