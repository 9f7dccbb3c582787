//! The page in a real browser: what is drawn, what links restore, what is saved, and how fast.
//!
//! `ONSET_SCREENSHOTS=FOLDER` keeps pictures of what is tested. Without Chromium these tests say that they are skipped;
//! with `ONSET_REQUIRE_BROWSER` set they fail.

use std::time::Instant;

use crate::support::browser::Browser;
use crate::support::{RunningLab, runs};
use serde_json::{Value, json};
use tempfile::tempdir;

/// Lines of the first chart of the page, by name.
const LINES: &str = "[...document.querySelectorAll('.chart svg')[0].querySelectorAll('path[data-line]')]";

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_filtered_compared_and_restored_by_their_link() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 3, &[]);
    runs::copying(folder.path(), 2, &["model.hidden=12"]);
    runs::keyword(folder.path());
    std::fs::create_dir_all(folder.path().join("broken")).unwrap();
    std::fs::write(folder.path().join("broken/manifest.json"), "{").unwrap();
    let lab = RunningLab::start(folder.path()).await;
    browser.set_dark(false).await;
    browser.set_size(1280, 900).await;
    browser.open(&format!("{}#/runs?show=.", lab.url)).await;
    browser.wait("document.querySelectorAll('table.runs tbody tr').length === 4").await;
    let page = browser.run("return document.body.innerText").await;
    let page = page.as_str().unwrap();
    assert!(page.contains("7 runs of 4 settings") && page.contains("not a readable manifest"), "{page}");
    assert!(
        page.contains("hidden = 12") && page.contains("hidden = 24") && page.contains("3 seeds"),
        "{page}"
    );

    // Two settings in the chart; taking one out changes nothing of the other, not even its colour.
    for number in [0, 1] {
        browser.run(&format!("document.querySelectorAll('tr.group input')[{number}].click()")).await;
    }
    browser.wait(&format!("{LINES}.length === 2")).await;
    let line = |number: usize| {
        format!(
            "const line = {LINES}[{number}]; return [line.getAttribute('d'), line.getAttribute('stroke'), line.dataset.line]"
        )
    };
    let before = browser.run(&line(1)).await;
    assert!(before[2].as_str().unwrap().contains("median of"), "{before}");
    browser.picture("runs-light").await;
    browser.run("document.querySelectorAll('tr.group input')[0].click()").await;
    browser.wait(&format!("{LINES}.length === 1")).await;
    assert_eq!(browser.run(&line(0)).await, before);

    // Curves of each seed, a logarithmic axis, a filter: all of it is in the address.
    browser.click("button", "Show each seed").await;
    browser.click("button", "Log steps").await;
    browser.wait(&format!("{LINES}.length > 2")).await;
    browser.run("const box = document.querySelector('input[type=search]'); box.value = 'hidden'; box.dispatchEvent(new Event('input'))").await;
    browser.wait("document.querySelectorAll('table.runs tbody tr').length === 2").await;
    browser.wait("location.hash.includes('text=hidden')").await;
    let address = browser.run("return location.href").await;
    let shown = browser.run(&format!("return {LINES}.map((line) => line.getAttribute('d'))")).await;
    browser.open("about:blank").await;
    browser.open(address.as_str().unwrap()).await;
    browser.wait(&format!("{LINES}.length > 2")).await;
    browser.wait("document.querySelectorAll('table.runs tbody tr').length === 2").await;
    assert_eq!(browser.run(&format!("return {LINES}.map((line) => line.getAttribute('d'))")).await, shown);
    assert_eq!(
        browser.run("return document.querySelector('input[type=search]').value").await,
        json!("hidden")
    );

    // What is drawn can be saved.
    browser.click("summary", "Save").await;
    browser.click("button", "CSV").await;
    let csv = String::from_utf8(browser.saved("onset-accuracy.csv").await).unwrap();
    assert!(csv.starts_with("line,step,value,low,high\n") && csv.contains("(median of"), "{csv}");
    browser.click("button", "SVG").await;
    let svg = String::from_utf8(browser.saved("onset-accuracy.svg").await).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("<path") && !svg.contains("class="), "{svg}");
    browser.click("button", "PNG").await;
    assert!(browser.saved("onset-accuracy.png").await.starts_with(b"\x89PNG"));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_training_grows_on_the_page_and_a_deleted_one_goes() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    let running = runs::running(folder.path(), "live");
    runs::advance(&running, 4);
    let lab = RunningLab::start(folder.path()).await;
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.wait(&format!("{LINES}.length === 1")).await;
    let drawn = browser.run(&format!("return {LINES}[0].getAttribute('d')")).await;
    browser.wait("document.body.innerText.includes('1 running')").await;
    runs::advance(&running, 9);
    browser.wait(&format!("{LINES}[0].getAttribute('d') !== {drawn}")).await;
    browser.wait("document.body.innerText.includes('80 / 100')").await;
    drop(running);
    browser.wait("document.body.innerText.includes('interrupted')").await;
    std::fs::remove_dir_all(folder.path().join("live")).unwrap();
    browser.wait("document.body.innerText.includes('There are no runs in this folder yet')").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_cursor_moves_attention_and_its_link_restores_it() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &[]);
    let lab = RunningLab::start(folder.path()).await;
    browser.set_dark(false).await;
    browser.set_size(1280, 1000).await;
    browser.open(&format!("{}#/run/copying/seed-0", lab.url)).await;
    let pixels = "return document.querySelector('.heatmap canvas').toDataURL()";
    browser.wait("document.querySelector('.heatmap canvas')?.width > 50 && document.querySelectorAll('.words tbody tr').length > 5").await;
    let at = |step: &str| format!("document.querySelector('.time output').textContent === 'step {step}'");
    browser.run("document.activeElement.blur()").await;
    browser.press("End").await;
    browser.wait(&at("60")).await;
    let end = browser.run(pixels).await;
    browser.press("Home").await;
    browser.wait(&at("0")).await;
    let start = browser.run(pixels).await;
    assert_ne!(start, end);
    browser.press("ArrowRight").await;
    browser.wait(&at("5")).await;
    browser.wait("location.hash.includes('step=5')").await;
    let middle = browser.run(pixels).await;

    // The cursor stands at the same step in every chart.
    let marks = "return [...document.querySelectorAll('.curves .chart .cursor')].map((line) => line.getAttribute('x1'))";
    let places = browser.run(marks).await;
    assert!(places.as_array().unwrap().len() >= 3, "{places}");

    // A word over training, and the cell under the pointer.
    browser.run("document.querySelector('.words tbody button').click()").await;
    browser.wait("document.querySelectorAll('.word-detail .chart path[data-line]').length === 4").await;
    browser.run("const canvas = document.querySelector('.heatmap canvas'); canvas.focus()").await;
    browser.press("ArrowDown").await;
    browser
        .wait("document.querySelector('.example + .readout').textContent.includes('Target token 2')")
        .await;
    browser.wait(&at("5")).await;
    browser.picture("run-light").await;
    browser.wait("location.hash.includes('word=')").await;

    let address = browser.run("return location.href").await;
    browser.open("about:blank").await;
    browser.open(address.as_str().unwrap()).await;
    browser.wait(&format!("{} && document.querySelector('.heatmap canvas')?.width > 50", at("5"))).await;
    browser.wait("document.querySelectorAll('.word-detail .chart path[data-line]').length === 4").await;
    assert_eq!(browser.run(pixels).await, middle);

    browser.click(".heatmap-holder summary", "Save").await;
    browser.click(".heatmap-holder button", "CSV").await;
    let csv = String::from_utf8(browser.saved("copying-seed-0-alpha.csv").await).unwrap();
    assert_eq!(csv.lines().count(), 82, "{csv}");
    browser.click(".heatmap-holder button", "SVG").await;
    let svg = String::from_utf8(browser.saved("copying-seed-0-alpha.svg").await).unwrap();
    // 81 cells, the ground, and ten shades of the scale.
    assert_eq!(svg.matches("<rect").count(), 92, "{svg}");
    assert!(svg.contains("Rows: target words. Columns: source words."), "{svg}");

    // Played, it comes to the end by itself.
    browser.click(".time button", "▶ Play").await;
    browser.wait(&at("60")).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_and_sentence_pairs_are_followed_word_by_word() {
    let Some(browser) = Browser::start().await else { return };
    let (folder, files) = (tempdir().unwrap(), tempdir().unwrap());
    runs::keyword(folder.path());
    runs::translation(folder.path(), files.path());
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1280, 1000).await;
    browser.open(&format!("{}#/run/keyword/seed-0", lab.url)).await;
    browser.wait("document.querySelectorAll('.shaded .word').length > 3 && document.querySelectorAll('.words tbody tr').length > 5").await;
    let shades =
        "return [...document.querySelectorAll('.shaded .word')].map((word) => word.style.backgroundColor)";
    let end = browser.run(shades).await;
    browser.run("document.activeElement.blur()").await;
    browser.press("Home").await;
    browser.wait(&format!("JSON.stringify((() => {{ {shades} }})()) !== {}", json!(end.to_string()))).await;
    browser.click(".example button", "β").await;
    browser.wait("location.hash.includes('probe=beta')").await;
    browser.wait("document.body.innerText.includes('Agreement with the final α')").await;
    browser.run("document.querySelector('.words tbody button').click()").await;
    browser.wait("document.querySelectorAll('.word-detail .chart path[data-line]').length === 4").await;
    browser.picture("text-light").await;

    browser.open(&format!("{}#/run/pairs/seed-0", lab.url)).await;
    browser.wait("document.querySelectorAll('.heatmap').length === 4 && document.querySelectorAll('.words tbody tr').length > 2").await;
    browser.picture("pairs-light").await;
    browser.wait("document.querySelector('.words thead').innerText.includes('Translated as')").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_shows_everything_and_so_does_the_dark() {
    let Some(browser) = Browser::start().await else { return };
    let (folder, files) = (tempdir().unwrap(), tempdir().unwrap());
    runs::copying(folder.path(), 2, &[]);
    runs::keyword(folder.path());
    runs::translation(folder.path(), files.path());
    let lab = RunningLab::start(folder.path()).await;
    let ready = [
        ("#/runs", "document.querySelectorAll('.chart path[data-line]').length > 0"),
        ("#/run/copying/seed-0", "document.querySelector('.heatmap canvas')?.width > 50"),
        ("#/run/keyword/seed-0", "document.querySelectorAll('.shaded .word').length > 3"),
        ("#/run/pairs/seed-0", "document.querySelectorAll('.heatmap').length === 4"),
        ("#/lab", "document.querySelector('h1')"),
    ];
    for (width, dark) in [(360, false), (390, true), (1280, true)] {
        browser.set_size(width, 844).await;
        browser.set_dark(dark).await;
        for (number, (address, expression)) in ready.iter().enumerate() {
            browser.open("about:blank").await;
            browser.open(&format!("{}{address}", lab.url)).await;
            browser.wait(expression).await;
            browser.assert_fits().await;
            browser.assert_legible().await;
            browser.picture(&format!("{width}-{}-{number}", if dark { "dark" } else { "light" })).await;
        }
    }
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_on_the_page() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 30);
    let lab = RunningLab::start(folder.path()).await;
    browser.open(&format!("{}#/run/no/such%2Frun%zz", lab.url)).await;
    browser
        .wait("document.querySelector('[role=alert]:not([hidden])')?.textContent.includes('there is no run')")
        .await;
    browser.open(&format!("{}#/run/setting-000/seed-0?step=x&example=999&word=%3Cb%3E", lab.url)).await;
    browser.wait("document.body.innerText.includes('example 999 (validation) is not recorded')").await;
    browser.open(&format!("{}#/run/setting-000/seed-0?step=x&word=%3Cb%3E", lab.url)).await;
    browser.wait("document.body.innerText.includes('This run has no attribution records')").await;
    lab.end().await;
    browser.open("about:blank").await;
    browser.close().await;
}

