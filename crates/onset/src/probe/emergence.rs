//! When a run has learned: the first recorded step at which its accuracy reaches a threshold.

use std::fmt;

use serde::{Serialize, Serializer};

/// The accuracy from which a run counts as having learned.
pub const LEARNED: f64 = 0.95;

/// A step of emergence, or that there was none within the budget; the budget is never taken for a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Emergence {
    /// After so many steps (a half where it is the mean of two).
    At(f64),
    /// Not within so many steps.
    NotWithin(u64),
}

impl fmt::Display for Emergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(step) => write!(formatter, "{step}"),
            Self::NotWithin(steps) => write!(formatter, "not within {steps}"),
        }
    }
}

/// A number, or null where there was none.
impl Serialize for Emergence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(step) => serializer.serialize_some(step),
            Self::NotWithin(_) => serializer.serialize_none(),
        }
    }
}

/// The first of `steps` whose accuracy is at least [`LEARNED`].
pub fn emergence_step(steps: &[i64], accuracy: &[f64]) -> Option<u64> {
    steps.iter().zip(accuracy).find(|(_, accuracy)| **accuracy >= LEARNED).map(|(&step, _)| step as u64)
}

/// The median over seeds, of which those without emergence count as later than any: if a middle one is
/// among them, so is the median.
pub fn median_emergence(seeds: &[Option<u64>], budget: u64) -> Emergence {
    let mut steps: Vec<u64> = seeds.iter().map(|step| step.unwrap_or(u64::MAX)).collect();
    steps.sort_unstable();
    let middle = steps.len() / 2;
    let Some(&upper) = steps.get(middle).filter(|&&step| step != u64::MAX) else {
        return Emergence::NotWithin(budget);
    };
    let lower = if steps.len().is_multiple_of(2) { steps[middle - 1] } else { upper };
    Emergence::At((lower + upper) as f64 / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_at_or_above_the_threshold_counts() {
        assert_eq!(emergence_step(&[0, 10, 20, 30], &[0.1, 0.949, 0.95, 0.2]), Some(20));
        assert_eq!(emergence_step(&[0, 10], &[0.1, f64::NAN]), None);
    }

    #[test]
    fn seeds_that_did_not_learn_are_later_than_any_step() {
        let median = |seeds: &[Option<u64>]| median_emergence(seeds, 200).to_string();
        assert_eq!(median(&[Some(30), None, Some(40)]), "40");
        assert_eq!(median(&[Some(30), None, None]), "not within 200");
        assert_eq!(median(&[Some(30), Some(40)]), "35");
        assert_eq!(median(&[Some(30), Some(41)]), "35.5");
        assert_eq!(median(&[Some(30), None]), "not within 200");
        assert_eq!(median(&[]), "not within 200");
    }
}
