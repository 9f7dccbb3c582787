//! What one watcher is sent: the whole state first, then updates; whoever falls behind gets the whole state again.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Room;
use super::room::Seat;
use crate::lab::Lab;

/// Where a watcher is.
struct Watcher {
    lab: Arc<Lab>,
    room: Arc<Room>,
    updates: Option<broadcast::Receiver<Arc<str>>>,
    /// To be sent before anything else.
    whole: Option<String>,
    /// Whether it has been sent: where the training was not yet there to be seen, it comes with the first update.
    begun: bool,
}

/// The events of `room`: `whole` (all that there is to see), `update` (what has changed), and `end` with a reason, after
/// which nothing comes. None if the training has ended.
pub fn watch(lab: Arc<Lab>, room: Arc<Room>) -> Option<impl Stream<Item = Result<Event, Infallible>>> {
    let Seat { whole, updates } = room.sit_down()?;
    let watcher = Watcher { lab, room, updates: Some(updates), whole, begun: false };
    Some(unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok(event), watcher))
    }))
}

impl Watcher {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let updates = self.updates.as_mut()?;
            if let Some(whole) = self.whole.take() {
                self.begun = true;
                return Some(Event::default().event("whole").data(whole));
            }
            let received = tokio::select! {
                received = updates.recv() => received,
                () = self.lab.ended() => Err(RecvError::Closed),
            };
            match received {
                Ok(update) if self.begun => return Some(Event::default().event("update").data(&*update)),
                Err(RecvError::Closed) => return Some(self.end()),
                // A new seat begins where the whole state ends.
                Ok(_) | Err(RecvError::Lagged(_)) => match self.room.sit_down() {
                    Some(seat) => (self.whole, self.updates) = (seat.whole, Some(seat.updates)),
                    None => return Some(self.end()),
                },
            }
        }
    }

    fn end(&mut self) -> Event {
        self.updates = None;
        let reason = Some(self.room.ending()).filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or_else(|| "the lab has ended".into());
        Event::default().event("end").data(json!({ "reason": reason }).to_string())
    }
}
