//! The scores of a run over steps.

use std::collections::BTreeMap;

use serde::Serialize;

use super::thin::{Curve, Grid};
use crate::store::{RunDirectory, StoreError, Table};

/// The name of the training loss, listed with the task's scores.
pub const TRAINING_LOSS: &str = "training_loss";

/// Every score of a run, thinned.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunCurves {
    /// By the score's name.
    pub scores: BTreeMap<String, Curve>,
}

impl RunCurves {
    /// Reads the scores recorded so far; there may be none.
    pub fn read(directory: &RunDirectory) -> Result<Self, StoreError> {
        let grid = Grid::new(directory.manifest().steps);
        let mut scores = BTreeMap::new();
        for (path, own_name) in
            [(directory.evaluation_path(), None), (directory.training_path(), Some(TRAINING_LOSS))]
        {
            if !path.exists() {
                continue;
            }
            let table = Table::read_numbers_within(&path, directory.read_limit())?;
            if table.rows() == 0 {
                continue;
            }
            let steps = table.ints("step")?;
            for name in table.names().filter(|&name| name != "step") {
                if let Ok(values) = table.floats(name) {
                    scores.insert(own_name.unwrap_or(name).to_owned(), grid.thin(steps, values));
                }
            }
        }
        Ok(Self { scores })
    }

    /// The last step with a score.
    pub fn last_step(&self) -> u64 {
        self.scores.values().filter_map(|curve| curve.steps.last()).copied().max().unwrap_or(0)
    }
}
