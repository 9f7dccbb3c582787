//! Ragged batches without padding.
//!
//! Sequences are ranked by length, longest first. The rows of a packed matrix are ordered by time step, and within a
//! step by rank. So the sequences that have not ended at step t are its first `counts[t]` ranks, and the batch shrinks
//! as sequences end.
//!
//! Layers that process one example at a time, such as attention, need consecutive order instead: the rows of each
//! example are together, one example after the other. In both orders, the row of an example at step t is offsets\[t\] +
//! ranks\[example\]. In consecutive order, offsets\[t\] is t and ranks\[example\] is the example's first row.

use crate::tape::Indices;

/// The layout of one ragged batch on a tape; cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    /// Example of each rank.
    pub(crate) order: Indices,
    /// Rank of each example (packed order), or its first row (consecutive order).
    pub(crate) ranks: Indices,
    /// Length of each example.
    pub(crate) lengths: Indices,
    /// Number of sequences that have not ended, at each time step.
    pub(crate) counts: Indices,
    /// Row offset of each time step (packed order), or the step itself (consecutive order); one more entry than steps.
    pub(crate) offsets: Indices,
    /// Whether rows are in consecutive order.
    pub(crate) consecutive: bool,
    /// Number of rows: the sum of the lengths.
    pub rows: usize,
}

/// A [`Packing`] with its index lists as slices.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Example of each rank.
    pub order: &'a [u32],
    /// Rank of each example (packed order), or its first row (consecutive order).
    pub ranks: &'a [u32],
    /// Length of each example.
    pub lengths: &'a [u32],
    /// Number of sequences that have not ended, at each time step.
    pub counts: &'a [u32],
    /// Row offset of each time step (packed order), or the step itself (consecutive order); one more entry than steps.
    pub offsets: &'a [u32],
}

impl Layout<'_> {
    /// Number of sequences.
    pub fn batch(&self) -> usize {
        self.order.len()
    }

    /// Length of the longest sequence.
    pub fn steps(&self) -> usize {
        self.counts.len()
    }

    /// The row of `example` at `step`.
    pub fn row(&self, step: usize, example: usize) -> usize {
        debug_assert!(step < self.lengths[example] as usize, "step {step} is past the end of {example}");
        (self.offsets[step] + self.ranks[example]) as usize
    }

    /// The rows of `example`, in time order.
    pub fn rows_of(&self, example: usize) -> impl Iterator<Item = usize> + '_ {
        let rank = self.ranks[example];
        self.offsets[..self.lengths[example] as usize].iter().map(move |&first| (first + rank) as usize)
    }

    /// Whether all sequences have the same length, so that rows are evenly spaced.
    pub fn uniform(&self) -> bool {
        self.counts.last().is_none_or(|&last| last as usize == self.batch())
    }
}
