//! Ragged batches without padding.
//!
//! Sequences are ranked by length, longest first. The rows of a packed matrix go time step by time
//! step, and within a step by rank, so that the sequences still alive at step t are its first
//! `counts[t]` ranks: the batch shrinks as sequences end.
//!
//! What goes example by example, as attention does, has the rows of each lie together: the same sequences one after
//! the other. A row is offsets\[t\] + ranks\[example\] in both, with t and the example's first row in the second.

use crate::tape::Indices;

/// The layout of one ragged batch on a tape; cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    /// Rank to example.
    pub(crate) order: Indices,
    /// Example to rank, or to first row.
    pub(crate) ranks: Indices,
    /// Example to length.
    pub(crate) lengths: Indices,
    /// Time step to number of sequences alive.
    pub(crate) counts: Indices,
    /// Time step to first row, or to what it adds to an example's first row; one more entry than steps.
    pub(crate) offsets: Indices,
    /// Whether sequences lie one after the other.
    pub(crate) consecutive: bool,
    /// Number of rows: the sum of the lengths.
    pub rows: usize,
}

/// A [`Packing`] with its index lists at hand.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Rank to example.
    pub order: &'a [u32],
    /// Example to rank, or to first row.
    pub ranks: &'a [u32],
    /// Example to length.
    pub lengths: &'a [u32],
    /// Time step to number of sequences alive.
    pub counts: &'a [u32],
    /// Time step to first row, or to what it adds to an example's first row; one more entry than steps.
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

    /// Whether all sequences have one length, so that rows are evenly spaced.
    pub fn uniform(&self) -> bool {
        self.counts.last().is_none_or(|&last| last as usize == self.batch())
    }
}
