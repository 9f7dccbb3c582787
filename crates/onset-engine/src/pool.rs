//! Buffers that are reused from step to step, so that training allocates nothing once it is running.

use std::ops::{Deref, DerefMut};

use crate::pages;

/// A slice of f32 from a [`Pool`]. Its initial contents are arbitrary, left over from earlier use.
#[derive(Debug, Default)]
pub struct Buffer {
    /// The allocation, at least as long as the size class; the buffer is its `len` numbers from `first` on.
    storage: Vec<f32>,
    first: usize,
    len: usize,
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.storage[self.first..][..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.first..][..self.len]
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Pool::default().take(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

/// Free buffers, by size class.
///
/// What lies free stays, so that a step like those before it finds everything it needs. Where sequences of all lengths are read once,
/// as at an evaluation, buffers of every size would pile up; between its passes, [`Pool::trim`] returns them to the system.
#[derive(Debug, Default)]
pub struct Pool {
    /// Allocations, with the index at which their buffers start.
    free: Vec<Vec<(Vec<f32>, usize)>>,
    /// Numbers that lie free, that are in use, and that were in use at most.
    lying: usize,
    used: usize,
    most_used: usize,
}

/// Numbers that may lie free in any case: 256 MB.
const KEPT: usize = 1 << 26;

/// The size class of `len`. There are four classes per doubling, so at most a quarter is wasted.
fn class_of(len: usize) -> usize {
    let len = len.max(64);
    let octave = (usize::BITS - 1 - (len - 1).leading_zeros()) as usize;
    let quarter = (len - 1 - (1 << octave)) >> (octave - 2);
    octave * 4 + quarter
}

/// The number of f32 in a buffer of `class`.
fn class_len(class: usize) -> usize {
    let (octave, quarter) = (class / 4, class % 4);
    (1 << octave) + ((quarter + 1) << (octave - 2))
}

impl Pool {
    /// A buffer of `len` with arbitrary contents.
    pub fn take(&mut self, len: usize) -> Buffer {
        let class = class_of(len);
        let size = class_len(class);
        self.used += size;
        self.most_used = self.most_used.max(self.used);
        // A vector that is neither grown nor shrunk does not move, so `first` stays at the start of a page.
        let (storage, first) = match self.free.get_mut(class).and_then(Vec::pop) {
            Some(free) => {
                self.lying -= size;
                free
            }
            None => pages::zeros(size),
        };
        Buffer { storage, first, len }
    }

    /// A buffer of `len` zeros.
    pub fn zeros(&mut self, len: usize) -> Buffer {
        let mut buffer = self.take(len);
        buffer.fill(0.0);
        buffer
    }

    /// Returns what lies free to the system if that is more than was ever in use at once.
    pub fn trim(&mut self) {
        if self.lying > KEPT.max(self.most_used) {
            self.free.clear();
            self.lying = 0;
        }
    }

    /// Returns a buffer to the pool.
    pub fn give(&mut self, buffer: Buffer) {
        if buffer.storage.is_empty() {
            return;
        }
        let class = class_of(buffer.len);
        if self.free.len() <= class {
            self.free.resize_with(class + 1, Vec::new);
        }
        let size = class_len(class);
        self.lying += size;
        // A buffer may come from another pool.
        self.used = self.used.saturating_sub(size);
        self.free[class].push((buffer.storage, buffer.first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_class_holds_its_lengths_and_wastes_little(len in 1usize..10_000_000) {
            let capacity = class_len(class_of(len));
            prop_assert!(capacity >= len);
            prop_assert!(len <= 64 || capacity <= len + len / 4 + 1);
            prop_assert_eq!(class_of(capacity), class_of(len));
        }
    }

    #[test]
    fn what_lies_free_is_returned_where_it_is_more_than_was_in_use() {
        let mut pool = Pool::default();
        for part in 1..=40 {
            let buffer = pool.take(part * (KEPT / 16));
            pool.give(buffer);
            pool.trim();
            assert!(pool.lying <= KEPT.max(pool.most_used));
        }
        assert_eq!(pool.used, 0);
    }

    #[test]
    fn what_a_step_uses_stays() {
        let mut pool = Pool::default();
        let few: Vec<Buffer> = (1..4).map(|part| pool.take(part * 1000)).collect();
        few.into_iter().for_each(|buffer| pool.give(buffer));
        let lying = pool.lying;
        pool.trim();
        assert_eq!(pool.lying, lying);
    }

    #[test]
    fn a_returned_buffer_is_used_again() {
        let mut pool = Pool::default();
        let first = pool.take(1000);
        let address = first.as_ptr();
        pool.give(first);
        let (second, third) = (pool.take(990), pool.take(990));
        assert_eq!(second.as_ptr(), address);
        assert_ne!(third.as_ptr(), address);
    }
}
