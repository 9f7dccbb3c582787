//! Writing attribution records to a file while they come.

use std::path::PathBuf;

use super::{Attributions, Prediction};
use crate::model::{Place, Reading};
use crate::store::{StoreError, TableParts};
use crate::task::Split;

/// Weights after which the rows that have come are encoded. With their tokens they take about 16 bytes a weight.
const PART: usize = 1 << 15;

/// A file of attribution records of which a few rows are in memory at a time; dropped before [`AttributionFile::finish`], nothing is
/// left of it. The same rows give the same bytes.
pub struct AttributionFile {
    path: PathBuf,
    rows: Attributions,
    /// Weights in `rows`.
    weights: usize,
    file: Option<TableParts>,
}

impl AttributionFile {
    /// A file that will be at `path` when it is finished, if there are rows.
    pub fn new(path: PathBuf) -> Self {
        Self { path, rows: Attributions::default(), weights: 0, file: None }
    }

    /// Adds all predictions of an example at all `places`, as [`Attributions::push`].
    pub fn push(
        &mut self,
        example: (u64, Split, usize),
        places: &[Place],
        reading: &Reading,
        predictions: &[Prediction],
    ) -> Result<(), StoreError> {
        for (place, attention) in places.iter().zip(&reading.places) {
            for (position, prediction) in predictions.iter().enumerate() {
                self.rows.push_row(example, (place, attention), reading, (position, prediction));
                self.weights += attention.alpha.row(position).len();
                if self.weights >= PART {
                    self.write_rows()?;
                }
            }
        }
        Ok(())
    }

    /// Puts the file in its place; there is none without rows.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.write_rows()?;
        self.file.map_or(Ok(()), TableParts::finish)
    }

    fn write_rows(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.rows);
        // All parts have the same columns.
        self.rows.labelled = rows.labelled;
        self.weights = 0;
        match &mut self.file {
            _ if rows.is_empty() => {}
            Some(file) => file.push(rows.into_arrays())?,
            None => self.file = Some(TableParts::begin(&self.path, rows.into_arrays())?),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::batch::Rows;
    use crate::model::{PlaceKind, PlaceReading};
    use crate::store::Table;

    #[test]
    fn the_file_has_the_rows_of_the_table() {
        let tokens: Arc<[String]> = (0..300).map(|number| number.to_string()).collect();
        let place = Place { layer: 1, head: 2, kind: PlaceKind::SelfAttention };
        let alpha: Rows = (1..300).map(|size| vec![1.0 / size as f32; size]).collect();
        for label in [None, Some(1)] {
            let reading = Reading {
                log_probability: vec![-1.0; alpha.len()],
                logit: label.map(|_| 0.5),
                places: vec![PlaceReading { alpha: alpha.clone(), ..PlaceReading::default() }],
                ..Reading::default()
            };
            let prediction = |word: usize| Prediction {
                tokens: Arc::clone(&tokens),
                target: word.to_string(),
                predicted: "b".into(),
                relevant: None,
                label,
            };
            let predictions: Vec<_> = (0..alpha.len()).map(prediction).collect();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("probes/rows.parquet");
            let (mut rows, mut file) = (Attributions::default(), AttributionFile::new(path.clone()));
            for example in 0..3 {
                rows.push((3, Split::Validation, example), &[place], &reading, &predictions);
                file.push((3, Split::Validation, example), &[place], &reading, &predictions).unwrap();
            }
            file.finish().unwrap();
            assert!(Table::read(&path).unwrap() == rows.into_table());
        }
    }

    #[test]
    fn without_rows_there_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        AttributionFile::new(path.clone()).finish().unwrap();
        assert!(!path.exists());
    }
}
