//! The page for everyone: by axe-core in all views and themes, by keys alone, with large text, with the system's own colours, and
//! with texts that are written from right to left.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{RunningLab, runs};
use tempfile::tempdir;

/// Every view, and what is there when it is.
const VIEWS: [(&str, &str); 9] = [
    ("#/runs", "document.querySelectorAll('.chart path[data-line]').length > 0"),
    (
        "#/run/copying/seed-0",
        "document.querySelector('.heatmap canvas')?.width > 50 && document.querySelector('.words tbody tr')",
    ),
    (
        "#/run/keyword/seed-0",
        "document.querySelectorAll('.shaded .word').length > 3 && document.querySelector('.words tbody tr')",
    ),
    ("#/run/none", "document.querySelector('[role=alert]:not([hidden])')"),
    ("#/lab", "document.querySelector('[data-matrix=attention] canvas')?.dataset.cells"),
    ("#/lab?preset=hard", "document.querySelector('[data-matrix=attention] canvas')?.dataset.cells"),
    ("#/lab?preset=heads", "document.querySelector('[data-matrix=attention] canvas')?.dataset.cells"),
    ("#/lab?preset=salient", "document.querySelectorAll('.live-word').length > 10"),
    ("#/lab?preset=induction&steps=20", "document.querySelectorAll('.live-head-cell').length === 4"),
];

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_any_view_and_theme() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 2, &[]);
    runs::keyword(folder.path());
    let lab = RunningLab::start(folder.path()).await;
    for (width, dark) in [(1400, false), (1400, true), (390, false)] {
        browser.set_size(width, 900).await;
        browser.set_dark(dark).await;
        for (address, is_there) in VIEWS {
            browser.open("about:blank").await;
            browser.open(&format!("{}{address}", lab.url)).await;
            browser.wait(is_there).await;
            browser.drawn().await;
            browser.assert_accessible(&format!("{address} at {width}, dark: {dark}")).await;
        }
    }
    // After a training, too, with all that it shows.
    browser.set_size(1400, 900).await;
    for preset in ["salient", "easy"] {
        browser.open("about:blank").await;
        browser.open(&format!("{}#/lab?preset={preset}&speed=fast", lab.url)).await;
        browser.wait("document.querySelector('.live-figures dd')").await;
        browser.click("button", "Train").await;
        browser.wait("document.querySelector('#view').dataset.state === 'finished'").await;
        browser.run("document.querySelectorAll('#view details:not(.save)').forEach((each) => { each.open = true; })").await;
        browser.click("button", "Keep as A").await;
        for dark in [false, true] {
            browser.set_dark(dark).await;
            browser.drawn().await;
            browser.assert_accessible(&format!("{preset} after training, dark: {dark}")).await;
        }
    }
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_reach_every_value_and_the_focus_is_never_hidden() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 3, &[]);
    runs::keyword(folder.path());
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1280, 600).await;
    // Words of texts, with their values read out.
    for (address, text, live) in [
        (
            "#/run/keyword/seed-0",
            ".shaded",
            "document.querySelector('.example + .readout[role=status]').textContent",
        ),
        ("#/lab?preset=salient", ".live-text", "document.querySelector('#announcement').textContent"),
    ] {
        browser.open("about:blank").await;
        browser.open(&format!("{}{address}", lab.url)).await;
        browser.wait(&format!("document.querySelectorAll('{text} .word').length > 3")).await;
        browser.drawn().await;
        browser.run(&format!("document.querySelector('{text}').focus()")).await;
        let mut said = BTreeSet::new();
        for _ in 0..3 {
            browser.press("ArrowRight").await;
            browser.drawn().await;
            said.insert(browser.run(&format!("return {live}")).await.to_string());
        }
        assert!(
            said.len() == 3 && said.iter().all(|each| each.contains("0.") || each.contains("= 0")),
            "{said:?}"
        );
    }
    // The cells of a matrix.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/lab", lab.url)).await;
    browser.wait("document.querySelector('[data-matrix=attention] canvas')?.dataset.cells").await;
    // What a symbol means is behind a question mark.
    browser.run("document.querySelector('.live-attention button.help').click()").await;
    browser.wait("document.querySelector('.help-text:popover-open')?.textContent.includes('sum to 1')").await;
    browser.run("document.querySelector('.live-attention button.help').click()").await;
    browser.wait("!document.querySelector('.help-text:popover-open')").await;
    browser.run("document.querySelector('[data-matrix=attention] canvas').focus()").await;
    browser.press("ArrowDown").await;
    browser
        .wait("document.querySelector('#announcement').textContent.includes('(word 2), attention on source')")
        .await;
    // The values of a chart that has no cursor, once it has any.
    browser.wait("document.querySelector('[data-chart=loss] [data-line=loss]')").await;
    browser.run("document.querySelector('[data-chart=loss] svg').focus()").await;
    browser.press("End").await;
    browser.drawn().await;
    browser
        .wait("document.querySelector('[data-chart=loss] .chart-readout').textContent.includes('loss')")
        .await;
    // A change of view moves the focus, says where one is, and gives the page its name.
    browser.run("document.querySelector('#views a[data-view=runs]').click()").await;
    browser.wait("document.activeElement.id === 'view' && document.querySelector('#announcement').textContent === 'Runs'").await;
    browser.wait("document.title.includes('Runs')").await;
    browser.run("location.hash = '#/run/copying/seed-0'").await;
    browser.wait("document.title === 'copying/seed-0 · Onset' && document.activeElement.id === 'view'").await;
    // Backwards through each view: no control that has the focus lies under a bar.
    for (address, last) in [
        ("#/lab", "[data-matrix=attention] canvas"),
        ("#/runs", "table.runs tbody tr"),
        ("#/run/copying/seed-0", ".heatmap canvas[data-cells]"),
    ] {
        browser.open("about:blank").await;
        browser.open(&format!("{}{address}", lab.url)).await;
        browser.wait("document.querySelectorAll('#view button').length > 5").await;
        // What comes late moves what is below it.
        browser.wait(&format!("document.querySelector({last:?})")).await;
        browser.drawn().await;
        let hidden = browser
            .run_async(
                "const faults = [];
                 const all = [...document.querySelectorAll('#view :is(a, button, input, select, summary, [tabindex=\"0\"])')]
                   .filter((each) => !each.disabled && each.checkVisibility() && !each.closest('.live-bar, .time'));
                 for (const each of all.reverse()) {
                   each.focus();
                   await new Promise((done) => requestAnimationFrame(done));
                   const box = each.getBoundingClientRect();
                   const over = document.elementFromPoint(Math.min(innerWidth - 1, Math.max(0, box.x + Math.min(box.width, 40) / 2)), Math.min(innerHeight - 1, Math.max(0, box.y + Math.min(8, box.height / 2))));
                   if (over?.closest('.bar, .live-bar, .time')) faults.push(each.outerHTML.slice(0, 100));
                 }
                 return faults;",
            )
            .await;
        assert_eq!(hidden, json!([]), "{address}");
    }
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_page_grows_with_the_text_that_a_reader_has_chosen() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &[]);
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1400, 900).await;
    // The sizes of all texts that are seen, of HTML and of drawings.
    let sizes = "const all = {};
        for (const each of document.querySelectorAll('body *')) {
          if (!each.checkVisibility() || ![...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
          const key = `${each.tagName} ${each.getAttribute('class') ?? ''}`;
          all[key] ??= parseFloat(getComputedStyle(each).fontSize);
        }
        return all;";
    for (address, is_there) in [VIEWS[4], VIEWS[1]] {
        browser.open("about:blank").await;
        browser.open(&format!("{}{address}", lab.url)).await;
        browser.wait(is_there).await;
        browser.drawn().await;
        let usual = browser.run(sizes).await;
        // What a font size of 32 in the settings of the browser does.
        browser.run("document.documentElement.style.fontSize = '200%'").await;
        browser.drawn().await;
        let large = browser.run(sizes).await;
        for (key, size) in usual.as_object().unwrap() {
            let Some(grown) = large[key].as_f64() else { continue };
            assert!((grown / size.as_f64().unwrap() - 2.0).abs() < 0.02, "{address} {key}: {size} → {grown}");
        }
    }
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_that_mean_something_stay_where_the_system_sets_its_own() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::keyword(folder.path());
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1280, 900).await;
    browser.set_media(&[("forced-colors", "active"), ("prefers-color-scheme", "dark")]).await;
    browser.open(&format!("{}#/run/keyword/seed-0", lab.url)).await;
    browser.wait("document.querySelectorAll('.shaded .word').length > 3").await;
    let shades = "new Set([...document.querySelectorAll('.shaded .word')].map((word) => getComputedStyle(word).backgroundColor)).size";
    browser.wait(&format!("{shades} > 1")).await;
    assert_eq!(browser.run("return matchMedia('(forced-colors: active)').matches").await, json!(true));
    for sample in [".shaded .word", ".heat-scale i", ".curves .legend i"] {
        let kept = browser
            .run(&format!("return getComputedStyle(document.querySelector({sample:?})).forcedColorAdjust"))
            .await;
        assert_eq!(kept, json!("none"), "{sample}");
    }
    // Which button is pressed is seen by more than a colour.
    let outline = "return ['true', 'false'].map((on) => getComputedStyle(document.querySelector(`.example button.toggle[aria-pressed=${on}]`)).borderTopWidth)";
    let widths = browser.run(outline).await;
    assert_ne!(widths[0], widths[1], "{widths}");
    browser.picture("forced-colours").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_the_direction_of_writing_turns_nothing_else() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &[]);
    let turned = format!("run-{}txt", '\u{202e}');
    std::fs::rename(folder.path().join("copying"), folder.path().join(&turned)).unwrap();
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1280, 900).await;
    browser.open(&format!("{}#/run/{}/seed-0", lab.url, turned.replace('\u{202e}', "%E2%80%AE"))).await;
    browser.wait("document.querySelector('.crumbs bdi')").await;
    // Each place that shows the name keeps it to itself.
    let isolated = browser
        .run(
            "const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), loose = [];
             for (let node = walk.nextNode(); node; node = walk.nextNode()) {
               if (!node.data.includes('\\u202e') || node.parentElement.closest('script, pre, [hidden]')) continue;
               if (!/isolate|plaintext/.test(getComputedStyle(node.parentElement).unicodeBidi) && !node.data.includes('\\u2068')) loose.push(node.parentElement.outerHTML.slice(0, 120));
             }
             return loose;",
        )
        .await;
    assert_eq!(isolated, Value::Array(Vec::new()));
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.wait("document.querySelector('table.runs tbody a')").await;
    let around = browser
        .run("return [...document.querySelectorAll('table.runs tbody :is(a, .about)')].filter((each) => each.textContent.includes('\\u202e')).map((each) => getComputedStyle(each).unicodeBidi)")
        .await;
    assert!(
        !around.as_array().unwrap().is_empty()
            && around.as_array().unwrap().iter().all(|each| each == "isolate"),
        "{around}"
    );
    browser.close().await;
    lab.end().await;
}
