//! How far a run on a task of learning in context has come, and when its heads changed.

use serde::Serialize;

use super::{HeadCourses, RunRecord};
use crate::measures::Emergence;
use crate::store::StoreError;

/// The progress at which the drop of the loss counts as made.
const DROPPED: f64 = 0.5;

/// Progress at each evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The steps of the evaluations.
    pub steps: Vec<u64>,
    /// From what can be known without matching (0) to all that can be known in context (1).
    pub progress: Vec<f64>,
}

impl Progress {
    /// The first evaluation with half of the progress.
    pub fn drop(&self) -> Emergence {
        match self.steps.iter().zip(&self.progress).find(|(_, progress)| **progress >= DROPPED) {
            Some((&step, _)) => Emergence::At(step as f64),
            None => Emergence::NotBy(self.steps.last().map_or(0.0, |&step| step as f64)),
        }
    }
}

fn steps_of(run: &RunRecord) -> Result<Vec<u64>, StoreError> {
    Ok(run.steps()?.iter().map(|&step| step as u64).collect())
}

/// Of a run on Markov chains: from the loss of unigram counts to that of bigram counts; NaN at an evaluation of so few sequences that
/// bigram counts do no better.
pub fn markov_progress(run: &RunRecord) -> Result<Progress, StoreError> {
    let references = run.score("loss_unigram")?.iter().zip(run.score("loss_bigram")?);
    let losses = references.zip(run.score("loss")?);
    let progress = losses.map(|((&unigram, &bigram), &loss)| between(unigram, bigram, loss));
    Ok(Progress { steps: steps_of(run)?, progress: progress.collect() })
}

/// How far `loss` has come from `unigram` (0) to `bigram` (1); NaN if that is no way down.
fn between(unigram: f64, bigram: f64, loss: f64) -> f64 {
    if unigram > bigram { (unigram - loss) / (unigram - bigram) } else { f64::NAN }
}

/// Of a run on item–label pairs, one of two pairs being right: from guessing one of the labels in sight to always right.
pub fn item_label_progress(run: &RunRecord) -> Result<Progress, StoreError> {
    let progress = run.score("accuracy")?.iter().map(|accuracy| (accuracy - 0.5) / 0.5);
    Ok(Progress { steps: steps_of(run)?, progress: progress.collect() })
}

/// The evaluation at which each measure first was halfway between its first and its last value, if it rose at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct LayerTimes {
    /// Attention of a head of layer 0 to the token before; of the head where it ends highest.
    pub previous_token: Option<u64>,
    /// Attention of a head of layer 1 to the right positions; of the head where it ends highest.
    pub right_position: Option<u64>,
    /// What that head would gain from the right positions (gap of β).
    pub beta_gap: Option<u64>,
}

impl HeadCourses {
    /// When the heads changed.
    pub fn times(&self) -> LayerTimes {
        let half = |measure: &str, place: Option<usize>| halfway(&self.steps, &self.course(measure, place?));
        let match_head = self.leading("right_position", 1);
        LayerTimes {
            previous_token: half("previous_token", self.leading("previous_token", 0)),
            right_position: half("right_position", match_head),
            beta_gap: half("beta_gap", match_head),
        }
    }

    /// Whether these measures of the head of layer 1 that ends highest on the right positions make half of their rise in this order,
    /// each later than the one before; none unless all of them rise.
    ///
    /// # Panics
    /// If one of them is no measure of heads.
    pub fn rises_in_order(&self, measures: &[String]) -> Option<bool> {
        let place = self.leading("right_position", 1)?;
        let steps = measures.iter().map(|measure| halfway(&self.steps, &self.course(measure, place)));
        let steps: Vec<u64> = steps.collect::<Option<_>>()?;
        (!steps.is_empty()).then(|| steps.windows(2).all(|pair| pair[0] < pair[1]))
    }
}

/// The first step at which `values` are at least halfway from the first to the last of them; none if they do not rise.
fn halfway(steps: &[u64], values: &[f64]) -> Option<u64> {
    let (first, last) = (*values.first()?, *values.last()?);
    let middle = (first + last) / 2.0;
    let rises = last - first > RISE;
    if !rises {
        return None;
    }
    steps.iter().zip(values).find(|(_, value)| **value >= middle).map(|(&step, _)| step)
}

/// The least rise that is one.
const RISE: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_rise_is_found_and_noise_is_none() {
        let steps = [0, 10, 20, 30, 40];
        assert_eq!(halfway(&steps, &[0.0, 0.1, 0.45, 0.9, 0.8]), Some(20));
        assert_eq!(halfway(&steps, &[0.5, 0.5, 0.51, 0.5, 0.52]), None);
        assert_eq!(halfway(&steps, &[f64::NAN; 5]), None);
        assert_eq!(halfway(&[], &[]), None);
    }

    #[test]
    fn the_drop_is_the_first_evaluation_with_half_of_the_progress() {
        let mut progress = Progress { steps: vec![0, 20, 40, 60], progress: vec![-0.1, 0.2, 0.6, 0.4] };
        assert_eq!(progress.drop(), Emergence::At(40.0));
        assert!(between(0.5, 0.6, 0.7).is_nan() && between(0.6, 0.5, 0.55) > 0.49);
        progress.progress[2] = f64::NAN;
        assert_eq!(progress.drop(), Emergence::NotBy(60.0));
    }
}
