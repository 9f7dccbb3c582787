//! What each head of a run did through training.

use super::RunRecord;
use crate::experiment::HEAD_MEASURES;
use crate::store::StoreError;

/// The measures of every head at every evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadCourses {
    /// Layer and head, both counted from 0, layer by layer.
    pub places: Vec<(usize, usize)>,
    /// The steps of the evaluations.
    pub steps: Vec<u64>,
    /// For each measure, a value for each place at each step, step by step.
    values: Vec<Vec<f64>>,
}

impl HeadCourses {
    /// Those of `run`; none if they were not recorded.
    pub fn of(run: &RunRecord) -> Result<Option<Self>, StoreError> {
        let table = run.heads()?;
        if table.rows() == 0 {
            return Ok(None);
        }
        let (steps, layers, heads) = (table.ints("step")?, table.ints("layer")?, table.ints("head")?);
        let first = steps.iter().take_while(|&&step| step == steps[0]).count();
        let places = (0..first).map(|row| (layers[row] as usize, heads[row] as usize)).collect();
        let values = HEAD_MEASURES.iter().map(|name| Ok(table.floats(name)?.to_vec()));
        Ok(Some(Self {
            places,
            steps: steps.iter().step_by(first).map(|&step| step as u64).collect(),
            values: values.collect::<Result<_, StoreError>>()?,
        }))
    }

    /// The values of a measure at a place (its number), step by step.
    ///
    /// # Panics
    /// If `measure` is none of [`HEAD_MEASURES`].
    pub fn course(&self, measure: &str, place: usize) -> Vec<f64> {
        self.all(measure).iter().skip(place).step_by(self.places.len()).copied().collect()
    }

    /// The values of a measure at all places, at the step with this number.
    ///
    /// # Panics
    /// If `measure` is none of [`HEAD_MEASURES`].
    pub fn at(&self, measure: &str, step: usize) -> &[f64] {
        &self.all(measure)[step * self.places.len()..][..self.places.len()]
    }

    /// The place in `layer` where a measure ends highest; none if it was not measured there.
    pub fn leading(&self, measure: &str, layer: usize) -> Option<usize> {
        let last = self.at(measure, self.steps.len() - 1);
        let known =
            (0..self.places.len()).filter(|&place| self.places[place].0 == layer && last[place].is_finite());
        known.max_by(|&a, &b| last[a].total_cmp(&last[b]).then(b.cmp(&a)))
    }

    /// Whether a measure has a value anywhere.
    pub fn has(&self, measure: &str) -> bool {
        self.all(measure).iter().any(|value| value.is_finite())
    }

    fn all(&self, measure: &str) -> &[f64] {
        let place = HEAD_MEASURES.iter().position(|name| *name == measure);
        &self.values[place.expect("one of the measures of heads")]
    }
}
