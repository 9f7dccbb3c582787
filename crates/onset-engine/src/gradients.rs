//! Gradients of parameters: whole ones, and those of tables of which a batch reads some rows alone.
//!
//! A table of a large vocabulary is read in few of its rows. Its gradient is 0 elsewhere, and is stored as a whole matrix, so that
//! every layer can add to it, with a list of the rows that were read: sums, norms and updates skip the others, and buffers of zeros
//! are kept from step to step instead of being filled anew.

use std::ops::Range;

use crate::activation::add_rows;
use crate::pool::Buffer;
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

impl Gradient {
    /// Its numbers, in runs that may differ from 0 (true) and runs that are 0 (false).
    pub fn runs(&self) -> impl Iterator<Item = (Range<usize>, bool)> + '_ {
        let whole = self.rows.is_none().then(|| (0..self.data.len(), true));
        let mut rows = self.rows.iter().flatten().map(|&row| row as usize).peekable();
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

    /// Adds `more` of the same parameter.
    fn add(&mut self, more: &Self) {
        for (run, _) in more.runs().filter(|(_, differs)| *differs) {
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
    /// Adds `more`, of a tape with the same parameters, which is emptied; its buffers go to the pool of `tape`.
    pub fn add(&mut self, more: &mut Self, tape: &mut Tape) {
        self.0.resize_with(more.0.len().max(self.0.len()), || None);
        for (index, (sum, more)) in self.0.iter_mut().zip(&mut more.0).enumerate() {
            match (&mut *sum, more.take()) {
                (Some(sum), Some(more)) => {
                    sum.add(&more);
                    tape.give_gradient(index, more);
                }
                (None, more) => *sum = more,
                (Some(_), None) => {}
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
        let runs = |rows: Option<&[u32]>| gradient(rows, &[0.0; 12]).runs().collect::<Vec<_>>();
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
