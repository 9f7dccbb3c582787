//! Trainings and connections as a page has them, in a browser: what is kept, shared, watched, lost and found again.

use std::time::{Duration, Instant};

use crate::support::browser::Browser;
use crate::support::silence::Way;
use crate::support::{RunningLab, runs};
use onset_lab::Options;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const STATE: &str = "document.querySelector('#view').dataset.state";

const STEP: &str = "Number(document.querySelector('.live-counter').textContent.match(/step (\\d+)/)[1])";

/// A training that goes on for as long as any test.
const LONG: &str = "#/lab?speed=slow&width=8&batch=4&steps=5000";

async fn lab(hash: &str) -> Option<(Browser, RunningLab, TempDir)> {
    with(hash, |options| options).await
}

async fn with(hash: &str, change: impl Fn(Options) -> Options) -> Option<(Browser, RunningLab, TempDir)> {
    let browser = Browser::start().await?;
    let folder = tempdir().unwrap();
    let options = Options { folder: folder.path().into(), port: Some(0), ..Options::default() };
    let lab = RunningLab::with(change(options)).await;
    browser.open(&format!("{}{hash}", lab.url)).await;
    browser.wait("document.querySelector('.live-presets button')").await;
    Some((browser, lab, folder))
}

/// Starts to train, and waits until some steps are taken.
async fn train(browser: &Browser) {
    browser
        .wait(&format!(
            "{STATE} === 'idle' && document.querySelector('[data-matrix=attention] canvas').dataset.cells"
        ))
        .await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'running' && {STEP} > 1")).await;
}

/// A link of the menu of the training that is shown.
async fn link(browser: &Browser, name: &str) -> String {
    let field = format!("document.querySelector('.live-links input[aria-label^={name:?}]')");
    browser.run("document.querySelector('.share-menu').open = true").await;
    browser.wait(&field).await;
    let link = browser.run(&format!("return {field}.value")).await;
    browser.run("document.querySelector('.share-menu').open = false").await;
    link.as_str().unwrap().to_owned()
}

/// What `GET path` answers to this browser.
async fn answer(browser: &Browser, path: &str) -> Value {
    browser.run_async(&format!("return fetch({path:?}).then((answer) => answer.json())")).await
}

async fn listed(browser: &Browser) -> Vec<Value> {
    answer(browser, "/api/live/sessions").await["sessions"].as_array().unwrap().clone()
}

