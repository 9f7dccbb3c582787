//! The view of interactive training, in a browser.

use serde_json::{Value, json};

use crate::support::RunningLab;
use crate::support::browser::Browser;

/// A figure below the chart, as a number.
fn figure(name: &str) -> String {
    format!(
        "parseFloat([...document.querySelectorAll('.live-figures div')]\
         .find((each) => each.firstChild.textContent === {name:?})?.lastChild.textContent)"
    )
}

/// Darkness of a cell of a matrix, from the canvas; 0 where nothing is drawn.
fn cell(matrix: &str, row: usize, column: usize) -> String {
    format!(
        "(() => {{ const canvas = document.querySelector('[data-matrix={matrix}] canvas');
           if (!canvas.dataset.cells) return 0;
           const ratio = canvas.width / canvas.getBoundingClientRect().width;
           const [left, top, size] = canvas.dataset.cells.split(' ').map(Number);
           const [x, y] = [left + ({column} + 0.5) * size, top + ({row} + 0.5) * size].map((at) => Math.round(at * ratio));
           const [r, g, b, drawn] = canvas.getContext('2d').getImageData(x, y, 1, 1).data;
           return drawn && 255 - (0.2126 * r + 0.7152 * g + 0.0722 * b); }})()"
    )
}

async fn lab(hash: &str) -> Option<(Browser, RunningLab, tempfile::TempDir)> {
    let browser = Browser::start().await?;
    let folder = tempfile::tempdir().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    browser.open(&format!("{}{hash}", lab.url)).await;
    browser.wait("document.querySelector('.live-presets button')").await;
    browser.wait(&format!("{} >= 0", figure("accuracy"))).await;
    Some((browser, lab, folder))
}

const STATE: &str = "document.querySelector('#view').dataset.state";

