//! `/api/events`: changes in the folder, as an event stream.

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

/// How often the folder is read while there are subscribers.
const INTERVAL: Duration = Duration::from_secs(1);

/// The route of the stream.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/events", get(events))
}

/// What has been sent to a subscriber.
#[derive(Default)]
struct Subscriber {
    known: BTreeMap<String, Overview>,
    /// The last event, if it was an error.
    failed: Option<String>,
    /// Whether the folder has been read for this subscriber.
    started: bool,
    /// Whether the list of runs has been sent.
    notified: bool,
}

/// Events named `runs`: first all runs (`whole`), then the runs that have changed (`runs`) and the ids of removed runs (`gone`).
/// An event named `failure` if the folder cannot be listed.
async fn events(State(lab): State<Arc<Lab>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(changes(lab)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// The events of the folder.
pub fn changes(lab: Arc<Lab>) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    unfold(Subscriber::default(), move |mut subscriber| {
        let lab = Arc::clone(&lab);
        async move {
            loop {
                if std::mem::replace(&mut subscriber.started, true) {
                    tokio::select! {
                        () = lab.shutdown() => return None,
                        () = tokio::time::sleep(INTERVAL) => {}
                    }
                }
                let now = Arc::clone(&lab).read(|lab| Ok(lab.runs.overviews()?)).await;
                if let Some(event) = subscriber.event(now.map_err(|failure| failure.message().to_owned())) {
                    return Some((Ok(event), subscriber));
                }
            }
        }
    })
}

impl Subscriber {
    /// The event that brings the subscriber up to date; `None` if it is up to date.
    fn event(&mut self, now: Result<Vec<Overview>, String>) -> Option<Event> {
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
        if changed.is_empty() && gone.is_empty() && !recovered && self.notified {
            return None;
        }
        let whole = !std::mem::replace(&mut self.notified, true);
        Event::default()
            .event("runs")
            .json_data(json!({ "runs": changed, "gone": gone, "whole": whole }))
            .ok()
    }
}
