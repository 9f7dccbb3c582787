//! Gradients of parameters: whole ones, and those of tables of which a batch reads some rows alone.
//!
//! A table of a large vocabulary is read in few of its rows. Its gradient is 0 elsewhere, and is stored as a whole matrix, so that
//! every layer can add to it, with a list of the rows that were read: sums, norms and updates skip the others, and buffers of zeros
//! are kept from step to step instead of being filled anew.

use std::ops::Range;

use crate::entries::add_rows;
use crate::pool::Buffer;
use crate::spread::spread;
use crate::tape::Tape;

/// The gradient of a parameter.
#[derive(Debug)]
pub(crate) struct Gradient {
    /// Row by row.
    pub data: Buffer,
    /// The rows that may differ from 0, in increasing order; none means all.
    pub rows: Option<Vec<u32>>,
    /// Numbers in a row.
    pub width: usize,
}

/// The gradient of each parameter of a tape apart from it, to sum those of parts of a batch; none where nothing depends on the
/// parameter.
#[derive(Debug, Default)]
pub struct Gradients(pub(crate) Vec<Option<Gradient>>);

/// A look at the gradient of a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Row by row.
    pub data: &'a [f32],
    /// The rows that may differ from 0, as in [`Gradient`].
    pub rows: Option<&'a [u32]>,
    /// Numbers in a row.
    pub width: usize,
}

impl<'a> Shown<'a> {
    /// Its numbers, in runs that may differ from 0 (true) and runs that are 0 (false).
    pub fn runs(self) -> impl Iterator<Item = (Range<usize>, bool)> + use<'a> {
        let whole = self.rows.is_none().then_some((0..self.data.len(), true));
        let mut rows = self.rows.into_iter().flatten().map(|&row| row as usize).peekable();
        let (width, end) = (self.width, self.data.len());
        let mut at = if self.rows.is_none() { end } else { 0 };
        let runs = std::iter::from_fn(move || {
            let first = at;
            match rows.peek().map(|row| row * width) {
                Some(next) if next == first => {
                    while rows.next_if(|row| row * width == at).is_some() {
                        at += width;
                    }
                    Some((first..at, true))
                }
                next => {
                    at = next.unwrap_or(end);
                    (first < at).then_some((first..at, false))
                }
            }
        });
        whole.into_iter().chain(runs)
    }

    /// The numbers that may differ from 0, in runs.
    pub fn numbers(self) -> impl Iterator<Item = &'a [f32]> {
        let data = self.data;
        self.runs().filter(|(_, differs)| *differs).map(move |(run, _)| &data[run])
    }

    /// How many numbers may differ from 0.
    pub fn count(self) -> usize {
        self.rows.map_or(self.data.len(), |rows| rows.len() * self.width)
    }
}

impl Gradient {
    /// A look at it.
    pub fn show(&self) -> Shown<'_> {
        Shown { data: &self.data, rows: self.rows.as_deref(), width: self.width }
    }

    /// Adds `more` of the same parameter.
    fn add(&mut self, more: &Self) {
        for (run, _) in more.show().runs().filter(|(_, differs)| *differs) {
            add_rows(&mut self.data[run.clone()], &more.data[run]);
        }
        match (&mut self.rows, &more.rows) {
            (Some(rows), Some(more)) => {
                rows.extend_from_slice(more);
                in_order(rows);
            }
            (rows, _) => *rows = None,
        }
    }

    /// Zeros where it has a list of rows, which is emptied; none otherwise.
    pub fn zeroed(mut self) -> Result<(Buffer, Vec<u32>), Buffer> {
        let Some(mut rows) = self.rows.take() else { return Err(self.data) };
        for &row in &rows {
            self.data[row as usize * self.width..][..self.width].fill(0.0);
        }
        rows.clear();
        Ok((self.data, rows))
    }
}

/// Sorts `rows`, each once.
pub(crate) fn in_order(rows: &mut Vec<u32>) {
    rows.sort_unstable();
    rows.dedup();
}

impl Gradients {
    /// Adds `more`, of a tape with the same parameters, on so many `threads`; it is emptied, and its buffers go to the pool of `tape`.
    pub fn add(&mut self, more: &mut Self, tape: &mut Tape, threads: usize) {
        self.0.resize_with(more.0.len().max(self.0.len()), || None);
        for (sum, more) in self.0.iter_mut().zip(&mut more.0).filter(|(sum, _)| sum.is_none()) {
            *sum = more.take();
        }
        let both = self.0.iter_mut().zip(&more.0).filter_map(|(sum, more)| sum.as_mut().zip(more.as_ref()));
        match threads {
            0 | 1 => both.for_each(|(sum, more)| sum.add(more)),
            _ => {
                let both = both.collect();
                spread(threads, both, |(_, more)| more.show().count(), |(sum, more)| sum.add(more));
            }
        }
        for (index, more) in more.0.iter_mut().enumerate() {
            if let Some(more) = more.take() {
                tape.give_gradient(index, more);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;

    fn gradient(rows: Option<&[u32]>, numbers: &[f32]) -> Gradient {
        let mut data = Pool::default().take(numbers.len());
        data.copy_from_slice(numbers);
        Gradient { data, rows: rows.map(<[u32]>::to_vec), width: 2 }
    }

    #[test]
    fn runs_cover_all_numbers_and_tell_which_may_differ_from_zero() {
        let runs = |rows: Option<&[u32]>| gradient(rows, &[0.0; 12]).show().runs().collect::<Vec<_>>();
        assert_eq!(runs(None), [(0..12, true)]);
        assert_eq!(runs(Some(&[])), [(0..12, false)]);
        assert_eq!(runs(Some(&[0, 1, 3])), [(0..4, true), (4..6, false), (6..8, true), (8..12, false)]);
        assert_eq!(runs(Some(&[2, 5])), [(0..4, false), (4..6, true), (6..10, false), (10..12, true)]);
    }

    #[test]
    fn sums_have_the_rows_of_both_and_lose_the_list_with_a_whole_one() {
        let mut sum = gradient(Some(&[2]), &[0.0, 0.0, 0.0, 0.0, 1.0, 2.0]);
        sum.add(&gradient(Some(&[0, 2]), &[3.0, 4.0, 0.0, 0.0, 5.0, 6.0]));
        assert_eq!(
            (&sum.data[..], sum.rows.as_deref()),
            (&[3.0, 4.0, 0.0, 0.0, 6.0, 8.0][..], Some(&[0, 2][..]))
        );
        let (zeros, rows) = sum.zeroed().unwrap();
        assert!(zeros.iter().all(|&number| number == 0.0) && rows.is_empty());
        let mut sum = gradient(Some(&[1]), &[0.0, 0.0, 1.0, 1.0]);
        sum.add(&gradient(None, &[1.0; 4]));
        assert_eq!((&sum.data[..], sum.rows), (&[1.0, 1.0, 2.0, 2.0][..], None));
    }
}
