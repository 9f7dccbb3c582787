//! What hands do to the page: they click and type while a training changes it, they tap and swipe, they save.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{RunningLab, runs};
use tempfile::{TempDir, tempdir};

const STATE: &str = "document.querySelector('#view').dataset.state";
const STEP: &str = "Number(document.querySelector('.live-counter').textContent.match(/step (\\d+)/)[1])";

async fn lab(hash: &str) -> Option<(Browser, RunningLab, TempDir)> {
    let browser = Browser::start().await?;
    let folder = tempdir().unwrap();
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1400, 900).await;
    browser.open(&format!("{}{hash}", lab.url)).await;
    browser.wait("document.querySelector('.live-presets button')").await;
    browser.wait("document.querySelector('.live-figures dd')").await;
    Some((browser, lab, folder))
}

async fn text(browser: &Browser, script: &str) -> String {
    browser.run(&format!("return String({script})")).await.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_stays_under_the_hand_that_types_and_clicks_while_a_training_runs() {
    let training = "#/lab?speed=fast&width=64&batch=64&steps=5000&seed=0";
    let Some((browser, lab, _folder)) = lab(training).await else { return };
    browser.run("document.querySelector('.live-setup details').open = true").await;
    browser
        .run("window.before = [...document.querySelectorAll('.live-controls *, .live-interventions *')]")
        .await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'running' && {STEP} > 20")).await;

    // Digit by digit: each stays, in the field that has the focus.
    browser
        .run("const seed = document.querySelector('.live-controls [name=seed]'); seed.focus(); seed.select()")
        .await;
    let mut typed = String::new();
    for number in 0..100 {
        if typed.len() == 9 {
            browser.run("document.querySelector('.live-controls [name=seed]').select()").await;
            typed.clear();
        }
        let digit = char::from(b'1' + (number % 9) as u8);
        typed.push(digit);
        browser.type_text(&digit.to_string()).await;
        let seen = browser
            .run(
                "const seed = document.querySelector('.live-controls [name=seed]');
                 return [seed.value, document.activeElement === seed]",
            )
            .await;
        assert_eq!(seen, json!([typed, true]), "character {number}");
    }
    // All of it while training ran, and nothing was made anew.
    assert_eq!(text(&browser, STATE).await, "running");
    let same = browser.run("return window.before.every((each) => each.isConnected)").await;
    assert_eq!(same, json!(true));
    browser
        .run("document.querySelector('.live-controls [name=seed]').value = 0; document.activeElement.blur()")
        .await;

    // Each click with the mouse is one seed, whatever the page draws in the meantime, and the button keeps the focus.
    for number in 1..=10 {
        browser.wait(&format!("{STATE} === 'running' || {STATE} === 'idle'")).await;
        browser.mouse_click("button[name=next_seed]").await;
        browser
            .wait(&format!("document.querySelector('.live-controls [name=seed]').value === '{number}'"))
            .await;
        assert_eq!(text(&browser, "document.activeElement.name").await, "next_seed");
        browser.click("button", "Train").await;
        browser.wait(&format!("{STATE} === 'running' && {STEP} > 2")).await;
    }
    // By key too.
    browser.run("document.querySelector('button[name=next_seed]').focus()").await;
    browser.run("document.activeElement.click()").await;
    browser.wait("document.querySelector('.live-controls [name=seed]').value === '11'").await;
    assert_eq!(text(&browser, "document.activeElement.name").await, "next_seed");

    let nameless = browser
        .run(
            "return [...document.querySelectorAll('#view button')].filter((each) =>
               !(each.textContent.trim() || each.getAttribute('aria-label'))).map((each) => each.outerHTML)",
        )
        .await;
    assert_eq!(nameless, json!([]));
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_seed_is_refused_in_words_and_a_notice_goes_with_the_next_success() {
    let Some((browser, lab, _folder)) = lab("#/lab?vocabulary=6&length=4&width=8&batch=4").await else {
        return;
    };
    let set = |value: &str| {
        format!(
            "const seed = document.querySelector('.live-controls [name=seed]');
             seed.value = {value:?}; seed.dispatchEvent(new Event('change'))"
        )
    };
    for wrong in ["", "-1", "1.5", "99999999999999999999"] {
        browser.run(&set(wrong)).await;
        let error = text(&browser, "document.querySelector('#live-seed-error').textContent").await;
        assert_eq!(error, "The seed must be a whole number from 0 to 999999999.", "{wrong}");
        assert!(!text(&browser, "location.hash").await.contains("seed="));
    }
    // The error stays when the page is drawn again for another reason, and goes when another setup is shown.
    browser
        .run("const form = document.querySelector('form[aria-label=Notes]'); form.elements.note.value = 'here'; form.requestSubmit()")
        .await;
    browser.wait("location.hash.includes('here')").await;
    browser.wait("document.querySelector('.live-captions [data-note]')").await;
    assert_ne!(text(&browser, "document.querySelector('#live-seed-error').textContent").await, "");
    browser.run(&set("7")).await;
    browser.wait("location.hash.includes('seed=7')").await;
    assert_eq!(text(&browser, "document.querySelector('#live-seed-error').textContent").await, "");
    // A head is not replaced by one of no seed either.
    browser
        .run("const form = document.querySelector('form[aria-label=\"Replace a head\"]'); form.elements.seed.value = ''; form.requestSubmit()")
        .await;
    browser.click("button", "Step").await;
    browser.wait(&format!("{STATE} === 'paused'")).await;
    assert_eq!(text(&browser, "document.querySelector('.live-changes').textContent").await, "");
    // What is refused is named, until something succeeds.
    browser.run("location.hash = '#/lab?width=9999'").await;
    browser
        .wait("document.querySelector('.notice:not([hidden])')?.textContent.includes('from 4 to 128')")
        .await;
    browser
        .run("const width = document.querySelector('select[name=width]'); width.value = '16'; width.dispatchEvent(new Event('change'))")
        .await;
    browser.wait("document.querySelector('.notice').hidden").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_reads_a_matrix_and_a_swipe_over_a_chart_scrolls_the_page() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &[]);
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(390, 844).await;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
    let views = [
        (
            "#/run/copying/seed-0",
            ".heatmap canvas",
            "document.querySelector('.example + .readout').textContent.startsWith('Target token')",
        ),
        (
            "#/lab",
            "[data-matrix=attention] canvas",
            "document.querySelector('[data-matrix=attention] .live-readout').textContent.startsWith('Target ')",
        ),
    ];
    for (address, canvas, read) in views {
        browser.open("about:blank").await;
        browser.open(&format!("{}{address}", lab.url)).await;
        browser.wait(&format!("document.querySelector({canvas:?})?.dataset.cells")).await;
        browser.drawn().await;
        let middle = browser.middle(canvas).await;
        browser.finger(middle, middle).await;
        browser.wait(read).await;
    }
    // The cursor stays where it is when the page is scrolled, and follows a finger that moves sideways.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/run/copying/seed-0", lab.url)).await;
    browser.wait("document.querySelector('.curves .chart path[data-line]')").await;
    browser.wait("document.querySelector('.time output').textContent === 'step 60'").await;
    let (x, y) = browser.middle(".curves .chart svg").await;
    let scrolled = browser.run("return scrollY").await.as_f64().unwrap();
    browser.finger((x, y + 100.0), (x, y - 140.0)).await;
    browser.wait(&format!("scrollY > {}", scrolled + 100.0)).await;
    assert_eq!(text(&browser, "document.querySelector('.time output').textContent").await, "step 60");
    let (x, y) = browser.middle(".curves .chart svg").await;
    browser.finger((x + 60.0, y), (x - 60.0, y)).await;
    browser.wait("document.querySelector('.time output').textContent !== 'step 60'").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_the_lab_are_saved_with_what_they_need_to_be_read() {
    let Some((browser, lab, _folder)) = lab("#/lab?speed=fast&steps=40&width=16&batch=8").await else {
        return;
    };
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    // Looking at an earlier step draws a cursor, which is not saved.
    browser
        .run("const look = document.querySelector('[name=look]'); look.value = 10; look.dispatchEvent(new Event('input'))")
        .await;
    browser.wait("document.querySelector('[data-chart=accuracy] .cursor').getAttribute('visibility') === 'visible'").await;
    let save = |label: &str, kind: &str| {
        format!(
            "const menu = document.querySelector('summary[aria-label=\"Save {label}\"]').closest('details');
             menu.open = true;
             [...menu.querySelectorAll('button')].find((each) => each.textContent === '{kind}').click()"
        )
    };
    browser.run(&save("lab-accuracy", "SVG")).await;
    let svg = String::from_utf8(browser.saved("lab-accuracy.svg").await).unwrap();
    for part in [
        ">Words known, attention and accuracy over steps<",
        ">step<",
        ">share<",
        ">words known from their own state alone<",
        ">best without the order of words<",
    ] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    let lines = |svg: &str| svg.matches("<line").count();
    browser
        .run("const look = document.querySelector('[name=look]'); look.value = look.max; look.dispatchEvent(new Event('input'))")
        .await;
    browser
        .wait(
            "document.querySelector('[data-chart=accuracy] .cursor').getAttribute('visibility') === 'hidden'",
        )
        .await;
    std::fs::remove_file(browser.downloads().join("lab-accuracy.svg")).unwrap();
    browser.run(&save("lab-accuracy", "SVG")).await;
    let without = String::from_utf8(browser.saved("lab-accuracy.svg").await).unwrap();
    assert_eq!(lines(&svg), lines(&without), "a cursor is no part of the figure");
    // What was done is seen for a moment.
    browser
        .wait("document.querySelector('summary[aria-label=\"Save lab-accuracy\"]').textContent === 'Saved'")
        .await;
    browser.run(&save("lab-attention", "SVG")).await;
    let matrix = String::from_utf8(browser.saved("lab-attention.svg").await).unwrap();
    assert!(
        matrix.contains("Rows: target words. Columns: source words.")
            && matrix.contains(">α of one sequence<"),
        "{matrix}"
    );
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_shows_what_it_finds_and_what_was_unfolded_stays_so() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 2, &[]);
    runs::keyword(folder.path());
    let lab = RunningLab::start(folder.path()).await;
    browser.open(&format!("{}#/run/keyword/seed-0", lab.url)).await;
    browser.wait("document.querySelectorAll('.picker option').length > 3").await;
    browser.wait("document.querySelectorAll('.shaded .word').length > 3").await;
    let first = text(&browser, "document.querySelector('.picker select').value").await;
    // A word of another example.
    let other = browser
        .run(
            "const own = new Set([...document.querySelectorAll('.shaded .word')].map((each) => each.textContent));
             for (const option of document.querySelectorAll('.picker option')) {
               const word = option.textContent.replace(/\\[.*/, '').split(/[ :]+/).find((each) => each.length > 3 && !own.has(each) && /^[a-z]+$/.test(each));
               if (word) return word;
             }
             return null;",
        )
        .await;
    let Value::String(other) = other else { panic!("all examples have the same words") };
    browser
        .run(&format!(
            "const box = document.querySelector('.example').parentElement.querySelector('input[type=search]');
             box.value = {other:?}; box.dispatchEvent(new Event('input'))"
        ))
        .await;
    browser.wait(&format!("document.querySelector('.picker select').value !== {first:?}")).await;
    browser
        .wait(&format!("[...document.querySelectorAll('.shaded .word')].some((each) => each.textContent.includes({other:?}))"))
        .await;

    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.wait("document.querySelector('button.unfold')").await;
    browser.click("button.unfold", "▸").await;
    browser.wait("document.querySelector('tr.inner a')").await;
    browser.click("tr.inner a", "copying").await;
    browser.wait("document.querySelector('.time')").await;
    browser.run("history.back()").await;
    browser.wait("document.querySelector('tr.inner a')").await;
    browser.close().await;
    lab.end().await;
}
