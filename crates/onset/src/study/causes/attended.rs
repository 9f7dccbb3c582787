//! When attention comes in texts and sentence pairs, where no position is known to be the right one.
//!
//! The reference is what the unchanged run of the same seed knows at its end: in each held-out text, or at each target position, the
//! position with the largest β. How far attention has come is the mean weight on these positions, from 0 where that run began to 1 where it ended.

use crate::record::Records;
use crate::store::{StoreError, Table};
use crate::study::RunRecord;
use crate::task::Split;

/// The positions of the reference, and the weights on them that count as 0 and 1.
pub(super) struct Attended {
    positions: Vec<usize>,
    ends: [f64; 2],
}

impl Attended {
    /// The reference of the run `plain`, which nothing changed; none if it has recorded fewer than two steps.
    pub fn of(plain: &RunRecord) -> Result<Option<Self>, StoreError> {
        let steps = Records::of(&plain.directory).steps();
        let [first, .., last] = steps[..] else { return Ok(None) };
        let positions = lists(plain, last, "beta")?.iter().map(|row| largest(row)).collect();
        let mut found = Self { positions, ends: [0.0, 1.0] };
        let ends = [found.weight(plain, first)?, found.weight(plain, last)?];
        found.ends = ends;
        Ok((ends[0] != ends[1]).then_some(found))
    }

    /// The steps at which `run`, of the same data, recorded attention, and how far that has come.
    pub fn progress(&self, run: &RunRecord) -> Result<(Vec<i64>, Vec<f64>), StoreError> {
        let [from, to] = self.ends;
        let mut course = (Vec::new(), Vec::new());
        for step in Records::of(&run.directory).steps() {
            course.0.push(step as i64);
            course.1.push((self.weight(run, step)? - from) / (to - from));
        }
        Ok(course)
    }

    /// The mean weight on the positions of the reference; NaN if these are of other texts.
    fn weight(&self, run: &RunRecord, step: u64) -> Result<f64, StoreError> {
        let alpha = lists(run, step, "alpha")?;
        if alpha.len() != self.positions.len() {
            return Ok(f64::NAN);
        }
        let weights = alpha
            .iter()
            .zip(&self.positions)
            .map(|(row, &place)| row.get(place).copied().map_or(f64::NAN, f64::from));
        Ok(weights.sum::<f64>() / alpha.len() as f64)
    }
}

/// A column of held-out examples after a step.
fn lists(run: &RunRecord, step: u64, column: &str) -> Result<Vec<Vec<f32>>, StoreError> {
    let table: Table = run.probe_columns(step, &["split", column])?;
    let held_out = table.texts("split")?.iter().map(|split| split == Split::Validation.name());
    Ok(table
        .float_lists(column)?
        .iter()
        .zip(held_out)
        .filter(|(_, is)| *is)
        .map(|(row, _)| row.clone())
        .collect())
}

fn largest(row: &[f32]) -> usize {
    let better = |best: usize, place: usize| if row[place] > row[best] { place } else { best };
    (1..row.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_numbers_is_the_largest_and_nothing_is_none() {
        assert_eq!([&[][..], &[0.5], &[-2.0, -1.0, -1.0]].map(largest), [0, 0, 1]);
    }
}
