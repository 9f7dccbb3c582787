//! The last few things that were computed, by what they were computed from.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Holds so many values; the one that was asked for longest ago goes first.
#[derive(Debug)]
pub struct Cache<K, V> {
    capacity: usize,
    entries: Mutex<VecDeque<(K, Arc<V>)>>,
}

impl<K: PartialEq, V> Cache<K, V> {
    /// For so many values.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::new(VecDeque::new()) }
    }

    /// The value of `key`, made now if it is not there. Two that ask at once may both make it.
    pub fn get_or_make<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let value = Arc::new(make()?);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(known, _)| *known != key);
        entries.push_back((key, Arc::clone(&value)));
        if entries.len() > self.capacity {
            entries.pop_front();
        }
        Ok(value)
    }

    fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let place = entries.iter().position(|(known, _)| known == key)?;
        let entry = entries.remove(place)?;
        let value = Arc::clone(&entry.1);
        entries.push_back(entry);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_longest_ago_is_made_again() {
        let cache = Cache::new(2);
        let mut made = Vec::new();
        for key in [1, 2, 1, 3, 1, 2] {
            cache
                .get_or_make(key, || {
                    made.push(key);
                    Ok::<_, ()>(key * 10)
                })
                .unwrap();
        }
        assert_eq!(made, [1, 2, 3, 2]);
        assert_eq!(cache.get_or_make(9, || Err("no")).unwrap_err(), "no");
    }
}
