//! Which heads change: how far the attention of each moves while a model is trained, on examples of sets that were not trained on.

use std::collections::BTreeMap;

use serde::Serialize;

use super::MetaRun;
use crate::stats::mean;
use crate::store::{StoreError, Table};
use crate::study::RunRecord;

/// What is read of the attribution records: where a weight belongs, and the weights.
const COLUMNS: [&str; 5] = ["example", "layer", "head", "position", "alpha"];

/// How far one head's attention moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadShift {
    /// Layer, counted from 0.
    pub layer: usize,
    /// Head, counted from 0.
    pub head: usize,
    /// Mean total variation distance between α of an example before training and after it: half the sum of the absolute differences
    /// of its weights, 0 where nothing moves, 1 where all weight goes elsewhere.
    pub moved: f64,
}

/// Every head, layer by layer, over the recorded examples of all `runs`; none if their attention was not recorded twice.
pub fn head_shifts(runs: &[&(MetaRun, RunRecord)]) -> Result<Vec<HeadShift>, StoreError> {
    let mut distances: BTreeMap<(i64, i64), Vec<f64>> = BTreeMap::new();
    for (_, run) in runs {
        let steps = run.directory.probe_steps();
        let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else { continue };
        if first < last {
            add_distances(
                &mut distances,
                &run.probe_columns(first, &COLUMNS)?,
                &run.probe_columns(last, &COLUMNS)?,
            )?;
        }
    }
    let shift = |((layer, head), distances): ((i64, i64), Vec<f64>)| {
        Some(HeadShift { layer: layer as usize, head: head as usize, moved: mean(&distances)? })
    };
    Ok(distances.into_iter().filter_map(shift).collect())
}

/// Adds the distance of each row of `before` to the row of `after` that records the same weights.
fn add_distances(
    distances: &mut BTreeMap<(i64, i64), Vec<f64>>,
    before: &Table,
    after: &Table,
) -> Result<(), StoreError> {
    let later: BTreeMap<[i64; 4], usize> =
        places(after)?.into_iter().enumerate().map(|(row, place)| (place, row)).collect();
    let (old, new) = (before.float_lists("alpha")?, after.float_lists("alpha")?);
    for (row, place) in places(before)?.into_iter().enumerate() {
        if let Some(&later) = later.get(&place) {
            let [_, layer, head, _] = place;
            distances.entry((layer, head)).or_default().push(total_variation(&old[row], &new[later]));
        }
    }
    Ok(())
}

fn places(table: &Table) -> Result<Vec<[i64; 4]>, StoreError> {
    let [examples, layers, heads, positions] =
        [table.ints("example")?, table.ints("layer")?, table.ints("head")?, table.ints("position")?];
    Ok((0..table.rows()).map(|row| [examples, layers, heads, positions].map(|column| column[row])).collect())
}

fn total_variation(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Column;

    fn table(rows: &[(i64, i64, [f32; 2])]) -> Table {
        let ints = |of: fn(&(i64, i64, [f32; 2])) -> i64| Column::Int(rows.iter().map(of).collect());
        Table::default()
            .with("example", ints(|row| row.0))
            .with("layer", ints(|_| 1))
            .with("head", ints(|row| row.1))
            .with("position", ints(|_| 0))
            .with("alpha", Column::Floats(rows.iter().map(|row| row.2.to_vec()).collect()))
    }

    #[test]
    fn distances_are_of_the_same_example_and_head_whatever_the_order() {
        let before = table(&[(0, 0, [1.0, 0.0]), (0, 1, [0.5, 0.5]), (1, 0, [0.25, 0.75])]);
        let after =
            table(&[(1, 0, [0.75, 0.25]), (0, 1, [0.5, 0.5]), (0, 0, [0.0, 1.0]), (7, 0, [0.0, 1.0])]);
        let mut distances = BTreeMap::new();
        add_distances(&mut distances, &before, &after).unwrap();
        assert_eq!(distances, BTreeMap::from([((1, 0), vec![1.0, 0.5]), ((1, 1), vec![0.0])]));
    }
}
