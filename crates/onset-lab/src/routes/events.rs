//! `/api/events`: what changes in the folder, as a stream of events.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream::unfold;
use onset::trajectory::Overview;
use serde_json::json;

use crate::lab::Lab;

/// How often the folder is looked at while somebody watches.
const EVERY: Duration = Duration::from_secs(1);

/// The stream.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/events", get(events))
}

/// What a watcher knows.
#[derive(Default)]
struct Watcher {
    known: BTreeMap<String, Overview>,
    /// What it was told last was an error.
    failed: Option<String>,
    has_begun: bool,
    was_told: bool,
}

/// Events named `runs`: first all runs, then those that change (`runs`) and the ids of those that go (`gone`); and
/// `failure` where the folder cannot be listed.
async fn events(State(lab): State<Arc<Lab>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = unfold(Watcher::default(), move |mut watcher| {
        let lab = Arc::clone(&lab);
        async move {
            loop {
                if std::mem::replace(&mut watcher.has_begun, true) {
                    tokio::select! {
                        () = lab.ended() => return None,
                        () = tokio::time::sleep(EVERY) => {}
                    }
                }
                let now = Arc::clone(&lab).read(|lab| Ok(lab.shelf.overviews()?)).await;
                if let Some(event) = watcher.told(now.map_err(|failure| failure.message().to_owned())) {
                    return Some((Ok(event), watcher));
                }
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

impl Watcher {
    /// What is to be said of how things stand now; none if the watcher knows it.
    fn told(&mut self, now: Result<Vec<Overview>, String>) -> Option<Event> {
        let now = match now {
            Ok(now) => now,
            Err(error) if self.failed.as_ref() == Some(&error) => return None,
            Err(error) => {
                self.failed = Some(error.clone());
                return Event::default().event("failure").json_data(json!({ "error": error })).ok();
            }
        };
        let recovered = self.failed.take().is_some();
        let mut before = std::mem::take(&mut self.known);
        let mut changed = Vec::new();
        for overview in now {
            if before.remove(&overview.id).as_ref() != Some(&overview) {
                changed.push(overview.clone());
            }
            self.known.insert(overview.id.clone(), overview);
        }
        let gone: Vec<String> = before.into_keys().collect();
        if changed.is_empty() && gone.is_empty() && !recovered && self.was_told {
            return None;
        }
        self.was_told = true;
        Event::default().event("runs").json_data(json!({ "runs": changed, "gone": gone })).ok()
    }
}
