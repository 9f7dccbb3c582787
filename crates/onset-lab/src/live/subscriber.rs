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
    /// What follows the names of events.
    suffix: String,
}

/// The events of `session`: `snapshot` (the whole state), `update` (the changes), and finally `end` with a reason. Each
/// name is followed by `suffix`, which tells sessions apart that share a stream. `None` if the session has ended.
pub fn events_of(
    lab: Arc<Lab>,
    session: Arc<Session>,
    suffix: &str,
) -> Option<impl Stream<Item = Result<Event, Infallible>> + Send + use<>> {
    let Subscription { snapshot, updates } = session.subscribe()?;
    let suffix = suffix.to_owned();
    let subscriber = Subscriber { lab, session, updates: Some(updates), snapshot, started: false, suffix };
    Some(unfold(subscriber, |mut subscriber| async move {
        let event = subscriber.next().await?;
        Some((Ok(event), subscriber))
    }))
}

/// The event that ends a session's stream.
pub fn end_event(reason: &str, suffix: &str) -> Event {
    Event::default().event(format!("end{suffix}")).data(json!({ "reason": reason }).to_string())
}

impl Subscriber {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let updates = self.updates.as_mut()?;
            if let Some(snapshot) = self.snapshot.take() {
                self.started = true;
                return Some(self.event("snapshot").data(snapshot));
            }
            let received = tokio::select! {
                received = updates.recv() => received,
                () = self.lab.shutdown() => Err(RecvError::Closed),
            };
            match received {
                Ok(update) if self.started => return Some(self.event("update").data(&*update)),
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

    fn event(&self, name: &str) -> Event {
        Event::default().event(format!("{name}{}", self.suffix))
    }

    fn end(&mut self) -> Event {
        self.updates = None;
        let reason = Some(self.session.end_reason()).filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or_else(|| SHUTDOWN_MESSAGE.into());
        end_event(&reason, &self.suffix)
    }
}
