//! Curves of saved runs: where a run begins, zoom, logarithmic loss, names at line ends; the axes and the smoothing of comparisons.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{RunningLab, runs};
use tempfile::{TempDir, tempdir};

const LOSS: &str = "[...document.querySelectorAll('.panels .card')].find((card) => card.querySelector('h2').textContent === 'Loss').querySelector('svg')";
const COMPARED: &str = "document.querySelector('.comparison .chart svg')";

async fn opened(address: &str, fill: impl Fn(&std::path::Path)) -> Option<(Browser, RunningLab, TempDir)> {
    let browser = Browser::start().await?;
    let folder = tempdir().unwrap();
    fill(folder.path());
    let lab = RunningLab::start(folder.path()).await;
    browser.set_dark(false).await;
    browser.set_size(1280, 1000).await;
    browser.open(&format!("{}{address}", lab.url)).await;
    browser.wait("document.querySelectorAll('.chart path[data-line]').length > 0").await;
    browser.drawn().await;
    Some((browser, lab, folder))
}

async fn choose(browser: &Browser, label: &str, value: &str) {
    browser
        .run(&format!(
            "const select = [...document.querySelectorAll('label')].find((each) => each.textContent.trim().startsWith('{label}')).querySelector('select');
             select.value = '{value}'; select.dispatchEvent(new Event('change'))"
        ))
        .await;
}

