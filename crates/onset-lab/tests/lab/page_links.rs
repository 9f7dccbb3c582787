//! Links that restore: a story with its notes and step, and a pair of trainings.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::shown;

const STATE: &str = "document.querySelector('#view').dataset.state";
const COUNTER: &str = "document.querySelector('.live-counter').textContent";
const DIFFERENCE: &str = "[...document.querySelectorAll('[data-chart=difference] path[data-line]')].map((line) => line.getAttribute('d'))";

async fn opened(browser: &Browser, address: &str) {
    browser.open("about:blank").await;
    browser.open(address).await;
    browser.wait("document.querySelector('.live-presets button')").await;
    browser.wait("document.querySelector('.live-figures dd')").await;
}

async fn train(browser: &Browser) {
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
}

async fn set(browser: &Browser, selector: &str, value: &str, event: &str) {
    let (selector, value) = (json!(selector), json!(value));
    browser
        .run(&format!(
            "const each = document.querySelector({selector}); each.value = {value}; each.dispatchEvent(new Event('{event}'))"
        ))
        .await;
}

/// The link to the story; the browser then forgets what it has trained, as another one would not know it.
async fn story(browser: &Browser) -> String {
    browser.run("document.querySelector('.share-menu').open = true").await;
    let field = "document.querySelector('.live-links input[aria-label^=\"Link to this story\"]')";
    browser.wait(field).await;
    let link = browser.run(&format!("return {field}.value")).await;
    browser.run("sessionStorage.clear(); localStorage.clear()").await;
    link.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_with_notes_and_the_step_that_is_looked_at_is_a_link() {
    let Some((browser, lab, folder)) = shown("#/lab?speed=fast&steps=160").await else { return };
    let note = "Look </script><b>here</b> & there";
    train(&browser).await;
    set(&browser, "[name=look]", "60", "input").await;
    set(&browser, "[name=note]", note, "input").await;
    browser.click(".live-note-form button", "Add note").await;
    let noted = "document.querySelector('[data-note=\"60\"] bdi').textContent";
    browser.wait(&format!("{noted} === {}", json!(note))).await;
    browser.wait("location.hash.includes('notes=') && location.hash.includes('step=60')").await;
    // It is among the captions, in the order of steps, and is what is looked at.
    let steps = browser
        .run("return [...document.querySelectorAll('.live-captions b')].map((each) => Number(each.textContent.match(/\\d+/)[0]))")
        .await;
    let mut sorted: Vec<u64> = steps.as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    sorted.sort_unstable();
    assert_eq!(steps, json!(sorted));
    assert!(sorted.len() > 2, "{steps}");
    browser.wait("document.querySelector('[data-note]').getAttribute('aria-current') === 'step'").await;
    let link = story(&browser).await;
    opened(&browser, &link).await;
    // Before that step there is no note, and the present step is shown.
    assert_eq!(browser.run("return document.querySelector('[data-note]')").await, Value::Null);
    set(&browser, ".live-bar select", "fast", "change").await;
    train(&browser).await;
    browser.wait("document.querySelector('[name=look]').value === '60'").await;
    browser.wait(&format!("{COUNTER}.includes('showing')")).await;
    browser.wait(&format!("{noted} === {}", json!(note))).await;
    // A text and nothing else.
    assert_eq!(
        browser.run("return document.querySelector('[data-note] bdi').children.length").await,
        json!(0)
    );
    // A page that is saved carries it, too.
    browser.click("summary[aria-label='Save lab']", "Save").await;
    browser.click(".live-setup .save-menu button", "Page").await;
    let page = browser.saved("onset-easy-seed-0.html").await;
    let file = folder.path().join("page.html");
    std::fs::write(&file, page).unwrap();
    browser.click("[data-note] button", "×").await;
    browser.wait("!location.hash.includes('notes=') && !document.querySelector('[data-note]')").await;
    browser.assert_quiet().await;
    browser.open(&format!("file://{}", file.display())).await;
    browser.wait(&format!("{noted} === {}", json!(note))).await;
    assert_eq!(browser.run("return document.querySelector('[data-note] button')").await, Value::Null);
    // Of a link that somebody made by hand, so many notes are taken, and so much of each.
    let many: Vec<Value> =
        (0..40).map(|_| json!([0, "long ".repeat(200)])).chain([json!([0]), json!("x")]).collect();
    let query = json!(json!(many).to_string());
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.run(&format!("location.hash = '#/lab?notes=' + encodeURIComponent({query})")).await;
    browser.wait("document.querySelectorAll('[data-note]').length === 12").await;
    let longest = "Math.max(...[...document.querySelectorAll('[data-note] bdi')].map((each) => each.textContent.length))";
    assert!(browser.run(&format!("return {longest}")).await.as_u64().unwrap() <= 140);
    browser.wait("document.querySelector('[name=note]').disabled").await;
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.run("location.hash = '#/lab?notes=%5B'").await;
    browser.wait("document.querySelector('.live-figures dd')").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_a_link_that_trains_both_again() {
    let Some((browser, lab, _folder)) =
        shown("#/lab?speed=fast&steps=60&width=16&batch=8&plan=20_rate_0.01").await
    else {
        return;
    };
    train(&browser).await;
    browser.click("button", "Keep as A").await;
    browser.click(".live-planned button", "×").await;
    browser.wait(&format!("{STATE} === 'idle'")).await;
    train(&browser).await;
    browser.wait(&format!("{DIFFERENCE}.length === 3")).await;
    browser.drawn().await;
    let before = browser.run(&format!("return {DIFFERENCE}")).await;
    let link = story(&browser).await;
    assert!(
        link.contains("a_plan=20_rate_0.01") && link.contains("a=easy*width-16*batch-8*steps-60"),
        "{link}"
    );
    assert!(!link.contains("&plan="), "{link}");
    opened(&browser, &link).await;
    // What differs is known before anything is trained.
    let table = "[...document.querySelectorAll('.live-pair tbody tr')].map((row) => row.textContent).join()";
    browser.wait(&format!("{table} === 'interventionsstep 20: learning rate 0.01none'")).await;
    browser.assert_accessible("a pair that is not trained").await;
    set(&browser, ".live-bar select", "fast", "change").await;
    browser.click(".live-pair button", "Train A and B").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.wait(&format!("{DIFFERENCE}.length === 3")).await;
    browser.drawn().await;
    // The same seeds, the same setups: the same difference.
    assert_eq!(browser.run(&format!("return {DIFFERENCE}")).await, before);
    // A does not go on unseen, and does not come back once it is removed.
    let sessions = browser
        .run_async("return fetch('/api/live/sessions').then((answer) => answer.json()).then(({ sessions }) => sessions.length)")
        .await;
    assert_eq!(sessions, json!(2), "B, and the B before");
    browser.click("button", "Keep as A").await;
    browser.wait("document.querySelector('.live-pair').hidden && !location.hash.includes('a=')").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}
