//! What leaves the lab: a page that plays by itself, a story and a pair as links, a film.

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::shown;

const STATE: &str = "document.querySelector('#view').dataset.state";
const COUNTER: &str = "document.querySelector('.live-counter').textContent";
const PIXELS: &str = "document.querySelector('[data-matrix=attention] canvas').toDataURL()";

async fn train(browser: &Browser) {
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
}

async fn set(browser: &Browser, selector: &str, value: &str, event: &str) {
    browser
        .run(&format!(
            "const each = document.querySelector({selector:?}); each.value = {value:?}; each.dispatchEvent(new Event({event:?}))"
        ))
        .await;
}

async fn save(browser: &Browser, entry: &str) {
    browser.click("summary[aria-label='Save lab']", "Save").await;
    browser.click(".live-setup .save-menu button", entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_saved_as_a_page_that_plays_without_the_lab() {
    let Some((browser, lab, folder)) = shown("#/lab?speed=fast&steps=160").await else { return };
    train(&browser).await;
    browser.click("button", "Keep as A").await;
    set(&browser, "select[name=learning_rate]", "0.004", "change").await;
    browser.wait(&format!("{STATE} === 'idle'")).await;
    train(&browser).await;
    browser.wait("document.querySelectorAll('[data-chart=difference] path[data-line]').length === 6").await;
    browser.wait("document.querySelector('[data-event=copied]')").await;
    let captions = browser.run("return document.querySelector('.live-captions').innerText").await;
    save(&browser, "Page").await;
    let page = browser.saved("onset-easy-seed-0.html").await;
    assert!(page.len() < 6 << 20, "{} bytes", page.len());
    // The lab is gone; the file is all that there is.
    lab.end().await;
    let _ = browser.console().await;
    let file = folder.path().join("page.html");
    std::fs::write(&file, page).unwrap();
    browser.open(&format!("file://{}", file.display())).await;
    browser.wait("document.querySelector('[data-matrix=attention] canvas')?.dataset.cells").await;
    browser.wait(&format!("{COUNTER} === 'step 160 of 160'")).await;
    let setup = browser.run("return document.querySelector('main').innerText").await;
    for words in [
        "Easy copying",
        "copy 12 of 24 words",
        "learning rate 0.004",
        "A and B have the same data and initial weights",
    ] {
        assert!(setup.as_str().unwrap().contains(words), "{words}: {setup}");
    }
    assert_eq!(browser.run("return document.querySelector('.live-captions').innerText").await, captions);
    // Measured in full lines, predicted in dashes, A in dots.
    browser
        .wait("document.querySelector('[data-chart=weights] [data-line=\"accuracy, predicted\"]')?.getAttribute('stroke-dasharray') === '6 4'")
        .await;
    browser.wait("document.querySelector('[data-chart=accuracy] [data-line=accuracy]').getAttribute('stroke-dasharray') === null").await;
    browser.wait("document.querySelector('[data-chart=accuracy] [data-line=\"accuracy, A\"]')").await;
    browser.wait("document.querySelectorAll('[data-chart=difference] path[data-line]').length === 6").await;
    browser.drawn().await;
    let end = browser.run(&format!("return {PIXELS}")).await;
    browser.picture("saved-page").await;
    // Looked at from the beginning, nothing has happened yet, and attention is elsewhere.
    set(&browser, "[name=look]", "2", "input").await;
    browser.wait(&format!("{COUNTER} === 'step 2 of 160'")).await;
    browser.drawn().await;
    assert_ne!(browser.run(&format!("return {PIXELS}")).await, end);
    assert_eq!(browser.run("return document.querySelectorAll('.live-captions li').length").await, json!(0));
    // Played from shortly before the end, it comes to the end by itself.
    set(&browser, "[name=look]", "155", "input").await;
    browser.click("button", "▶ Play").await;
    browser.wait("document.querySelector('.live-bar button').textContent === '▶ Play'").await;
    browser.wait(&format!("{COUNTER} === 'step 160 of 160'")).await;
    browser.wait(&format!("{PIXELS} === {end}")).await;
    // Nothing was loaded from anywhere, and everyone can read it.
    let loaded = browser
        .run("return performance.getEntriesByType('resource').map((each) => each.name).filter((name) => !name.startsWith('data:'))")
        .await;
    assert_eq!(loaded, json!([]));
    for (width, dark) in [(1400, false), (1400, true), (390, true)] {
        browser.set_size(width, 900).await;
        browser.set_dark(dark).await;
        browser.drawn().await;
        browser.assert_fits().await;
        browser.assert_legible().await;
        browser.assert_accessible(&format!("the saved page at {width}, dark: {dark}")).await;
        browser.picture(&format!("saved-page-{width}-{dark}")).await;
    }
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_saved_as_a_snippet_that_plays_within_another_page() {
    let Some((browser, lab, folder)) = shown("#/lab?speed=fast&steps=40").await else { return };
    train(&browser).await;
    save(&browser, "Snippet").await;
    let snippet = browser.saved("onset-easy-seed-0-snippet.html").await;
    lab.end().await;
    let _ = browser.console().await;
    let file = folder.path().join("notebook.html");
    let around = "<!doctype html><title>A page</title><style>p { color: red }</style><p>Before</p>";
    std::fs::write(&file, [around.as_bytes(), &snippet, b"<p>After</p>"].concat()).unwrap();
    browser.open(&format!("file://{}", file.display())).await;
    assert_eq!(browser.run("return document.querySelector('iframe').title").await, "Easy copying · Onset");
    // The page around it cannot reach it.
    assert_eq!(
        browser.run("return document.querySelector('iframe').contentDocument").await,
        serde_json::Value::Null
    );
    browser.picture("snippet").await;
    browser.enter_frame().await;
    browser.wait(&format!("{COUNTER} === 'step 40 of 40'")).await;
    browser.wait("document.querySelector('[data-matrix=attention] canvas')?.dataset.cells").await;
    set(&browser, "[name=look]", "2", "input").await;
    browser.wait(&format!("{COUNTER} === 'step 2 of 40'")).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_other_tasks_play_too() {
    for (preset, is_there) in [
        ("salient", "document.querySelectorAll('.live-word').length > 10"),
        ("induction", "document.querySelectorAll('.live-head-cell').length === 4"),
    ] {
        let Some((browser, lab, folder)) =
            shown(&format!("#/lab?preset={preset}&speed=fast&steps=20&batch=4")).await
        else {
            return;
        };
        // Before the first step there is nothing to save, and the page says so.
        save(&browser, "Page").await;
        browser
            .wait("document.querySelector('.notice:not([hidden])').textContent.includes('nothing to save')")
            .await;
        train(&browser).await;
        save(&browser, "Film (").await;
        let film = browser.saved(&format!("onset-{preset}-seed-0.webm")).await;
        assert!(film.len() > 10_000, "{} bytes", film.len());
        save(&browser, "Page").await;
        let page = browser.saved(&format!("onset-{preset}-seed-0.html")).await;
        lab.end().await;
        let _ = browser.console().await;
        let file = folder.path().join("page.html");
        std::fs::write(&file, page).unwrap();
        browser.open(&format!("file://{}", file.display())).await;
        browser.wait(is_there).await;
        set(&browser, "[name=look]", "0", "input").await;
        browser.wait(&format!("{COUNTER} === 'step 0 of 20'")).await;
        browser.drawn().await;
        browser.assert_accessible(preset).await;
        browser.assert_quiet().await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_is_recorded_by_the_browser_and_one_that_cannot_says_so() {
    let Some((browser, lab, _folder)) = shown("#/lab?speed=fast&steps=20&width=16&batch=8").await else {
        return;
    };
    train(&browser).await;
    save(&browser, "Film (").await;
    browser
        .wait(
            "document.querySelector(\"summary[aria-label='Save lab']\").textContent.startsWith('Recording')",
        )
        .await;
    let film = browser.saved("onset-easy-seed-0.webm").await;
    // The head of a Matroska file, and more than an empty one would have.
    assert!(film.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) && film.len() > 10_000, "{} bytes", film.len());
    browser.wait("document.querySelector(\"summary[aria-label='Save lab']\").textContent === 'Saved'").await;
    browser.assert_quiet().await;
    // It plays.
    let file = browser.downloads().join("onset-easy-seed-0.webm");
    browser.open(&format!("file://{}", file.display())).await;
    browser.wait("document.querySelector('video').videoWidth === 1280 && document.querySelector('video').readyState >= 2").await;
    browser.picture("film").await;
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.run("delete globalThis.MediaRecorder").await;
    browser.run("location.hash = '#/lab'").await;
    browser.wait("[...document.querySelectorAll('.live-setup .save-menu button')].some((each) => each.disabled && each.textContent === 'Film: this browser records none')").await;
    browser.close().await;
    lab.end().await;
}
