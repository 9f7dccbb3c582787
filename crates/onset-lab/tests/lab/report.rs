//! Reports in a real browser: they share their charts with the lab. Without Chromium these tests say that they are skipped.

use std::path::Path;

use crate::support::browser::Browser;
use crate::support::runs;
use onset::report::write_report;
use onset::study::Collected;
use serde_json::json;
use tempfile::{TempDir, tempdir};

/// The first chart of the page.
const CHART: &str = "document.querySelector('figure .chart svg')";

/// A report of the runs in `folder`, as an address.
fn report(folder: &Path, page: &TempDir) -> String {
    let runs = Collected::find(&[folder.to_path_buf()]).runs;
    let path = page.path().join("report.html");
    write_report(&runs, &path).unwrap();
    format!("file://{}", path.display())
}

async fn opened(browser: &Browser, folder: &TempDir) -> TempDir {
    let page = tempdir().unwrap();
    browser.set_dark(false).await;
    browser.set_size(1280, 900).await;
    browser.open(&report(folder.path(), &page)).await;
    browser.wait(&format!("{CHART}.querySelectorAll('path[data-line]').length > 0")).await;
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn the_axis_of_steps_is_that_of_the_data_and_can_be_logarithmic() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 3, &[]);
    let _page = opened(&browser, &folder).await;
    let range = format!("return {CHART}.dataset.x");
    assert_eq!(browser.run(&range).await, json!("0 60"));
    let marks = format!(
        "return [...{CHART}.querySelectorAll('text')].map((text) => Number(text.textContent)).filter((x) => x > 60)"
    );
    assert_eq!(browser.run(&marks).await, json!([]), "no mark beyond the data");
    let line = format!("return {CHART}.querySelector('path[data-line]').getAttribute('d')");
    let linear = browser.run(&line).await;
    browser.click("figure button", "Log steps").await;
    browser.wait(&format!("{CHART}.textContent.includes('step (logarithmic)')")).await;
    assert_ne!(browser.run(&line).await, linear);
    assert_eq!(browser.run(&range).await, json!("0 60"));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_has_title_legend_and_every_value() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 3, &[]);
    let _page = opened(&browser, &folder).await;
    let name =
        browser.run("return JSON.parse(document.querySelector('figure script').textContent).name").await;
    let name = name.as_str().unwrap();
    browser.click("figure summary", "Save").await;
    browser.click("figure button", "SVG").await;
    let svg = String::from_utf8(browser.saved(&format!("{name}.svg")).await).unwrap();
    for part in
        ["<title>8 words drawn from 12", ">seed 2<", ">median<", ">token accuracy<", ">learned: 0.95<"]
    {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    assert!(svg.starts_with("<svg") && !svg.contains("class=") && !svg.contains("var("), "{svg}");
    browser.click("figure button", "CSV").await;
    let csv = String::from_utf8(browser.saved(&format!("{name}.csv")).await).unwrap();
    // Three seeds and their median, at 13 evaluations each.
    assert_eq!(csv.lines().count(), 1 + 4 * 13, "{csv}");
    assert!(csv.starts_with("line,step,value,low,high\nseed 0,0,"), "{csv}");
    browser.click("figure button", "PNG").await;
    assert!(browser.saved(&format!("{name}.png")).await.starts_with(b"\x89PNG"));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_have_colours_of_their_own_and_are_brought_out_from_the_legend() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 3, &[]);
    let _page = opened(&browser, &folder).await;
    let colours = format!(
        "return new Set([...{CHART}.querySelectorAll('path[data-line]')].map((line) => getComputedStyle(line).stroke)).size"
    );
    assert_eq!(browser.run(&colours).await, json!(4));
    let opacity = |line: &str| {
        format!("Number({CHART}.querySelector('[data-line=\"{line}\"]').getAttribute('opacity'))")
    };
    browser.run("document.querySelector('figure .legend button').focus()").await;
    browser.wait(&format!("{} < 0.5 && {} === 1", opacity("seed 1"), opacity("seed 0"))).await;
    browser.run("document.activeElement.blur()").await;
    browser.wait(&format!("{} === 1", opacity("seed 1"))).await;
    // By keyboard, the values of a step.
    browser.run(&format!("{CHART}.focus()")).await;
    browser.press("End").await;
    browser.wait("document.querySelector('figure .chart-readout').textContent.startsWith('step 60')").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_several_folders_are_told_apart_by_their_names() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &[]);
    runs::copying(folder.path(), 1, &["model.hidden=12"]);
    let _page = opened(&browser, &folder).await;
    let names = browser
        .run("return [...document.querySelectorAll('figure .chart path[data-line]')].map((line) => line.dataset.line)")
        .await;
    let names = names.to_string();
    for name in ["seed 0, copying/seed-0", "seed 0, copying-model-hidden-12/seed-0"] {
        assert!(names.contains(name), "{name}: {names}");
    }
    assert!(!names.contains("\"seed 0\""), "{names}");
    browser.assert_quiet().await;
    browser.close().await;
}

#[cfg(unix)]
#[test]
fn a_report_names_a_pipe_in_place_of_a_file_and_does_not_wait_for_it() {
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 20);
    runs::made_up(folder.path(), 1, 20);
    let pipe = folder.path().join("setting-000/seed-0/evaluation.parquet");
    std::fs::remove_file(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let collected = Collected::find(&[folder.path().to_path_buf()]);
    let [(path, error)] = &collected.unreadable[..] else { panic!("{:?}", collected.unreadable) };
    assert!(path.ends_with("seed-0") && error.to_string().contains("a named pipe"), "{error}");
    assert_eq!(collected.runs.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_fit_a_phone_and_are_legible_in_light_and_dark() {
    let Some(browser) = Browser::start().await else { return };
    let (folder, files) = (tempdir().unwrap(), tempdir().unwrap());
    runs::copying(folder.path(), 2, &[]);
    runs::keyword(folder.path());
    runs::translation(folder.path(), files.path());
    let _page = opened(&browser, &folder).await;
    for dark in [false, true] {
        for width in [1280, 390] {
            browser.set_dark(dark).await;
            browser.set_size(width, 900).await;
            browser.drawn().await;
            browser.assert_fits().await;
            browser.assert_legible().await;
            browser.picture(&format!("report-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
    }
    assert_eq!(
        browser.run("return document.querySelectorAll('canvas').length").await,
        json!(0),
        "print is sharp"
    );
    browser.assert_quiet().await;
    browser.close().await;
}
