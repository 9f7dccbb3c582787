//! Continuing a run for more steps than its spec has.
//!
//! The result must have the same bytes as a run that had the longer spec from the start. This is not always possible,
//! because checkpoints and schedules may depend on the number of steps.

use super::{Identity, ScheduleKind, Spec, difference_labels};

/// The result of continuing a run for more steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Continued {
    /// The run's spec from now on. Training with it from the start gives the same bytes.
    pub spec: Spec,
    /// Steps that the requested spec records and that this run has passed without recording them.
    pub unrecorded: Vec<u64>,
}

/// Why a run cannot be continued with another spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotContinued {
    /// More than the number of steps differs: the run's value and the requested one.
    Differs([String; 2]),
    /// The run's spec has more steps.
    Fewer,
    /// The learning rate falls to 0 at the run's last step.
    Schedule,
}

impl Spec {
    /// Continues a run of this spec with the spec `asked`. `data` is the digest of the run's data and `done` the number of
    /// steps taken. `None` if the two specs are the same.
    pub fn continued(
        &self,
        asked: &Self,
        data: Option<&str>,
        done: u64,
    ) -> Result<Option<Continued>, NotContinued> {
        let identity = |spec: &Self| Identity::of_spec(spec, data);
        let (own, other) = (identity(self), identity(asked));
        if own == other && self.seed == asked.seed {
            return Ok(None);
        }
        let mut shortened = asked.clone();
        shortened.train.steps = self.train.steps;
        shortened.record.checkpoints.clone_from(&self.record.checkpoints);
        if self.seed != asked.seed {
            return Err(NotContinued::Differs([self, asked].map(|spec| format!("seed = {}", spec.seed))));
        }
        if identity(&shortened) != own || self.train.steps == asked.train.steps {
            // The number of steps is not what is wrong if it has grown.
            let shortened = identity(&shortened);
            let labels = difference_labels(&[&own, if shortened == own { &other } else { &shortened }]);
            return Err(NotContinued::Differs([labels[0].clone(), labels[1].clone()]));
        }
        if asked.train.steps < self.train.steps {
            return Err(NotContinued::Fewer);
        }
        if matches!(self.train.schedule, ScheduleKind::Linear | ScheduleKind::Cosine) {
            return Err(NotContinued::Schedule);
        }
        Ok(Some(self.longer(asked, done)))
    }

    /// `asked`, with the checkpoints up to `done` that the run has.
    fn longer(&self, asked: &Self, done: u64) -> Continued {
        let steps = asked.train.steps;
        let mut spec = asked.clone();
        let list = |spec: &Self| spec.record.checkpoints.clone().unwrap_or_default();
        let own = list(self);
        if list(asked) == with(&own, steps) && own == self.usual_checkpoints(self.train.steps) {
            // The run's own list, which was the task's: it goes on as the task's.
            spec.record.checkpoints = Some(self.usual_checkpoints(steps));
        }
        let due = |step: &u64| *step <= done;
        let wanted = list(&spec);
        let unrecorded: Vec<u64> =
            wanted.iter().copied().filter(due).filter(|step| !own.contains(step)).collect();
        if !unrecorded.is_empty() {
            let kept = own.iter().copied().filter(due);
            spec.record.checkpoints =
                Some(kept.chain(wanted.into_iter().filter(|step| !due(step))).collect());
        }
        Continued { spec, unrecorded }
    }

    fn usual_checkpoints(&self, steps: u64) -> Vec<u64> {
        with(&self.task.settings().checkpoints(steps), steps)
    }
}

/// `list` with `step` added, sorted.
fn with(list: &[u64], step: u64) -> Vec<u64> {
    let mut list = [list, &[step]].concat();
    list.sort_unstable();
    list.dedup();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(task: &str, overrides: &[&str]) -> Spec {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        Spec::parse(&format!("task = '{task}'"), "", &overrides).unwrap()
    }

    fn checkpoints(continued: &Continued) -> Vec<u64> {
        continued.spec.record().checkpoints.clone().unwrap()
    }

    #[test]
    fn a_run_that_goes_on_has_the_spec_of_the_longer_one() {
        let list = "record.checkpoints=[0, 20]";
        let [short, long] = ["train.steps=30", "train.steps=60"].map(|steps| spec("copying", &[steps, list]));
        let continued = short.continued(&long, None, 30).unwrap().unwrap();
        assert_eq!((&continued.spec, &continued.unrecorded[..]), (&long, &[][..]));
        assert_eq!(short.continued(&short, None, 30), Ok(None));
    }

    #[test]
    fn its_own_spec_with_more_steps_goes_on_by_the_tasks_list() {
        let short = spec("classification", &["train.steps=300"]);
        let own = Spec::parse(&short.to_toml(), "", &["train.steps=600".into()]).unwrap();
        let continued = short.continued(&own, None, 300).unwrap().unwrap();
        assert_eq!(continued.spec, spec("classification", &["train.steps=600"]));
        assert!(checkpoints(&continued).contains(&500) && !checkpoints(&continued).contains(&300));
    }

    #[test]
    fn steps_that_were_not_recorded_are_named_and_not_pretended() {
        let short = spec("copying", &["train.steps=30", "record.checkpoints=[0, 20]"]);
        let long = spec("copying", &["train.steps=60", "record.checkpoints=[0, 10, 40]"]);
        let continued = short.continued(&long, None, 30).unwrap().unwrap();
        assert_eq!(continued.unrecorded, [10]);
        assert_eq!(checkpoints(&continued), [0, 20, 30, 40, 60]);
    }

    #[test]
    fn only_the_number_of_steps_may_differ_and_it_must_grow() {
        let short = spec("copying", &["train.steps=30"]);
        let refused = |given: &[&str]| short.continued(&spec("copying", given), None, 30).unwrap_err();
        assert_eq!(refused(&["train.steps=20"]), NotContinued::Fewer);
        let differs = refused(&["train.steps=60", "train.batch=9"]);
        assert!(matches!(differs, NotContinued::Differs([found, _]) if found.contains("batch = 128")));
        assert!(matches!(refused(&["train.steps=60", "seed=4"]), NotContinued::Differs(_)));
        let linear = |steps: &str| spec("copying", &[steps, "train.schedule=linear"]);
        let ended = linear("train.steps=30").continued(&linear("train.steps=60"), None, 30);
        assert_eq!(ended, Err(NotContinued::Schedule));
    }
}
