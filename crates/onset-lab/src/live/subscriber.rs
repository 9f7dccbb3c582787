//! The event stream of a subscriber: a snapshot first, then updates. A subscriber that falls behind gets another
//! snapshot.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Session;
use super::session::Subscription;
use super::sessions::SHUTDOWN_MESSAGE;
use crate::lab::Lab;

/// The state of one subscriber's stream.
struct Subscriber {
    lab: Arc<Lab>,
    session: Arc<Session>,
    /// `None` once the end has been sent.
    updates: Option<broadcast::Receiver<Arc<str>>>,
    /// A snapshot to send before anything else.
    snapshot: Option<String>,
    /// Whether a snapshot has been sent. If there was none on subscription, it is sent with the first update.
    started: bool,
}

/// The events of `session`: `snapshot` (the whole state), `update` (the changes), and finally `end` with a reason.
/// `None` if the session has ended.
pub fn subscribe(
    lab: Arc<Lab>,
    session: Arc<Session>,
) -> Option<impl Stream<Item = Result<Event, Infallible>>> {
    let Subscription { snapshot, updates } = session.subscribe()?;
    let subscriber = Subscriber { lab, session, updates: Some(updates), snapshot, started: false };
    Some(unfold(subscriber, |mut subscriber| async move {
        let event = subscriber.next().await?;
        Some((Ok(event), subscriber))
    }))
}

impl Subscriber {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let updates = self.updates.as_mut()?;
            if let Some(snapshot) = self.snapshot.take() {
                self.started = true;
                return Some(Event::default().event("snapshot").data(snapshot));
            }
            let received = tokio::select! {
                received = updates.recv() => received,
                () = self.lab.shutdown() => Err(RecvError::Closed),
            };
            match received {
                Ok(update) if self.started => return Some(Event::default().event("update").data(&*update)),
                Err(RecvError::Closed) => return Some(self.end()),
                // A new subscription continues where its snapshot ends.
                Ok(_) | Err(RecvError::Lagged(_)) => match self.session.subscribe() {
                    Some(subscription) => {
                        (self.snapshot, self.updates) = (subscription.snapshot, Some(subscription.updates));
                    }
                    None => return Some(self.end()),
                },
            }
        }
    }

    fn end(&mut self) -> Event {
        self.updates = None;
        let reason = Some(self.session.end_reason()).filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or_else(|| SHUTDOWN_MESSAGE.into());
        Event::default().event("end").data(json!({ "reason": reason }).to_string())
    }
}