async fn numbers(browser: &Browser, script: &str) -> Vec<f64> {
    let found = browser.run(&format!("return {script}.split(' ').map(Number)")).await;
    found.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_begins_where_the_most_changes_and_a_running_one_at_its_end() {
    let address = "#/run/copying-train-steps-200/seed-0";
    let Some((browser, lab, folder)) =
        opened(address, |folder| runs::copying(folder, 1, &["train.steps=200"])).await
    else {
        return;
    };
    browser.wait("document.querySelector('.time output').textContent.startsWith('step')").await;
    // The middle of the steepest part of the first score that there is, from curves that are easy to check, and from the record.
    let found = browser
        .run_async(
            "const { greatestChange } = await import('/assets/run/change.js');
             const curve = (values) => ({ steps: values.map((_, at) => 10 * at), values });
             const { curves } = await fetch('/api/run?run=copying-train-steps-200%2Fseed-0').then((answer) => answer.json());
             return [greatestChange({ accuracy: curve([0, 0.1, 0.9, 1]), loss: curve([9, 0, 0, 0]) }), greatestChange({ loss: curve([3, null, 3]) }),
               greatestChange({}), greatestChange(curves.scores)];",
        )
        .await;
    assert_eq!([&found[0], &found[1], &found[2]], [&json!(20), &Value::Null, &Value::Null]);
    let cursor = browser.run("return document.querySelector('.time output').textContent").await;
    assert_eq!(cursor, json!(format!("step {}", found[3])));
    assert!(found[3].as_u64().unwrap() < 200, "{found}");
    // The address says nothing of it until a hand moves the cursor.
    browser.drawn().await;
    assert!(!browser.run("return location.hash").await.as_str().unwrap().contains("step="));
    browser.press("End").await;
    browser.wait("location.hash.includes('step=200')").await;
    browser.assert_quiet().await;
    let running = runs::running(folder.path(), "live");
    runs::advance(&running, 4);
    browser.open(&format!("{}#/runs", lab.url)).await;
    browser.wait("document.querySelector('.lead').textContent.includes('1 running')").await;
    browser.open(&format!("{}#/run/live", lab.url)).await;
    browser.wait("document.querySelector('.time output')?.textContent === 'step 30'").await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curves_of_a_run_are_zoomed_by_hand_and_keys_and_the_loss_can_be_logarithmic() {
    let address = "#/run/copying/seed-0";
    let Some((browser, lab, _folder)) = opened(address, |folder| runs::copying(folder, 1, &[])).await else {
        return;
    };
    let axis = format!("{LOSS}.dataset.x");
    assert_eq!(numbers(&browser, &axis).await, [0.0, 60.0]);
    // Names stand beside the ends of lines.
    let names = "return [...document.querySelectorAll('.panels [data-end]')].map((each) => each.dataset.end)";
    let names = browser.run(names).await;
    assert!(names.to_string().contains("attention accuracy"), "{names}");
    browser.picture("run-curves").await;
    // Dragging with the Shift key over a chart, in the middle third of it.
    let (x, y) = browser.middle("[aria-label^=Loss]").await;
    let mouse = async |kind: &str, x: f64, modifiers: u32| {
        let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "modifiers": modifiers });
        browser.devtools("Input.dispatchMouseEvent", event).await;
    };
    let before = browser.run("return document.querySelector('.time output').textContent").await;
    for (kind, at) in
        [("mousePressed", x - 50.0), ("mouseMoved", x), ("mouseMoved", x + 50.0), ("mouseReleased", x + 50.0)]
    {
        mouse(kind, at, 8).await;
    }
    browser.wait("location.hash.includes('from=')").await;
    browser.drawn().await;
    let part = numbers(&browser, &axis).await;
    assert!(part[0] > 5.0 && part[1] < 55.0 && part[1] - part[0] > 5.0, "{part:?}");
    // The cursor has stayed, and all charts show the same part.
    assert_eq!(browser.run("return document.querySelector('.time output').textContent").await, before);
    let parts = browser.run("return new Set([...document.querySelectorAll('.panels .chart svg')].map((svg) => svg.dataset.x)).size").await;
    assert_eq!(parts, json!(1));
    // By keys: nearer, and the whole run again; the link restores a part.
    browser.run("document.activeElement.blur()").await;
    browser.press("+").await;
    browser.drawn().await;
    let nearer = numbers(&browser, &axis).await;
    assert!(nearer[1] - nearer[0] < part[1] - part[0], "{nearer:?} {part:?}");
    browser.drawn().await;
    let link = browser.run("return location.href").await;
    browser.press("0").await;
    browser.wait("!location.hash.includes('from=')").await;
    assert_eq!(numbers(&browser, &axis).await, [0.0, 60.0]);
    browser.open("about:blank").await;
    browser.open(link.as_str().unwrap()).await;
    browser.wait(&axis).await;
    assert_eq!(numbers(&browser, &axis).await, nearer);
    browser.click("button", "Whole run").await;
    browser.wait(&format!("{axis} === '0 60'")).await;
    // The loss on a logarithmic axis: equal ratios are equal heights.
    browser.click("button", "Log loss").await;
    browser.wait(&format!("{LOSS}.textContent.includes('(logarithmic)')")).await;
    browser.wait("location.hash.includes('values=log')").await;
    let range = numbers(&browser, &format!("{LOSS}.dataset.y")).await;
    assert!(range[0] > 0.0, "{range:?}");
    browser.assert_accessible("curves of a run").await;
    browser.assert_legible().await;
    browser.picture("run-log-loss").await;
    browser.set_size(390, 844).await;
    browser.drawn().await;
    browser.assert_fits().await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comparisons_are_drawn_against_examples_and_time_smoothed_and_chosen_at_once() {
    let fill = |folder: &std::path::Path| {
        runs::copying(folder, 2, &[]);
        runs::copying(folder, 1, &["model.hidden=12"]);
    };
    let Some((browser, lab, _folder)) = opened("#/runs", fill).await else { return };
    let lines = "[...document.querySelectorAll('.comparison path[data-line]')]";
    let axis = format!("{COMPARED}.dataset.x");
    browser.click("button", "Select none").await;
    browser.wait(&format!("{lines}.length === 0")).await;
    browser.click("button", "Select all listed").await;
    browser.wait(&format!("{lines}.length === 2")).await;
    browser.wait("[...document.querySelectorAll('button')].find((each) => each.textContent === 'Select all listed').disabled").await;
    // Only what the filter lists is chosen.
    browser.click("button", "Select none").await;
    browser.run("const box = document.querySelector('input[type=search]'); box.value = 'hidden = 24'; box.dispatchEvent(new Event('input'))").await;
    browser.click("button", "Select all listed").await;
    browser.wait(&format!("{lines}.length === 1")).await;
    browser.run("const box = document.querySelector('input[type=search]'); box.value = ''; box.dispatchEvent(new Event('input'))").await;
    browser.click("button", "Select all listed").await;
    browser.wait(&format!("{lines}.length === 2")).await;
    let raw = browser.run(&format!("return {lines}.at(-1).getAttribute('d')")).await;
    // Examples are steps times the size of a batch.
    assert_eq!(numbers(&browser, &axis).await, [0.0, 60.0]);
    choose(&browser, "Against", "examples").await;
    browser.wait(&format!("{COMPARED}.textContent.includes('examples')")).await;
    let batch = browser
        .run_async(
            "return fetch('/api/runs').then((answer) => answer.json()).then(({ runs }) => runs[0].batch)",
        )
        .await;
    assert_eq!(numbers(&browser, &axis).await, [0.0, 60.0 * batch.as_f64().unwrap()]);
    choose(&browser, "Against", "time").await;
    browser
        .wait(&format!("{COMPARED}.textContent.includes('of training, at the mean speed of a run')"))
        .await;
    browser.wait("location.hash.includes('axis=time')").await;
    assert!(numbers(&browser, &axis).await[1] > 0.0);
    choose(&browser, "Against", "steps").await;
    choose(&browser, "Smooth", "7").await;
    browser.wait(&format!("{lines}.every((line) => line.dataset.line.includes('mean of 7 points'))")).await;
    assert_ne!(browser.run(&format!("return {lines}.at(-1).getAttribute('d')")).await, raw);
    browser.wait("location.hash.includes('smooth=7')").await;
    browser.assert_accessible("a comparison").await;
    browser.picture("compare").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn matrices_beside_each_other_are_of_one_height_and_their_words_do_not_overlap() {
    let long =
        ["data.vocabulary=40", "data.length=40", "train.steps=30", "record.checkpoints=[0, 10, 20, 30]"];
    let Some((browser, lab, folder)) = opened("#/runs", |folder| runs::copying(folder, 1, &long)).await
    else {
        return;
    };
    let name = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().file_name();
    let run = format!(
        "#/run/{}/seed-0",
        url::form_urlencoded::byte_serialize(name.as_encoded_bytes()).collect::<String>().replace('+', "%20")
    );
    browser.run(&format!("location.hash = {run:?}")).await;
    browser.wait("document.querySelectorAll('.heatmap canvas').length === 3").await;
    browser
        .wait("[...document.querySelectorAll('.heatmap canvas')].every((each) => each.dataset.cells)")
        .await;
    browser.drawn().await;
    let heights = browser
        .run("return [...document.querySelectorAll('.heatmap canvas')].map((each) => each.clientHeight)")
        .await;
    let heights: Vec<f64> = heights.as_array().unwrap().iter().map(|each| each.as_f64().unwrap()).collect();
    // Words above are as long as they are.
    assert!(
        heights.iter().all(|height| (height - heights[0]).abs() < 40.0 && *height > 200.0),
        "{heights:?}"
    );
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_stand_below_the_runs_they_left_with_what_the_change_did() {
    let Some((browser, lab, folder)) = opened("#/runs", |folder| runs::copying(folder, 3, &[])).await else {
        return;
    };
    // Without branches, there is nothing to show.
    assert_eq!(
        browser.run("return document.querySelector('.branches').closest('section').hidden").await,
        true
    );
    runs::uniform_from_20(folder.path(), 3);
    browser.wait("document.querySelectorAll('.branches a').length === 3").await;
    let told = browser.run("return document.querySelector('.branches').innerText").await;
    let told = told.as_str().unwrap();
    for part in
        ["runs without a change", "uniform attention from step 20", "3 pairs", "points (", "uniform/seed-2"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    browser.wait("document.querySelector('[aria-labelledby=branches-title] svg path[data-line]')").await;
    browser.drawn().await;
    browser.picture("branches").await;
    browser.assert_accessible("branches").await;
    browser.click(".branches a", "uniform/seed-1").await;
    browser.wait("location.hash.startsWith('#/run/uniform/seed-1')").await;
    browser.close().await;
    lab.end().await;
}
