//! All trainings of a lab.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Room;

/// Trainings at a time.
pub const MOST: usize = 4;

/// How long a training goes on that nobody watches.
const ALONE: Duration = Duration::from_secs(90);

/// How often it is looked whether anybody watches.
const LOOK: Duration = Duration::from_secs(3);

/// The trainings of a lab by number. Numbers are not used twice.
#[derive(Debug, Default)]
pub struct Rooms {
    rooms: Mutex<BTreeMap<u64, Arc<Room>>>,
    last: AtomicU64,
}

/// There are as many trainings as there may be, and all are watched.
#[derive(Debug)]
pub struct Full;

impl Rooms {
    fn rooms(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Room>>> {
        // Nothing is left half done under this lock.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more may be opened; ends the oldest that nobody watches if that makes room.
    pub fn make_room(&self) -> Result<(), Full> {
        let mut rooms = self.rooms();
        rooms.retain(|_, room| room.is_open());
        if rooms.len() < MOST {
            return Ok(());
        }
        let unwatched = rooms.iter().find(|(_, room)| room.watchers() == 0).map(|(&id, _)| id);
        let room = unwatched.and_then(|id| rooms.remove(&id)).ok_or(Full)?;
        room.close("nobody watched, and its place was needed for another training");
        Ok(())
    }

    /// Takes in a training and says its number.
    pub fn take_in(&self, room: Arc<Room>) -> Result<u64, Full> {
        if let Err(full) = self.make_room() {
            room.close("there was no place for it");
            return Err(full);
        }
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.rooms().insert(id, room);
        Ok(id)
    }

    /// The training with a number.
    pub fn get(&self, id: u64) -> Option<Arc<Room>> {
        self.rooms().get(&id).cloned()
    }

    /// Number and training of each.
    pub fn all(&self) -> Vec<(u64, Arc<Room>)> {
        self.rooms().iter().map(|(&id, room)| (id, Arc::clone(room))).collect()
    }

    /// Ends a training; false if there is none with this number.
    pub fn end(&self, id: u64, reason: &str) -> bool {
        let room = self.rooms().remove(&id);
        room.inspect(|room| room.close(reason)).is_some()
    }

    /// Ends the training when nobody has watched it for some time, or when `lab_ends`.
    pub async fn look_after(&self, id: u64, lab_ends: impl Future<Output = ()>) {
        let mut lab_ends = std::pin::pin!(lab_ends);
        let mut alone = Duration::ZERO;
        while let Some(room) = self.get(id).filter(|room| room.is_open()) {
            alone = if room.watchers() == 0 { alone + LOOK } else { Duration::ZERO };
            if alone > ALONE {
                self.end(id, "nobody watched for a while, and it was ended; press Reset to start it anew");
                return;
            }
            drop(room);
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = &mut lab_ends => {
                    self.end(id, "the lab has ended");
                    return;
                }
            }
        }
    }
}

impl Drop for Rooms {
    fn drop(&mut self) {
        self.all().into_iter().for_each(|(_, room)| room.close("the lab has ended"));
    }
}
