//! What a run keeps, and when.

use std::fmt;

use onset_keys::Keys;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use super::{Keep, SpecError, Training, is_default, require};

/// How many of something: all, none, or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// All (`true`) or none (`false`).
    All(bool),
    /// So many, or all if there are fewer.
    Count(usize),
}

/// Written by hand, because the errors of a derived implementation name Rust types.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AmountVisitor;

        impl Visitor<'_> for AmountVisitor {
            type Value = Amount;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number of at least 0, true (all) or false (none)")
            }

            fn visit_bool<E: Error>(self, all: bool) -> Result<Amount, E> {
                Ok(Amount::All(all))
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<Amount, E> {
                usize::try_from(count)
                    .map(Amount::Count)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(count), &self))
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<Amount, E> {
                usize::try_from(count)
                    .map(Amount::Count)
                    .map_err(|_| E::invalid_value(Unexpected::Signed(count), &self))
            }
        }

        deserializer.deserialize_any(AmountVisitor)
    }
}

impl Amount {
    /// How many of `available`.
    pub fn of(self, available: usize) -> usize {
        match self {
            Self::All(all) => available * usize::from(all),
            Self::Count(count) => count.min(available),
        }
    }

    /// The count that was asked for; `all` where that is all.
    pub fn or_all(self, all: usize) -> usize {
        match self {
            Self::All(yes) => all * usize::from(yes),
            Self::Count(count) => count,
        }
    }

    /// Whether it is none.
    pub fn is_none(self) -> bool {
        matches!(self, Self::All(false) | Self::Count(0))
    }
}

/// What a run records, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Number of steps between evaluations; if not set, evaluations are at the checkpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[key(from = 1, unit = "steps")]
    pub every: Option<u64>,
    /// Steps after which parameters are kept, including the last step. If empty, the task's list.
    #[key(unit = "steps")]
    pub checkpoints: Option<Vec<u64>>,
    /// Number of examples of each split whose attributions (α, β) are recorded at every evaluation.
    #[key(unit = "examples")]
    pub probes: Amount,
    /// Number of these examples whose Δ is recorded.
    #[key(unit = "examples")]
    pub influence: Amount,
    /// Whether every evaluation measures what each head of a Transformer does.
    #[serde(skip_serializing_if = "is_true")]
    pub heads: bool,
    /// Whether parameters are kept at checkpoints.
    pub parameters: bool,
    /// Steps after which the whole state of training is kept, so that `onset branch` can go on from there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[key(unit = "steps")]
    pub states: Vec<u64>,
    /// Whether a finished run keeps its snapshot. Without one, extending a run first repeats its steps.
    #[serde(skip_serializing_if = "is_default")]
    pub resume: bool,
}

fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Record {
    fn default() -> Self {
        Self {
            every: None,
            checkpoints: None,
            probes: Amount::All(true),
            influence: Amount::All(true),
            heads: true,
            parameters: true,
            states: Vec::new(),
            resume: false,
        }
    }
}

impl Record {
    /// The same with attribution of at most so many examples, if there is a limit.
    pub fn with_at_most(mut self, limit: Option<usize>) -> Self {
        let Some(limit) = limit else { return self };
        for amount in [&mut self.probes, &mut self.influence] {
            let more = match *amount {
                Amount::All(all) => all,
                Amount::Count(count) => count > limit,
            };
            if more {
                *amount = Amount::Count(limit);
            }
        }
        self
    }

    /// Puts in the list of checkpoints where there is none, and the last step.
    pub fn resolve(&mut self, steps: u64, list: impl FnOnce() -> Vec<u64>) {
        let mut checkpoints = self.checkpoints.take().unwrap_or_else(list);
        checkpoints.push(steps);
        checkpoints.sort_unstable();
        checkpoints.dedup();
        self.checkpoints = Some(checkpoints);
    }

    /// Whether the model is evaluated after `step` of `steps` steps.
    pub fn evaluates(&self, step: u64, steps: u64) -> bool {
        match self.every {
            Some(every) => step.is_multiple_of(every) || step == steps,
            None => self.is_checkpoint(step),
        }
    }

    /// Whether parameters are kept after `step` steps.
    pub fn keeps_parameters(&self, step: u64) -> bool {
        self.parameters && self.is_checkpoint(step)
    }

    fn is_checkpoint(&self, step: u64) -> bool {
        self.checkpoints.as_ref().is_some_and(|steps| steps.binary_search(&step).is_ok())
    }

    /// Refuses checkpoints after the end of training.
    pub fn check(&self, train: &Training) -> Result<(), SpecError> {
        let contradicts = train.keep == Keep::Best && !self.parameters;
        let expected = "train.keep = \"best\" keeps parameters; leave out one of the two";
        require(!contradicts, "record.parameters", self.parameters, expected)?;
        let every = self.every.unwrap_or(1);
        require(every >= 1, "record.every", every, "it must be at least 1")?;
        let late = self.states.iter().find(|&&step| step > train.steps);
        let expected = format!("training ends at step {} (train.steps)", train.steps);
        require(late.is_none(), "record.states", late.unwrap_or(&0), &expected)?;
        let late = self.checkpoints.iter().flatten().find(|&&step| step > train.steps);
        require(late.is_none(), "record.checkpoints", late.unwrap_or(&0), &expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluations_follow_every_or_the_checkpoints() {
        let mut record = Record { every: Some(10), checkpoints: Some(vec![15]), ..Record::default() };
        record.resolve(25, Vec::new);
        let due = |record: &Record| (0..=25).filter(|&step| record.evaluates(step, 25)).collect::<Vec<_>>();
        assert_eq!(due(&record), [0, 10, 20, 25]);
        assert!(record.keeps_parameters(15) && record.keeps_parameters(25) && !record.keeps_parameters(10));
        record.every = None;
        assert_eq!(due(&record), [15, 25]);
    }

    #[test]
    fn amounts_are_counts_or_all() {
        assert_eq!([Amount::All(true), Amount::All(false), Amount::Count(3)].map(|a| a.of(5)), [5, 0, 3]);
        assert_eq!(Amount::Count(9).of(5), 5);
    }
}
