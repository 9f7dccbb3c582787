//! What the main views look like, at three widths and in two themes, beside pictures that a person has looked at.
//!
//! The pictures are in `tests/pictures/`, an eighth as wide and high as the window. `ONSET_PICTURES=update` draws them anew; where one
//! differs, what was seen is kept beside the test's build. With another font, lines break elsewhere, so that pictures cannot be compared;
//! the test says so then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::browser::Browser;
use crate::support::pictures::Picture;
use crate::support::{RunningLab, runs};
use tempfile::tempdir;

/// Windows of a desk, a tablet and a phone.
const SIZES: [(u32, u32); 3] = [(1400, 900), (800, 1000), (390, 844)];

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures")
}

/// How wide the page's font writes a sentence, in tenths of a pixel: which font it is.
async fn font(browser: &Browser) -> String {
    let script = "const pen = document.createElement('canvas').getContext('2d');
        pen.font = `100px ${getComputedStyle(document.body).fontFamily}`;
        return Math.round(10 * pen.measureText('Attention finds the words that are known: 0123456789').width)";
    browser.run(script).await.to_string()
}

/// Pictures of a view by their names.
async fn pictures(browser: &Browser, view: &str) -> BTreeMap<String, Picture> {
    let mut seen = BTreeMap::new();
    for (width, height) in SIZES {
        browser.set_size(width, height).await;
        for dark in [false, true] {
            browser.set_dark(dark).await;
            browser.run("scrollTo(0, 0); document.activeElement?.blur()").await;
            browser.drawn().await;
            let theme = if dark { "dark" } else { "light" };
            seen.insert(format!("{view}-{width}-{theme}"), Picture::small(&browser.screenshot().await));
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_look_as_they_were_looked_at() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 2, &[]);
    runs::keyword(folder.path());
    let lab = RunningLab::start(folder.path()).await;
    let mut seen = BTreeMap::new();
    for (view, hash, ready) in [
        ("runs", "#/runs", "document.querySelectorAll('.chart path[data-line]').length > 0"),
        ("run", "#/run/copying/seed-0?step=60", "document.querySelector('.heatmap canvas')?.width > 50"),
        ("texts", "#/run/keyword/seed-0?step=60", "document.querySelectorAll('.shaded .word').length > 0"),
        ("lab", "#/lab?preset=easy&speed=fast", "document.querySelector('.live-figures dd')"),
    ] {
        browser.open("about:blank").await;
        browser.set_size(1400, 900).await;
        browser.open(&format!("{}{hash}", lab.url)).await;
        browser.wait(ready).await;
        if view == "lab" {
            browser.click(".live-train", "Train").await;
            browser.wait("document.querySelector('[data-state=finished]')").await;
        }
        seen.extend(pictures(&browser, view).await);
    }
    let font = font(&browser).await;
    browser.close().await;
    lab.end().await;
    if std::env::var_os("ONSET_PICTURES").is_some_and(|wanted| wanted == "update") {
        std::fs::create_dir_all(kept()).unwrap();
        seen.iter().for_each(|(name, picture)| picture.write(&kept().join(format!("{name}.png"))));
        std::fs::write(kept().join("font.txt"), &font).unwrap();
    }
    let drawn_with = std::fs::read_to_string(kept().join("font.txt")).unwrap();
    if drawn_with.trim() != font {
        eprintln!(
            "skipped: the pictures were drawn with another font (a sentence of {drawn_with}, here {font})"
        );
        return;
    }
    let wanted = |name: &str| Picture::read(&std::fs::read(kept().join(format!("{name}.png"))).unwrap());
    let mut faults = Vec::new();
    for (name, picture) in &seen {
        if let Some(fault) = picture.difference(&wanted(name)) {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
            picture.write(&path);
            faults.push(format!("{name}: {fault}; see {}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    // What is told apart: another theme, and another view.
    for (one, other) in [
        ("run-1400-light", "run-1400-dark"),
        ("runs-390-light", "lab-390-light"),
        ("lab-800-dark", "run-800-dark"),
    ] {
        assert!(seen[one].difference(&wanted(other)).is_some(), "{one} looks like {other}");
    }
}