/// As another browser would be: without keys of trainings.
async fn become_another(browser: &Browser) {
    // Another window could write back what it knows.
    browser.close_others().await;
    browser.run("localStorage.clear(); sessionStorage.clear();").await;
    browser.open("about:blank").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_another_view_and_a_reload_end_nothing_and_come_back_to_the_training() {
    let Some((browser, lab, _folder)) = lab(LONG).await else { return };
    train(&browser).await;
    let watch = link(&browser, "Link to watch").await;
    let step = browser.run(&format!("return {STEP}")).await.as_u64().unwrap();
    // The link to watch, in the window that trains.
    let hash = watch.split_once('#').unwrap().1;
    browser.run(&format!("location.hash = {hash:?}")).await;
    browser.wait(&format!("{STATE} === 'running' && {STEP} > {step}")).await;
    browser.click("button", "Pause").await;
    browser.wait(&format!("{STATE} === 'paused'")).await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'running'")).await;
    // Another view, and back by the navigation, whose address names nothing.
    browser.click("#views a", "Runs").await;
    browser.wait("!document.querySelector('.live-counter')").await;
    let sessions = listed(&browser).await;
    assert_eq!((sessions.len(), &sessions[0]["status"]["state"]), (1, &json!("running")));
    browser.click("#views a", "Lab").await;
    browser.wait(&format!("{STATE} === 'running' && {STEP} > {step}")).await;
    assert_eq!(browser.run("return document.querySelector('select[name=width]').value").await, json!("8"));
    // A reload, with an address that asks for this setup, and one that asks for nothing.
    for address in [watch.clone(), format!("{}{LONG}", lab.url), format!("{}#/lab", lab.url)] {
        browser.open("about:blank").await;
        browser.open(&address).await;
        browser.wait(&format!("{STATE} === 'running' && {STEP} > {step}")).await;
        browser.wait("!document.querySelector('.live-train').disabled").await;
    }
    // An address that asks for another setup gets it, and ends nothing either.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/lab?preset=salient", lab.url)).await;
    browser.wait(&format!("document.querySelector('.live-presets button') && {STATE} === 'idle'")).await;
    assert_eq!(listed(&browser).await.len(), 1);
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_of_a_hidden_window_is_paused_says_so_and_goes_on() {
    let soon = |options| Options { pause_after: Duration::from_secs(2), ..options };
    let Some((browser, lab, _folder)) = with(LONG, soon).await else { return };
    train(&browser).await;
    browser.set_hidden(true).await;
    crate::support::eventually("it is paused", async || {
        let sessions = listed(&browser).await;
        sessions[0]["unwatched"] == true && sessions[0]["status"]["state"] == "paused"
    })
    .await;
    let paused = listed(&browser).await[0]["status"]["step"].as_u64().unwrap();
    browser.set_hidden(false).await;
    browser.wait(&format!("{STATE} === 'running' && {STEP} > {paused}")).await;
    // On a busy machine it may be paused more than once.
    let note = "/Paused at step \\d+ while no page showed it; it goes on now/.test(document.querySelector('.live-role').textContent)";
    browser.wait(note).await;
    // Nothing is missing from the curve: the page got the whole of it anew.
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_what_runs_and_can_change_nothing_and_one_who_takes_part_can() {
    let Some((browser, lab, _folder)) = lab("#/lab?preset=hard&speed=slow").await else { return };
    train(&browser).await;
    // The menu with all links fits a phone.
    for (width, height, dark) in [(390, 844, true), (1280, 900, false)] {
        browser.set_dark(dark).await;
        browser.set_size(width, height).await;
        browser.run("document.querySelector('.share-menu').open = true").await;
        browser.wait("document.querySelectorAll('.live-links input').length === 3").await;
        browser.drawn().await;
        browser.assert_fits().await;
        browser.assert_legible().await;
        let ground = browser
            .run("return getComputedStyle(document.querySelector('.live-links')).backgroundColor")
            .await;
        assert_ne!(ground, json!("rgba(0, 0, 0, 0)"), "what lies below does not show through");
        // Each link can be seen and touched, and nothing lies over it.
        let hidden = browser
            .run(
                "return [...document.querySelectorAll('.live-links input, .live-links button')].filter((each) => {
                   each.scrollIntoView({ block: 'center' });
                   const { left, top, width, height } = each.getBoundingClientRect();
                   return document.elementFromPoint(left + width / 2, top + height / 2) !== each;
                 }).map((each) => each.outerHTML)",
            )
            .await;
        assert_eq!(hidden, json!([]));
        browser.picture(&format!("sharing-{width}")).await;
    }
    let (watch, part) = (link(&browser, "Link to watch").await, link(&browser, "Link to take part").await);
    assert!(!watch.contains("key=") && part.starts_with(&watch), "{watch} {part}");
    become_another(&browser).await;
    browser.open(&watch).await;
    browser.wait(&format!("{STATE} === 'running' && {STEP} > 1")).await;
    // The setup and the preset are those that run.
    browser
        .wait("document.querySelector('[data-preset=hard]').getAttribute('aria-pressed') === 'true'")
        .await;
    browser.wait("document.querySelector('[name=vocabulary]').value === '20'").await;
    browser.wait("document.querySelector('.live-train').disabled").await;
    browser
        .wait("document.querySelector('.live-role').textContent.includes('You watch this training')")
        .await;
    browser.run("document.querySelector('.share-menu').open = true").await;
    // This lab asks for no token, so that everyone may train the story anew; nobody is given the key of another's training.
    browser.wait("document.querySelectorAll('.live-links input').length === 2").await;
    assert_eq!(
        browser
            .run("return document.querySelector('.live-links input[aria-label^=\"Link to take part\"]')")
            .await,
        Value::Null
    );
    assert_eq!(browser.run("return location.search").await, json!(""));
    let id = browser.run("return document.querySelector('#view').dataset.session").await;
    let refused = browser
        .run_async(&format!(
            "return fetch('/api/live/sessions/{}/command', {{ method: 'POST', body: '{{\"do\": \"end\"}}' }}).then((answer) => answer.status)",
            id.as_str().unwrap()
        ))
        .await;
    assert_eq!(refused, json!(403));
    // Leaving ends nothing.
    browser.run("location.hash = '#/runs'").await;
    browser.wait("!document.querySelector('.live-counter')").await;
    assert_eq!(listed(&browser).await.len(), 1);
    // With the other link the same browser takes part, and its address is then a link to watch.
    browser.open("about:blank").await;
    browser.open(&part).await;
    browser.wait(&format!("{STATE} === 'running' && !document.querySelector('.live-train').disabled")).await;
    browser.wait("!location.hash.includes('key=') && location.hash.includes('session=')").await;
    browser.click("button", "Pause").await;
    browser.wait(&format!("{STATE} === 'paused'")).await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trainings_are_listed_watched_and_ended() {
    let Some((browser, lab, _folder)) = lab(LONG).await else { return };
    train(&browser).await;
    let first = browser.run("return document.querySelector('#view').dataset.session").await;
    browser.new_window().await;
    browser.open(&format!("{}#/lab?preset=hard&speed=slow", lab.url)).await;
    train(&browser).await;
    browser.wait("document.querySelectorAll('.live-trainings li').length === 2").await;
    browser.run("document.querySelector('.live-trainings').scrollIntoView()").await;
    browser.assert_legible().await;
    browser.picture("trainings").await;
    let list = browser.run("return document.querySelector('.live-trainings').innerText").await;
    let list = list.as_str().unwrap();
    assert!(
        list.contains("Easy copying") && list.contains("shown here") && list.contains("2 of at most 12"),
        "{list}"
    );
    let other = format!("document.querySelector('[data-training={first}]')");
    browser.run(&format!("{other}.querySelector('a').click()")).await;
    browser
        .wait(&format!(
            "document.querySelector('#view').dataset.session === {first} && {STATE} === 'running'"
        ))
        .await;
    browser.run(&format!("{other}.querySelector('button').click()")).await;
    browser
        .wait("document.querySelector('.notice:not([hidden])')?.textContent.includes('ended from a page')")
        .await;
    browser.wait("document.querySelectorAll('.live-trainings li').length === 1").await;
    // What another browser started can be watched and not ended.
    become_another(&browser).await;
    browser.open(&format!("{}#/lab", lab.url)).await;
    browser.wait("document.querySelector('.live-trainings li a')").await;
    browser.wait("document.querySelector('.live-trainings li button').hidden").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_is_gone_is_noticed_in_every_view_and_found_again() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &[]);
    let at = |port| Options { folder: folder.path().into(), port: Some(port), ..Options::default() };
    let mut lab = RunningLab::with(at(0)).await;
    let port: u16 = lab.host.rsplit(':').next().unwrap().parse().unwrap();
    let shown = "document.documentElement.dataset.connection";
    for (hash, ready) in [
        ("#/runs", "document.querySelector('table.runs tbody tr')"),
        ("#/run/copying/seed-0", "document.querySelector('.view-head h1')"),
        (LONG, "document.querySelector('.live-presets button')"),
    ] {
        browser.open("about:blank").await;
        browser.open(&format!("{}{hash}", lab.url)).await;
        browser.wait(&format!("{ready} && {shown} === 'open'")).await;
        let is_lab = hash == LONG;
        if is_lab {
            train(&browser).await;
        }
        lab.end().await;
        let gone = Instant::now();
        browser.wait(&format!("{shown} === 'lost'")).await;
        let noticed = gone.elapsed();
        browser
            .wait(
                "document.querySelector('.connection:not([hidden])').textContent.includes('does not answer')",
            )
            .await;
        browser.assert_legible().await;
        browser.picture(if is_lab { "lost-lab" } else { "lost-runs" }).await;
        eprintln!("{hash}: noticed after {noticed:?}");
        lab = RunningLab::with(at(port)).await;
        browser.wait(&format!("{shown} === 'open' && document.querySelector('.connection').hidden")).await;
        if is_lab {
            // The training ended with the lab; whatever is trained now is another one.
            browser.wait("document.querySelector('.notice:not([hidden])')?.textContent.includes('This training has ended')").await;
            browser.wait(&format!("{STATE} === 'idle'")).await;
            train(&browser).await;
        }
    }
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_falls_silent_is_noticed_too_and_the_training_goes_on() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    let way = Way::to(&lab.host).await;
    browser.open(&format!("http://{}/{LONG}", way.host)).await;
    browser.wait("document.querySelector('.live-presets button')").await;
    train(&browser).await;
    // Measured by the page itself, from its last update.
    browser
        .run(&format!(
            "window.last = performance.now();
             let step = {STEP};
             setInterval(() => {{
               if ({STEP} !== step) {{ step = {STEP}; window.last = performance.now(); }}
               if (!window.noticed && document.documentElement.dataset.connection === 'lost') window.noticed = performance.now() - window.last;
             }}, 20)"
        ))
        .await;
    way.set_silent(true);
    browser.wait("window.noticed").await;
    eprintln!("noticed {} ms after the last update", browser.run("return Math.round(window.noticed)").await);
    browser.wait("!document.querySelector('.connection').hidden").await;
    way.set_silent(false);
    let step = browser.run(&format!("return {STEP}")).await.as_u64().unwrap();
    browser
        .wait(&format!(
            "document.querySelector('.connection').hidden && {STATE} === 'running' && {STEP} > {step}"
        ))
        .await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_windows_share_one_connection() {
    let Some((browser, lab, _folder)) = lab(LONG).await else { return };
    train(&browser).await;
    let watch = link(&browser, "Link to watch").await;
    for number in 1..8 {
        browser.new_window().await;
        browser.open(&watch).await;
        browser.wait(&format!("{STATE} === 'running' && {STEP} > {number}")).await;
    }
    // All of them go on, and the lab serves them through one subscription.
    for number in 0..8 {
        browser.to_window(number).await;
        let step = browser.run(&format!("return {STEP}")).await.as_u64().unwrap();
        browser.wait(&format!("{STEP} > {step}")).await;
    }
    // One that was closed for another is noticed a moment later.
    crate::support::eventually("one subscription", async || listed(&browser).await[0]["subscribers"] == 1)
        .await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gives_the_token_once_and_keeps_the_address() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    let token = "a-token-of-some-length";
    let options = Options {
        folder: folder.path().into(),
        port: Some(0),
        token: Some(token.into()),
        ..Options::default()
    };
    let lab = RunningLab::with(options).await;
    browser.open(&format!("http://{}/#/lab?preset=hard", lab.host)).await;
    browser.wait("document.querySelector('form input#token')").await;
    for dark in [true, false] {
        browser.set_dark(dark).await;
        browser.assert_legible().await;
        browser.picture(if dark { "token-dark" } else { "token" }).await;
    }
    let give = |token: &str| {
        format!(
            "document.querySelector('#token').value = {token:?}; document.querySelector('form button').click();"
        )
    };
    browser.run(&give("not-the-token-of-this-lab")).await;
    browser.wait("document.querySelector('[role=alert]')?.textContent.includes('not this lab')").await;
    browser.run(&give(&format!(" {token} "))).await;
    browser
        .wait("document.querySelector('[data-preset=hard]')?.getAttribute('aria-pressed') === 'true'")
        .await;
    // A link to watch needs no token, and shows the one training alone.
    train(&browser).await;
    let watch = link(&browser, "Link to watch").await;
    become_another(&browser).await;
    browser.forget_cookies().await;
    browser.open(&watch).await;
    browser
        .wait(&format!("{STATE} === 'running' && document.documentElement.dataset.access === 'guest'"))
        .await;
    browser.wait("document.querySelector('#views a[data-view=runs]').hidden").await;
    browser.wait("document.querySelector('.live-train').disabled").await;
    browser.close().await;
    lab.end().await;
}
