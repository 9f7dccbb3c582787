//! What a run keeps, and when.

use serde::{Deserialize, Serialize};

use super::{SpecError, Training, require};

/// How many of something: all, none, or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// All (`true`) or none (`false`).
    All(bool),
    /// So many, or all if there are fewer.
    Count(usize),
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

/// What a run keeps, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Evaluate after every so many steps; without it, at the checkpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Steps after which parameters are kept, the last step among them. In a spec as typed, none means the task's list.
    pub checkpoints: Option<Vec<u64>>,
    /// Examples of each split whose attribution (α, β) is recorded at every evaluation.
    pub probes: Amount,
    /// Of these, examples whose Δ is recorded.
    pub influence: Amount,
    /// Whether parameters are kept at checkpoints.
    pub parameters: bool,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            every: None,
            checkpoints: None,
            probes: Amount::All(true),
            influence: Amount::All(true),
            parameters: true,
        }
    }
}

impl Record {
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
        let every = self.every.unwrap_or(1);
        require(every >= 1, "record.every", every, "it must be at least 1")?;
        let late = self.checkpoints.iter().flatten().find(|&&step| step > train.steps);
        let expected = format!("training ends at step {} (train.steps)", train.steps);
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
