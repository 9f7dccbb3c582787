//! What a hand does to a page: a mouse, a finger, keys that are typed, and the checks of axe-core.

use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::browser::Browser;

const AXE: &[u8] = include_bytes!("../../axe/axe.min.js.gz");

impl Browser {
    /// The middle of what a selector finds first, scrolled into view.
    pub async fn middle(&self, selector: &str) -> (f64, f64) {
        let place = self
            .run(&format!(
                "const each = document.querySelector({selector:?});
                 each.scrollIntoView({{ block: 'center' }});
                 const box = each.getBoundingClientRect();
                 return [box.x + box.width / 2, box.y + box.height / 2];"
            ))
            .await;
        (place[0].as_f64().expect("a place"), place[1].as_f64().expect("a place"))
    }

    /// Clicks with the mouse, which is held down for a while as a hand does.
    pub async fn mouse_click(&self, selector: &str) {
        let (x, y) = self.middle(selector).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.devtools("Input.dispatchMouseEvent", event).await;
            tokio::time::sleep(Duration::from_millis(if kind == "mousePressed" { 90 } else { 0 })).await;
        }
    }

    /// Types characters where the focus is.
    pub async fn type_text(&self, text: &str) {
        for character in text.chars() {
            self.devtools("Input.dispatchKeyEvent", json!({ "type": "char", "text": character.to_string() }))
                .await;
        }
    }

    /// Moves a finger over the screen, in some steps. One that does not move taps.
    pub async fn finger(&self, from: (f64, f64), to: (f64, f64)) {
        let point = |(x, y): (f64, f64)| json!([{ "x": x, "y": y }]);
        self.devtools(
            "Input.dispatchTouchEvent",
            json!({ "type": "touchStart", "touchPoints": point(from) }),
        )
        .await;
        if from != to {
            for step in 1..=8 {
                let share = f64::from(step) / 8.0;
                let place = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                self.devtools(
                    "Input.dispatchTouchEvent",
                    json!({ "type": "touchMove", "touchPoints": point(place) }),
                )
                .await;
                tokio::time::sleep(Duration::from_millis(16)).await;
            }
        }
        self.devtools("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] })).await;
    }

    /// As a system with these media features would have it.
    pub async fn set_media(&self, features: &[(&str, &str)]) {
        let all: Vec<Value> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": all })).await;
    }

    /// Fails if axe-core finds anything, by the rules of WCAG 2.2 AA and its best practices.
    pub async fn assert_accessible(&self, place: &str) {
        let mut script = String::new();
        GzDecoder::new(AXE).read_to_string(&mut script).unwrap();
        self.run(&format!("if (!window.axe) {{ {script} }}")).await;
        // It is waited for as everything else is: on a busy machine it takes longer than a script may.
        self.run(
            "window.found = null;
             axe.run(document, { resultTypes: ['violations'],
               runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
               .then(({ violations }) => violations.map((each) => each.id + ': ' + each.help + ' '
                 + each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' ' + (node.failureSummary ?? '').slice(0, 200)).join(' | ')))
               .catch((error) => [String(error)])
               .then((found) => { window.found = found; });",
        )
        .await;
        self.wait("window.found").await;
        let found = self.run("return window.found").await;
        assert_eq!(found, json!([]), "{place}");
    }
}