/// It prints how long they take, and asserts no times: docs/benchmarks.md has those of a machine that does nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_long_runs_are_listed_and_the_cursor_passes_every_checkpoint() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    let begun = Instant::now();
    (0..200).for_each(|number| runs::made_up(folder.path(), number, 100_000));
    eprintln!("200 runs of 100,000 steps made in {:.1?}", begun.elapsed());
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1280, 900).await;
    let time = |mark: &str| format!("return performance.getEntriesByName({mark:?})[0]?.startTime");
    let mut times = Vec::new();
    // The first time the lab has looked at nothing yet; the second time it has.
    for _ in 0..2 {
        browser.open("about:blank").await;
        browser.open(&format!("{}#/runs", lab.url)).await;
        browser.wait("performance.getEntriesByName('curves-shown').length").await;
        let mut each = Vec::new();
        for mark in ["first-contentful-paint", "runs-shown", "curves-shown"] {
            each.push(browser.run(&time(mark)).await.as_f64().unwrap_or(f64::NAN));
        }
        times.push(each);
    }
    eprintln!("ms to the first paint, the list, the curves: first {:.0?}, then {:.0?}", times[0], times[1]);
    assert!(browser.run("return document.querySelectorAll('tr.group').length").await == json!(40));

    // Every checkpoint once, each drawn before the next.
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &["data.vocabulary=40", "data.length=40", "record.every=2"]);
    let lab = RunningLab::start(folder.path()).await;
    let id = std::fs::read_dir(folder.path()).unwrap().flatten().next().unwrap().file_name();
    browser.open(&format!("{}#/run/{}/seed-0", lab.url, id.to_string_lossy())).await;
    browser.wait("document.querySelector('.heatmap canvas')?.width > 50 && document.querySelectorAll('.words tbody tr').length > 5").await;
    let moves = browser
        .run_async(
            "const slider = document.getElementById('time'), times = [];
             for (let at = 0; at <= Number(slider.max); at += 1) {
               const before = performance.now();
               slider.value = at;
               slider.dispatchEvent(new Event('input'));
               // Two frames: the first may have begun before.
               await new Promise((done) => requestAnimationFrame(() => { document.body.offsetHeight; done(); }));
               times.push(performance.now() - before);
             }
             return times;",
        )
        .await;
    let mut moves: Vec<f64> = moves.as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    moves.sort_by(f64::total_cmp);
    let (middle, late) = (moves[moves.len() / 2], moves[moves.len() * 95 / 100]);
    eprintln!(
        "ms from a move of the cursor to the frame that shows it, of {}: median {middle:.1}, 95 % below {late:.1}",
        moves.len()
    );
    assert!(moves.len() > 10, "{} moves", moves.len());
    browser.assert_quiet().await;
    browser.close().await;
}
