//! `/api/stream`: all events that the windows of a browser need, in one connection.
//!
//! A browser opens at most six connections to a server. One stream carries the changes of the folder, the list of
//! trainings and any number of trainings, so that many windows and views share one. It has a beat every second, by
//! which a page notices that the lab is gone also where no connection is closed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::Stream;
use futures_util::stream::{once, select_all, unfold};
use serde::Deserialize;

use super::events::changes;
use super::live::SessionList;
use super::query::{Expected, Parameters};
use crate::failure::Failure;
use crate::guard::Access;
use crate::lab::Lab;
use crate::live::{end_event, events_of};

/// Time between two beats, and between two looks at the list of trainings.
const BEAT: Duration = Duration::from_secs(1);

/// Maximum number of trainings in a stream.
const MAX_SESSIONS: usize = 16;

/// The route.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/stream", get(stream))
}

/// What a stream carries besides its beat.
#[derive(Debug, Deserialize)]
struct StreamQuery {
    /// The changes of the folder, as `/api/events` has them.
    #[serde(default)]
    runs: bool,
    /// The list of trainings, whenever it has changed.
    #[serde(default)]
    trainings: bool,
    /// The ids of trainings, with `.` between them. Their events have the id in their names: `update:ID`.
    #[serde(default)]
    sessions: String,
}

impl Expected for StreamQuery {
    const EXPECTED: &'static str = "?runs=true&trainings=true&sessions=ID.ID, each of which may be left out";
}

type Events = Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>>;

async fn stream(
    State(lab): State<Arc<Lab>>,
    Extension(access): Extension<Access>,
    Parameters(query): Parameters<StreamQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let ids: Vec<&str> = query.sessions.split('.').filter(|id| !id.is_empty()).collect();
    if access.is_guest() && (query.runs || query.trainings) {
        let message = "this link shows one training alone; a token is needed for the rest of the lab";
        return Err(Failure::new(StatusCode::UNAUTHORIZED, message));
    }
    if ids.len() > MAX_SESSIONS {
        let message = format!("{} trainings in one stream; at most {MAX_SESSIONS} are possible", ids.len());
        return Err(Failure::bad_request(message));
    }
    let mut streams: Vec<Events> = vec![Box::pin(beats(Arc::clone(&lab)))];
    if query.runs {
        streams.push(Box::pin(changes(Arc::clone(&lab))));
    }
    if query.trainings {
        streams.push(Box::pin(lists(Arc::clone(&lab))));
    }
    for id in ids {
        let suffix = format!(":{id}");
        let session = lab.sessions.get(id).filter(|_| access.covers(id));
        let events = session.and_then(|session| events_of(Arc::clone(&lab), session, &suffix));
        streams.push(match events {
            Some(events) => Box::pin(events),
            None => {
                let reason = lab.sessions.why_ended(id);
                Box::pin(once(async move { Ok(end_event(&reason, &suffix)) }))
            }
        });
    }
    // It ends when all of them have ended, on shutdown.
    Ok(Sse::new(select_all(streams)))
}

/// An event at once, and then one a second.
fn beats(lab: Arc<Lab>) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    unfold(true, move |first| {
        let lab = Arc::clone(&lab);
        async move {
            if !first && !pause(&lab).await {
                return None;
            }
            Some((Ok(Event::default().event("beat").data("{}")), false))
        }
    })
}

/// The list of trainings, whenever it has changed.
fn lists(lab: Arc<Lab>) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    unfold(None, move |mut sent: Option<String>| {
        let lab = Arc::clone(&lab);
        async move {
            loop {
                let now = serde_json::to_string(&SessionList::of(&lab))
                    .expect("numbers, words and lists can be written");
                if sent.as_ref() != Some(&now) {
                    let event = Event::default().event("trainings").data(&now);
                    return Some((Ok(event), Some(now)));
                }
                sent = Some(now);
                if !pause(&lab).await {
                    return None;
                }
            }
        }
    })
}

/// Waits for the next beat; false on shutdown.
async fn pause(lab: &Lab) -> bool {
    tokio::select! {
        () = lab.shutdown() => false,
        () = tokio::time::sleep(BEAT) => true,
    }
}
