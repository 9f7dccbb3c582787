//! A real Chromium without a screen, driven over WebDriver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::{ParseError, Url};

use super::TIMEOUT;

/// Set where a browser must be there: then its absence is a failure, and not a reason to skip.
const REQUIRED: &str = "ONSET_REQUIRE_BROWSER";

/// Set to see what depends on the order in which answers come: answers are late, and scripts take four times as long.
const SLOW: &str = "ONSET_SLOW_BROWSER";

/// A browser with one page.
pub struct Browser {
    client: Client,
    driver: Child,
    files: TempDir,
}

/// `POST session/ID/PATH` with a body, for what WebDriver itself does not know.
#[derive(Debug)]
struct Post(&'static str, Value);

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

/// Controls without a name, and texts that are hard to read: what is behind a text is the first opaque ground among
/// what it stands in, with those that let something through laid over it.
const FAULTS: &str = r#"
const faults = [], seen = (each) => each.checkVisibility({ visibilityProperty: true }) && each.getBoundingClientRect().width > 1;
for (const each of document.querySelectorAll('button, select, input, summary, a, canvas, svg[role=img]')) {
  const name = each.getAttribute('aria-label') || each.textContent.trim() || each.closest('label')?.textContent.trim();
  if (seen(each) && !name) faults.push('no name: ' + each.outerHTML.slice(0, 120));
}
const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const rgba = (text) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].map((each, at) => (at < 3 ? each : each / 255));
};
const over = (top, below) => top.slice(0, 3).map((each, at) => each * top[3] + below[at] * (1 - top[3]));
const light = (rgb) => rgb.map((each) => each / 255).map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
  .reduce((sum, x, at) => sum + x * [0.2126, 0.7152, 0.0722][at], 0);
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const told = new Set();
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  const each = text.parentElement;
  if (!text.data.trim() || !seen(each) || each.closest('.visually-hidden, .skip, option, script, noscript, :disabled')) continue;
  const grounds = [];
  for (let up = each; up; up = up.parentElement) grounds.push(rgba(getComputedStyle(up).backgroundColor));
  let ground = [255, 255, 255];
  for (const layer of grounds.reverse()) ground = over(layer, ground);
  const style = getComputedStyle(each), ink = over(rgba(each.ownerSVGElement ? style.fill : style.color), ground);
  const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
  const key = each.className + style.color;
  if (ratio < 4.5 && !told.has(key)) {
    told.add(key);
    faults.push(`contrast ${ratio.toFixed(2)}: ` + text.data.trim().slice(0, 40) + ' in ' + each.outerHTML.slice(0, 100));
  }
}
return faults;
"#;

