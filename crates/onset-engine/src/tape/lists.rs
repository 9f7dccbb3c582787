//! Lists of integers, and how sequences are laid out in rows.

use super::{Indices, Tape};
use crate::packing::{Layout, Packing};

impl Tape {
    /// Adds a list of integers.
    pub fn indices(&mut self, numbers: impl IntoIterator<Item = u32>) -> Indices {
        let start = self.indices.len();
        self.indices.extend(numbers);
        Indices { start: start as u32, len: (self.indices.len() - start) as u32 }
    }

    /// The integers of `indices`.
    pub fn list(&self, indices: Indices) -> &[u32] {
        &self.indices[indices.start as usize..(indices.start + indices.len) as usize]
    }

    /// Replaces one integer of a list.
    pub(crate) fn set_index(&mut self, indices: Indices, at: usize, number: u32) {
        debug_assert!(at < indices.len());
        self.indices[indices.start as usize + at] = number;
    }

    /// The packing of sequences of these lengths, each at least 1.
    pub fn pack(&mut self, lengths: impl IntoIterator<Item = usize>) -> Packing {
        let lengths = self.indices(lengths.into_iter().map(|length| {
            assert!(length > 0, "a sequence has at least one position");
            length as u32
        }));
        let batch = lengths.len() as u32;
        let order = self.indices(0..batch);
        let (before, sorted) = self.indices.split_at_mut(order.start as usize);
        let length_of = |example: u32| before[(lengths.start + example) as usize];
        sorted.sort_unstable_by_key(|&example| (std::cmp::Reverse(length_of(example)), example));
        let ranks = self.indices((0..batch).map(|_| 0));
        for rank in 0..batch {
            let example = self.list(order)[rank as usize];
            self.set_index(ranks, example as usize, rank);
        }
        let steps = self.list(lengths).iter().copied().max().unwrap_or(0);
        let counts = Indices { start: self.indices.len() as u32, len: steps };
        for step in 0..steps {
            let alive = self.list(order).partition_point(|&e| self.list(lengths)[e as usize] > step);
            self.indices.push(alive as u32);
        }
        let offsets = Indices { start: self.indices.len() as u32, len: steps + 1 };
        let mut rows = 0;
        self.indices.push(0);
        for step in 0..steps as usize {
            rows += self.list(counts)[step];
            self.indices.push(rows);
        }
        Packing { order, ranks, lengths, counts, offsets, consecutive: false, rows: rows as usize }
    }

    /// The same sequences in consecutive order, for layers that process one example at a time. Recurrent layers refuse
    /// it.
    pub fn consecutive(&mut self, packing: Packing) -> Packing {
        let ranks = self.indices(0..packing.lengths.len);
        let mut first = 0;
        for example in 0..ranks.len() {
            self.set_index(ranks, example, first);
            first += self.list(packing.lengths)[example];
        }
        let offsets = self.indices(0..packing.offsets.len);
        Packing { ranks, offsets, consecutive: true, ..packing }
    }

    /// `packing` with its index lists as slices.
    pub fn layout(&self, packing: Packing) -> Layout<'_> {
        Layout {
            order: self.list(packing.order),
            ranks: self.list(packing.ranks),
            lengths: self.list(packing.lengths),
            counts: self.list(packing.counts),
            offsets: self.list(packing.offsets),
        }
    }

    /// One integer for each row of `packing`: `number(example, step)`.
    pub fn pack_numbers(&mut self, packing: Packing, number: impl Fn(usize, usize) -> u32) -> Indices {
        let numbers = self.indices((0..packing.rows).map(|_| 0));
        for example in 0..packing.lengths.len() {
            for step in 0..self.list(packing.lengths)[example] as usize {
                let row = self.layout(packing).row(step, example);
                self.set_index(numbers, row, number(example, step));
            }
        }
        numbers
    }

    /// The distinct integers of `lists`, in order of first appearance. For each list, also the places of its integers
    /// among them.
    pub fn distinct<const N: usize>(&mut self, lists: [Indices; N]) -> (Indices, [Indices; N]) {
        let start = self.indices.len();
        for list in lists {
            for i in list.start as usize..(list.start + list.len) as usize {
                let token = self.indices[i] as usize;
                if self.place_of.len() <= token {
                    self.place_of.resize(token + 1, u32::MAX);
                }
                if self.place_of[token] == u32::MAX {
                    self.place_of[token] = (self.indices.len() - start) as u32;
                    self.indices.push(token as u32);
                }
            }
        }
        let distinct = Indices { start: start as u32, len: (self.indices.len() - start) as u32 };
        let places = lists.map(|list| {
            let first = self.indices.len();
            for i in list.start as usize..(list.start + list.len) as usize {
                self.indices.push(self.place_of[self.indices[i] as usize]);
            }
            Indices { start: first as u32, len: list.len }
        });
        for i in start..start + distinct.len() {
            self.place_of[self.indices[i] as usize] = u32::MAX;
        }
        (distinct, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_ranks_by_length_and_counts_the_living() {
        let mut tape = Tape::new(1);
        let packing = tape.pack([2, 4, 1, 4]);
        let layout = tape.layout(packing);
        assert_eq!(layout.order, [1, 3, 0, 2]);
        assert_eq!(layout.ranks, [2, 0, 3, 1]);
        assert_eq!(layout.counts, [4, 3, 2, 2]);
        assert_eq!(layout.offsets, [0, 4, 7, 9, 11]);
        assert_eq!(layout.rows_of(0).collect::<Vec<_>>(), [2, 6]);
        assert_eq!((layout.row(3, 3), packing.rows, layout.uniform()), (10, 11, false));
    }

    #[test]
    fn consecutive_sequences_lie_one_after_the_other() {
        let mut tape = Tape::new(1);
        let packing = tape.pack([2, 4, 1, 4]);
        let packing = tape.consecutive(packing);
        let rows = |example| tape.layout(packing).rows_of(example).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 3].map(rows), [vec![0, 1], vec![2, 3, 4, 5], vec![6], vec![7, 8, 9, 10]]);
        let numbers = tape.pack_numbers(packing, |example, step| (10 * example + step) as u32);
        assert_eq!(tape.list(numbers), [0, 1, 10, 11, 12, 13, 20, 30, 31, 32, 33]);
    }

    #[test]
    fn distinct_tokens_are_listed_once_and_places_lead_back() {
        let mut tape = Tape::new(1);
        let (a, b) = (tape.indices([7, 3, 7]), tape.indices([3, 9]));
        let (distinct, [a, b]) = tape.distinct([a, b]);
        assert_eq!(tape.list(distinct), [7, 3, 9]);
        assert_eq!((tape.list(a), tape.list(b)), (&[0, 1, 0][..], &[1, 2][..]));
    }
}