#[tokio::test(flavor = "multi_thread")]
async fn the_theory_is_drawn_first_and_training_learns_under_it() {
    let Some((browser, lab, _folder)) = lab("#/lab?speed=fast").await else { return };
    // Before anything is trained there is a prediction, a picture of nearly uniform attention, and no curve.
    browser.wait("document.querySelector('.live-theory').textContent.includes('a probability of')").await;
    browser.wait(&format!("{} > 0", cell("attention", 4, 4))).await;
    let spread = format!("Math.abs({} - {})", cell("attention", 4, 4), cell("attention", 4, 0));
    assert!(browser.run(&format!("return {spread}")).await.as_f64().unwrap() < 40.0);
    browser.picture("live-before").await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{} > 90", figure("accuracy"))).await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    // The diagonal of both matrices stands out.
    browser.wait(&format!("{} - {} > 60", cell("attention", 4, 4), cell("attention", 4, 1))).await;
    browser.wait(&format!("{} - {} > 40", cell("knowledge", 3, 3), cell("knowledge", 3, 9))).await;
    assert!(
        browser.run(&format!("return {}", figure("weight on the right word"))).await.as_f64().unwrap() > 60.0
    );
    let label = browser
        .run("return document.querySelector('[data-chart=accuracy] svg').getAttribute('aria-label')")
        .await;
    let accuracy = label
        .as_str()
        .unwrap()
        .split("; accuracy: ")
        .chain(label.as_str().unwrap().split(". accuracy: "))
        .nth(1);
    assert!(accuracy.is_some(), "{label}");
    browser.set_size(1320, 1500).await;
    browser.drawn().await;
    browser.picture("live-after").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn training_pauses_steps_is_changed_and_starts_over() {
    let Some((browser, lab, _folder)) = lab("#/lab?speed=slow&width=16&batch=8").await else { return };
    let step = "Number(document.querySelector('.live-counter').textContent.match(/step (\\d+)/)[1])";
    browser.click("button", "Step").await;
    browser.wait(&format!("{STATE} === 'paused' && {step} === 1")).await;
    browser.click("button", "Step").await;
    browser.wait(&format!("{step} === 2")).await;
    // Another learning rate, and attention clamped to the diagonal.
    browser
        .run(
            "const select = document.querySelector('select[name=rate_now]');
             select.value = '0.01';
             select.dispatchEvent(new Event('change'));",
        )
        .await;
    browser
        .wait("document.querySelector('.live-changes').textContent.includes('step 2: learning rate 0.01')")
        .await;
    browser.click("button", "Clamped").await;
    browser.wait(&format!("{} === 100", figure("weight on the right word"))).await;
    browser.wait("document.querySelector('.live-changes').textContent.includes('attention clamped')").await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'running' && {step} > 3")).await;
    browser.click("button", "Pause").await;
    browser.wait(&format!("{STATE} === 'paused'")).await;
    // Had it gone on, one step more would not be the next one.
    let paused = browser.run(&format!("return {step}")).await.as_u64().unwrap();
    browser.click("button", "Step").await;
    browser.wait(&format!("{STATE} === 'paused' && {step} > {paused}")).await;
    assert_eq!(browser.run(&format!("return {step}")).await, json!(paused + 1));
    browser.click("button", "Reset").await;
    browser.wait(&format!("{STATE} === 'idle' && {step} === 0")).await;
    browser.wait("document.querySelector('.live-changes').textContent === ''").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_and_choices_are_in_the_address_and_come_back_from_it() {
    let Some((browser, lab, _folder)) = lab("#/lab").await else { return };
    browser.click("button", "4 Hard, eliminated").await;
    browser.wait("location.hash.includes('preset=hard')").await;
    browser.wait("document.querySelector('[name=vocabulary]').value === '20'").await;
    browser
        .run(
            "const select = document.querySelector('select[name=width]');
             select.value = '24';
             select.dispatchEvent(new Event('change'));",
        )
        .await;
    browser.wait("location.hash.includes('width=24')").await;
    let hash = browser.run("return location.hash").await;
    browser.open("about:blank").await;
    browser.open(&format!("{}{}", lab.url, hash.as_str().unwrap())).await;
    browser.wait("document.querySelector('select[name=width]')?.value === '24'").await;
    browser.wait("document.querySelector('[name=vocabulary]').value === '20'").await;
    browser.wait("document.querySelector('.live-story').textContent.startsWith('Custom setup')").await;
    // The last step of the story is of texts.
    browser.click("button", "6 Salient words").await;
    browser.wait("document.querySelectorAll('.live-text .live-word').length > 10").await;
    let word =
        "[...document.querySelectorAll('.live-word')].find((each) => each.textContent.startsWith('keyword'))";
    browser.wait(word).await;
    // What is not possible is named, and nothing breaks.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/lab?width=9999", lab.url)).await;
    browser
        .wait("document.querySelector('.notice:not([hidden])')?.textContent.includes('from 4 to 128')")
        .await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_of_a_transformer_are_a_grid_and_are_clamped_one_by_one() {
    let Some((browser, lab, _folder)) = lab("#/lab?preset=induction&speed=fast&steps=12&batch=4").await
    else {
        return;
    };
    browser.wait("document.querySelectorAll('.live-head-cell').length === 4").await;
    browser.wait("document.querySelector('[data-matrix=head] canvas').dataset.cells").await;
    browser.click("button", "Step").await;
    browser.wait(&format!("{STATE} === 'paused'")).await;
    // A head that is picked is enlarged, and what is changed next is changed there.
    browser.run("document.querySelector('[data-head=\"0.1\"]').click()").await;
    browser
        .wait("document.querySelector('[data-head=\"0.1\"]').getAttribute('aria-pressed') === 'true'")
        .await;
    browser
        .wait("[...document.querySelectorAll('h2')].some((each) => each.textContent === 'Layer 0, head 2')")
        .await;
    browser.click("button", "Token before").await;
    browser
        .wait("document.querySelector('.live-changes').textContent.includes('on the token before in layer 0, head 2')")
        .await;
    browser
        .wait("document.querySelector('[data-head=\"0.1\"]').textContent.includes('token before 1.00')")
        .await;
    browser
        .wait("!document.querySelector('[data-head=\"0.0\"]').textContent.includes('token before 1.00')")
        .await;
    browser.click("button", "Replace").await;
    browser
        .wait("document.querySelector('.live-changes').textContent.includes('layer 0, head 2 replaced by that of seed 1')")
        .await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.set_size(1280, 1900).await;
    browser.drawn().await;
    browser.picture("live-heads").await;
    browser.assert_fits().await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_started_elsewhere_is_followed_and_not_ended() {
    let Some((browser, lab, _folder)) = lab("#/lab").await else { return };
    browser
        .run(
            "window.session = null;
             fetch('/api/live/sessions', { method: 'POST', headers: { 'content-type': 'application/json' },
               body: JSON.stringify({ setup: { width: 16, batch: 4, steps: 5000 }, speed: 'slow', run: true }) })
               .then((answer) => answer.json()).then((answer) => { window.session = answer.id; });",
        )
        .await;
    browser.wait("window.session").await;
    browser.run("location.hash = `#/lab?session=${window.session}`").await;
    browser.wait(&format!("{STATE} === 'running'")).await;
    browser.wait("document.querySelector('.live-counter').textContent.includes('of 5000')").await;
    browser.run("location.hash = '#/runs'").await;
    browser.wait("!document.querySelector('.live-counter')").await;
    browser
        .run("fetch('/api/live/sessions').then((answer) => answer.json()).then((answer) => { window.left = answer.sessions; });")
        .await;
    browser.wait("window.left?.[0]?.status.state === 'running'").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_fits_a_phone_has_names_for_everything_and_can_be_read_by_keys() {
    let Some((browser, lab, _folder)) = lab("#/lab").await else { return };
    let nameless = browser
        .run(
            "return [...document.querySelectorAll('#view button, #view select, #view input, #view canvas, #view svg[role=img]')]
               .filter((each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length))
               .map((each) => each.outerHTML)",
        )
        .await;
    assert_eq!(nameless, json!([]));
    browser.run("document.querySelector('[data-matrix=attention] canvas').focus()").await;
    browser.press("ArrowRight").await;
    browser.press("ArrowDown").await;
    let readout = "document.querySelector('[data-matrix=attention] .live-readout').textContent";
    browser.wait(&format!("{readout}.includes('(word 2), attention on source')")).await;
    for (width, height, dark, name) in [
        (390, 844, false, "live-phone"),
        (390, 844, true, "live-phone-dark"),
        (1280, 1900, true, "live-dark"),
        (1280, 1900, false, "live"),
    ] {
        browser.set_dark(dark).await;
        browser.set_size(width, height).await;
        browser.drawn().await;
        browser.assert_fits().await;
        browser.picture(name).await;
    }
    assert_ne!(browser.run("return document.querySelectorAll('canvas').length").await, Value::from(0));
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_presses_are_all_done_and_a_double_one_on_train_trains() {
    let Some((browser, lab, _folder)) = lab("#/lab?speed=slow&width=16&batch=8").await else { return };
    let step = "Number(document.querySelector('.live-counter').textContent.match(/step (\\d+)/)[1])";
    let press = |name: &str, times: usize| {
        format!(
            "const button = [...document.querySelectorAll('.live-bar button')].find((each) => each.textContent === {name:?});
             for (let time = 0; time < {times}; time++) button.click();"
        )
    };
    browser.run(&press("Step", 3)).await;
    browser.wait(&format!("{STATE} === 'paused' && {step} === 3")).await;
    browser.run(&press("Train", 2)).await;
    browser.wait(&format!("{STATE} === 'running' && {step} > 4")).await;
    browser.run(&press("Pause", 2)).await;
    browser
        .wait(&format!("{STATE} === 'paused' && document.querySelector('#view').dataset.busy === 'false'"))
        .await;
    assert_eq!(browser.run(&format!("return {STATE}")).await, json!("paused"));
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}