impl Browser {
    /// Starts one; none, with a word on standard error, if none is installed.
    pub async fn start() -> Option<Self> {
        let files = tempfile::tempdir().unwrap();
        let (driver, port) = match driver().await {
            Ok(driver) => driver,
            Err(error) => {
                assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but chromedriver: {error}");
                eprintln!(
                    "skipped: there is no chromedriver ({error}); install chromium and chromium-driver"
                );
                return None;
            }
        };
        let profile = files.path().join("profile");
        let capabilities: Map<String, Value> = serde_json::from_value(json!({
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--force-prefers-reduced-motion", "--window-size=1280,900",
                format!("--user-data-dir={}", profile.display()),
            ] },
        }))
        .unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("chromium starts");
        let browser = Self { client, driver, files };
        let folder = browser.downloads();
        std::fs::create_dir_all(&folder).unwrap();
        browser
            .devtools("Browser.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": folder }))
            .await;
        if std::env::var_os(SLOW).is_some() {
            let delay =
                json!({ "offline": false, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1 });
            browser.devtools("Network.enable", json!({})).await;
            browser.devtools("Network.emulateNetworkConditions", delay).await;
            browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).await;
        }
        Some(browser)
    }

    /// Where it puts what is saved.
    pub fn downloads(&self) -> PathBuf {
        self.files.path().join("downloads")
    }

    /// Sends a command of the browser's own protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) {
        let command = Post("goog/cdp/execute", json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(command).await.unwrap();
    }

    /// As a screen of this size would show it.
    pub async fn set_size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// As the system's theme would have it.
    pub async fn set_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Opens an address in the one page.
    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// The value of a script's `return`.
    pub async fn run(&self, script: &str) -> Value {
        match self.client.execute(script, Vec::new()).await {
            Ok(value) => value,
            Err(error) => panic!("{script}: {error}"),
        }
    }

    /// The value of a script that may `await`.
    pub async fn run_async(&self, script: &str) -> Value {
        let whole = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {script} }})().then(done, (error) => done(String(error)));"
        );
        self.client.execute_async(&whole, Vec::new()).await.unwrap()
    }

    /// Waits until an expression is true, and fails with what the page says if it does not become so.
    pub async fn wait(&self, expression: &str) {
        let begun = Instant::now();
        loop {
            // What it looks at may not be there yet.
            let script = format!("try {{ return Boolean({expression}) }} catch {{ return false }}");
            if self.run(&script).await == json!(true) {
                return;
            }
            if begun.elapsed() > TIMEOUT {
                let page = self.run("return document.body.innerText.slice(0, 3000)").await;
                let console = self.console().await;
                panic!("never true: {expression}\npage: {page}\nconsole: {console:?}");
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Clicks on the first button, link, or other element that a selector finds and whose text begins so.
    pub async fn click(&self, selector: &str, text: &str) {
        let find = format!(
            "[...document.querySelectorAll({selector:?})].find((each) => \
             (each.textContent.trim() || each.getAttribute('aria-label') || '').startsWith({text:?}))"
        );
        self.wait(&find).await;
        self.run(&format!("{find}.click()")).await;
    }

    /// Presses a key where the focus is, as the page gets it.
    pub async fn press(&self, key: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            let text = json!({ "type": kind, "key": key, "code": key });
            self.devtools("Input.dispatchKeyEvent", text).await;
        }
    }

    /// What the page complained about, but for what the tests do to it: they read pictures back.
    pub async fn console(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Post("se/log", json!({ "type": "browser" }))).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let messages = entries.iter().filter_map(|entry| entry["message"].as_str().map(String::from));
        messages.filter(|message| !message.contains("readback operations")).collect()
    }

    /// Fails if the page complained about anything.
    pub async fn assert_quiet(&self) {
        let console = self.console().await;
        assert!(console.is_empty(), "the console says {console:?}");
    }

    /// Waits until the page has drawn what it was asked to draw. The tests prefer reduced motion, and then a drawing may wait
    /// for a quarter of a second: a timer that is set later and lasts longer ends after it, whatever else the machine does.
    /// Then two frames, as the first may have begun before.
    pub async fn drawn(&self) {
        let wait = "await new Promise((done) => setTimeout(done, 260));";
        let frame = "await new Promise((done) => requestAnimationFrame(done));";
        self.run_async(&format!("{wait} {frame} {frame}")).await;
    }

    /// Fails if anything is wider than the screen.
    pub async fn assert_fits(&self) {
        let wide = self
            .run(
                "const width = document.documentElement.clientWidth;
                 if (document.documentElement.scrollWidth <= width) return null;
                 return [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > width + 1)
                   .slice(0, 5).map((each) => each.outerHTML.slice(0, 200));",
            )
            .await;
        assert_eq!(wide, Value::Null, "wider than the screen");
    }

    /// Fails if a control has no name, or if text has too little contrast with what is behind it (AA: 4.5).
    pub async fn assert_legible(&self) {
        let faults = self.run(FAULTS).await;
        assert_eq!(faults, json!([]), "names and contrasts");
    }

    /// Waits for a file that was saved, and reads it.
    pub async fn saved(&self, name: &str) -> Vec<u8> {
        let path = self.downloads().join(name);
        let begun = Instant::now();
        // The browser keeps the name with an empty file until all has come.
        let is_there = || std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        while !is_there() && begun.elapsed() < TIMEOUT {
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        read(&path)
    }

    /// What the window shows, in PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Keeps a picture of the page if `ONSET_SCREENSHOTS` names a folder for them.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("ONSET_SCREENSHOTS") {
            let bytes = self.screenshot().await;
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
        }
    }

    /// Another window, which is now the one that is driven.
    pub async fn new_window(&self) {
        let window = self.client.new_window(false).await.unwrap();
        self.client.switch_to_window(window.handle).await.unwrap();
    }

    /// Closes all windows but the one that is driven.
    pub async fn close_others(&self) {
        let own = self.client.window().await.unwrap();
        for window in self.client.windows().await.unwrap() {
            if window != own {
                self.client.switch_to_window(window).await.unwrap();
                self.client.close_window().await.unwrap();
            }
        }
        self.client.switch_to_window(own).await.unwrap();
    }

    /// Drives the window with this number, counted from 0.
    pub async fn to_window(&self, number: usize) {
        let windows = self.client.windows().await.unwrap();
        self.client.switch_to_window(windows[number].clone()).await.unwrap();
    }

    /// Drives the first page within the page.
    pub async fn enter_frame(&self) {
        self.client.enter_frame(0).await.unwrap();
    }

    /// Forgets all cookies.
    pub async fn forget_cookies(&self) {
        self.devtools("Network.clearBrowserCookies", json!({})).await;
    }

    /// As if the window were hidden behind others, or shown again.
    pub async fn set_hidden(&self, hidden: bool) {
        self.run(&format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'));"
        ))
        .await;
    }

    /// Ends it.
    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill().await;
    }
}

/// A test that fails closes nothing: its browser, which is no child of this process, is known by its profile.
impl Drop for Browser {
    fn drop(&mut self) {
        let _ = std::process::Command::new("pkill").args(["-KILL", "-f"]).arg(self.files.path()).status();
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| {
        let folder = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let there: Vec<_> = folder.flatten().map(|entry| entry.file_name()).collect();
        panic!("{}: {error}; saved were {there:?}", path.display());
    })
}

/// How often a driver may end without listening: one takes a port twice, for two kinds of addresses, and another may be faster.
const STARTS: usize = 5;

/// A driver that listens, and its port.
async fn driver() -> std::io::Result<(Child, u16)> {
    for _ in 0..STARTS {
        let mut command = Command::new("chromedriver");
        command.args(["--port=0"]).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut driver = command.spawn()?;
        if let Some(port) = port(&mut driver).await {
            return Ok((driver, port));
        }
    }
    panic!("chromedriver ended {STARTS} times without saying its port");
}

/// The port that the driver says it listens on; none if it ends before.
async fn port(driver: &mut Child) -> Option<u16> {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, port)) = line.trim_end_matches('.').rsplit_once("successfully on port ") {
            // What else it says must be read, or it would stop.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(port.parse().expect("a port"));
        }
    }
    None
}
